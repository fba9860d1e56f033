package cred

import (
	"fmt"
	"strings"
)

// Template makes the name of a unit: common name, LwM2M endpoint name and PSK identity are all written with it.
type Template string

// DefaultTemplate is the endpoint name form that LwM2M recommends for a modem with an IMEI.
const DefaultTemplate Template = "urn:imei:{imei}"

// maxName is X.520's upper bound of a common name.
const maxName = 64

// ParseTemplate accepts printable ASCII that holds {imei} exactly once, no other brace, nothing that a distinguished name,
// an AT command or a shell would take apart (comma, plus, equals, quotes, backslash, bar, space), and whose result fits 64 characters.
func ParseTemplate(s string) (Template, error) {
	if strings.Count(s, "{imei}") != 1 {
		return "", fmt.Errorf("the id %q must hold {imei} once, as in %s", s, DefaultTemplate)
	}
	rest := strings.Replace(s, "{imei}", "", 1)
	for _, c := range rest {
		if c <= ' ' || c > '~' || strings.ContainsRune(`,+=<>;"'\|{}#`, c) {
			return "", fmt.Errorf("the id %q has a character that certificates or AT commands give a meaning to: %q", s, c)
		}
	}
	if len(rest)+15 > maxName {
		return "", fmt.Errorf("the id %q is longer than %d characters with an IMEI in it", s, maxName)
	}
	return Template(s), nil
}

// Name is the unit's name.
func (t Template) Name(i IMEI) string { return strings.Replace(string(t), "{imei}", i.String(), 1) }
