package lint

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"regexp"
	"slices"

	"example.org/sectag/cred"
)

// Profile names whom units' certificates are for. It decides how a unit is named in its certificate; all else is the same for all, and
// what any of them asks for is in it.
//
// RFC 7925, section 4.4.2 wants an EUI-64 as the name of a unit. No profile follows it: a cellular modem has none, LwM2M servers look
// for the endpoint name in the CN, and the update of the RFC takes the demand back.
type Profile string

// The profiles.
const (
	LwM2M    Profile = "lwm2m"     // Leshan and whoever takes the CN for the endpoint name (LwM2M TS 1.1, transport, 5.2.8)
	RFC7925  Profile = "rfc7925"   // RFC 7925 with its update: the unit's serial number beside the name, and ECDSA alone
	NRFCloud Profile = "nrf-cloud" // Nordic's: CN is the device ID
	AWS      Profile = "aws"       // AWS IoT, registered at the first connection (JITP)
	Azure    Profile = "azure"     // Azure DPS: CN is the registration ID
)

// row is what differs between profiles.
type row struct {
	profile  Profile
	record   string         // how records name the rules: it changes with them
	name     *regexp.Regexp // that a CN must match beside what all must
	says     string         // the same in words
	source   string         // where that is from
	fits     string         // a template of names that does
	serial   bool           // the subject has a serialNumber: the unit's IMEI
	inherits bool           // the subject repeats country, organization and unit of the authority's
	strict   []string       // rules whose breach is an error here
}

// table is all of them. nRF Cloud: utils of nrfcloud, device ids. AWS: API reference, thingName; just-in-time provisioning, the attributes of
// AWS::IoT::Certificate. Azure: DPS, X.509 attestation and registration ID.
var table = []row{
	{
		profile: LwM2M, record: "sectag unit 1: RFC 7925, draft-ietf-uta-tls13-iot-profile", fits: "urn:imei:{imei}",
		source: "LwM2M TS 1.1, transport, 5.2.8; Leshan",
	},
	{
		profile: RFC7925, record: "sectag rfc7925 1: RFC 7925, draft-ietf-uta-tls13-iot-profile", fits: "urn:imei:{imei}",
		source: "draft-ietf-uta-tls13-iot-profile: subject", serial: true, strict: []string{"ca.lint-signature"},
	},
	{
		profile: NRFCloud, record: "sectag nrf-cloud 1", fits: "nrf-{imei}", source: "nRF Cloud: device ID",
		name: regexp.MustCompile(`^(nrf-[0-9]{15}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`), says: "nrf- and the IMEI, or a UUID",
	},
	{
		profile: AWS, record: "sectag aws 1", fits: "imei-{imei}", source: "AWS IoT: thingName; just-in-time provisioning",
		name: regexp.MustCompile(`^[a-zA-Z0-9:_-]+$`), says: "letters, digits, colon, hyphen and underscore", serial: true, inherits: true,
	},
	{
		profile: Azure, record: "sectag azure 1", fits: "imei-{imei}", source: "Azure DPS: registration ID",
		name: regexp.MustCompile(`^[a-zA-Z0-9._:-]*[a-zA-Z0-9-]$`), says: "letters, digits, hyphen, dot, underscore and colon, with a letter, digit or hyphen at the end",
	},
}

// Profiles are their names.
func Profiles() (out []Profile) {
	for _, r := range table {
		out = append(out, r.profile)
	}
	return out
}

// ParseProfile reads a profile's name; the empty one is LwM2M's. The error names all.
func ParseProfile(s string) (Profile, error) {
	if s == "" {
		return LwM2M, nil
	}
	if !slices.Contains(Profiles(), Profile(s)) {
		return "", fmt.Errorf("%q is no profile of certificates: there are lwm2m, rfc7925, nrf-cloud, aws and azure", s)
	}
	return Profile(s), nil
}

