// Package subject reads an authority's name as people write it.
package subject

import (
	"crypto/x509/pkix"
	"fmt"
	"strings"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/cred"
)

// Parse reads a distinguished name as people write it: "CN=Acme Devices,O=Acme,C=NL", in any order, a backslash before
// a comma that belongs to a value. It knows CN, O, OU, L, ST, C and serialNumber; CN is needed. Fault: config.value.
func Parse(s string) (pkix.Name, error) {
	var n pkix.Name
	bad := func(why string) (pkix.Name, error) {
		return n, cred.Failed("config.value", fmt.Sprintf("the subject %q %s", s, why),
			`write it like "CN=Acme Devices,O=Acme,C=NL", with a backslash before a comma inside a value`)
	}
	for _, part := range splitName(s) {
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || value == "" {
			return bad("has a part without = or without a value")
		}
		if value != certfile.Printable(value) || strings.ContainsRune(value, '\uFFFD') {
			return bad("has a character that cannot be printed")
		}
		limit, known := setName(&n, key, value)
		switch {
		case !known:
			return bad(fmt.Sprintf("has %s, which is not one of CN, O, OU, L, ST, C, serialNumber, or is there twice", key))
		case len([]rune(value)) > limit:
			return bad(fmt.Sprintf("has a longer %s than %d characters", key, limit))
		}
	}
	if n.CommonName == "" {
		return bad("has no CN")
	}
	if len(n.Country) > 0 && !countryOK(n.Country[0]) {
		return bad("has a country that is not two capital letters")
	}
	return n, nil
}

// setName puts one attribute into the name and gives its upper bound (RFC 5280, appendix A.1). Only O and OU may come twice.
func setName(n *pkix.Name, key, value string) (limit int, known bool) {
	single := func(list *[]string, limit int) (int, bool) {
		if len(*list) > 0 {
			return 0, false
		}
		*list = []string{value}
		return limit, true
	}
	switch strings.ToUpper(key) {
	case "CN":
		known = n.CommonName == ""
		n.CommonName = value
		return 64, known
	case "O":
		n.Organization = append(n.Organization, value)
		return 64, true
	case "OU":
		n.OrganizationalUnit = append(n.OrganizationalUnit, value)
		return 64, true
	case "L":
		return single(&n.Locality, 128)
	case "ST":
		return single(&n.Province, 128)
	case "C":
		return single(&n.Country, 2)
	case "SERIALNUMBER":
		known = n.SerialNumber == ""
		n.SerialNumber = value
		return 64, known
	}
	return 0, false
}

func countryOK(c string) bool {
	return len(c) == 2 && c[0] >= 'A' && c[0] <= 'Z' && c[1] >= 'A' && c[1] <= 'Z'
}

// splitName cuts at commas that have no backslash before them.
func splitName(s string) []string {
	var out []string
	var part strings.Builder
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			part.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == ',':
			out = append(out, part.String())
			part.Reset()
		default:
			part.WriteRune(r)
		}
	}
	return append(out, part.String())
}