func (p Profile) row() row {
	if i := slices.IndexFunc(table, func(r row) bool { return r.profile == p }); i >= 0 {
		return table[i]
	}
	return table[0]
}

// Record names the rules for the records. It changes with them.
func (p Profile) Record() string { return p.row().record }

// NameFault says why a unit cannot be named so in a certificate of the profile, and what it may be named; empty if it can.
// Servers cut a CN at commas, X.520 ends it at 64 characters.
func (p Profile) NameFault(name string) (why, fix string) {
	r := p.row()
	switch {
	case !nameOK(name):
		return fmt.Sprintf("%q cannot be a unit's name", name), "give 1 to 64 letters, digits, colons, dots and hyphens, such as urn:imei:352656100367872"
	case r.name != nil && !r.name.MatchString(name):
		return fmt.Sprintf("%q cannot be a unit's name by the certificate profile %s (%s): it takes %s", name, r.profile, r.source, r.says),
			"take the id " + r.fits + ", or another certificate profile"
	}
	return "", ""
}

var nameOK = regexp.MustCompile("^[!$%&()*\\-./0-9:?@A-Z\\[\\]^_`a-z~]{1,64}$").MatchString

// Subject is the name of a unit in its certificate: name is the CN, device the unit's own serial number (its IMEI), issuer the name of
// the authority that will sign.
func (p Profile) Subject(name, device string, issuer pkix.Name) pkix.Name {
	r := p.row()
	out := pkix.Name{CommonName: name}
	if r.serial {
		out.SerialNumber = device
	}
	if r.inherits {
		out.Country, out.Organization, out.OrganizationalUnit = issuer.Country, issuer.Organization, issuer.OrganizationalUnit
	}
	return out
}

// NeedsDevice tells whether a name of the profile holds the unit's own serial number.
func (p Profile) NeedsDevice() bool { return p.row().serial }

// weigh makes an error of what the profile is strict about.
func (p Profile) weigh(r Rule) Rule {
	if slices.Contains(p.row().strict, r.Code) {
		r.Own = cred.Error
	}
	return r
}

// rules are those about the name, which are asked where a profile is.
func (p Profile) rules() []Rule {
	if p == "" {
		return nil
	}
	return naming
}

// naming are the rules in which profiles differ.
var naming = []Rule{
	{
		"ca.lint-name", "the profile's, in the table above", cred.Error, cred.Warning, "a CN as the profile takes it",
		func(v *view) string {
			why, _ := v.profile.NameFault(v.c.Subject.CommonName)
			return when(why != "", "has a name that its profile does not take: %s", why)
		},
	},
	{
		"ca.lint-subject", "the profile's, in the table above", cred.Error, cred.Warning, "the attributes of the profile in the subject, each once, and no other",
		subject,
	},
}

// subject compares attribute by attribute with the name that the profile would give.
func subject(v *view) string {
	issuer := v.c.Issuer
	if v.issuer != nil {
		issuer = v.issuer.Subject
	}
	device := v.c.Subject.SerialNumber
	if device == "" {
		device = "-" // stands for what is missing: it is equal to nothing
	}
	want := flat(v.profile.Subject(v.c.Subject.CommonName, device, issuer).ToRDNSequence())
	got := flat(pkix.RDNSequence{v.c.Subject.Names})
	return when(!slices.Equal(got, want), "has a subject that is not %s", v.profile.parts())
}

func flat(name pkix.RDNSequence) (out []string) {
	for _, set := range name {
		for _, a := range set {
			out = append(out, fmt.Sprint(asn1.ObjectIdentifier(a.Type), "=", a.Value))
		}
	}
	slices.Sort(out)
	return out
}

// parts says what a subject of the profile consists of.
func (p Profile) parts() string {
	r, out := p.row(), "one common name"
	if r.inherits {
		out += ", the authority's country, organization and unit"
	}
	if r.serial {
		out += ", and the unit's serialNumber"
	}
	return out + ", and nothing else"
}
