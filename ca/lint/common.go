package lint

import (
	"crypto/x509"
	"encoding/asn1"
	"time"

	"example.org/sectag/cred"
)

// version is judged first, for without it nothing else can be.
var version = Rule{
	"ca.lint-version", "RFC 5280, 4.1.2.1", cred.Error, "", "version 3",
	func(v *view) string { return when(v.c.Version != 3, "is of X.509 version %d, not 3", v.c.Version) },
}

// common are the rules for every certificate.
var common = []Rule{
	version,
	{
		"ca.lint-serial", "RFC 5280, 4.1.2.2", cred.Error, cred.Warning, "a positive serial of at most 20 octets",
		func(v *view) string {
			return when(v.c.SerialNumber.Sign() <= 0 || len(v.raw.Serial.Bytes) > 20, "has a serial that is not a positive number of at most 20 octets")
		},
	},
	{
		"ca.lint-serial-short", "draft-ietf-uta-tls13-iot-profile: 8 random octets", cred.Error, cred.Info, "8 octets or more of it",
		func(v *view) string {
			return when(len(v.raw.Serial.Bytes) < 8, "has a serial of %d octets, which can be guessed", len(v.raw.Serial.Bytes))
		},
	},
	{
		"ca.lint-signature", "RFC 7925, 4.4.1; RFC 5758, 3.2", cred.Info, cred.Info, "ecdsa-with-SHA256 or a longer hash",
		func(v *view) string {
			return when(!ecdsaSigned(v.c), "is signed with %s, which a constrained server need not know", v.c.SignatureAlgorithm)
		},
	},
	{
		"ca.lint-times", "RFC 5280, 4.1.2.5", cred.Error, cred.Warning, "UTCTime until 2049, GeneralizedTime from 2050",
		func(v *view) string {
			ok := written(v.raw.Validity.Begin, v.c.NotBefore) && written(v.raw.Validity.End, v.c.NotAfter)
			return when(!ok, "writes a year before 2050 as GeneralizedTime, or one from then on as UTCTime, so servers may read another date")
		},
	},
	{
		"ca.lint-life", "RFC 5280, 4.1.2.5", cred.Error, cred.Warning, "an end behind its beginning",
		func(v *view) string { return when(!v.c.NotAfter.After(v.c.NotBefore), "ends before it begins") },
	},
	{
		"ca.lint-strings", "RFC 5280, 4.1.2.4 and A.1", cred.Error, cred.Info, "names in PrintableString or UTF8String; serialNumber and country in the first",
		func(v *view) string {
			return when(!texts(v.raw.Subject), "has a name in an old kind of string, or a serialNumber or country that is no PrintableString")
		},
	},
	{
		"ca.lint-critical", "RFC 5280, 4.2", cred.Error, cred.Warning, "no critical extension that servers need not know",
		func(v *view) string {
			if len(v.c.UnhandledCriticalExtensions) == 0 {
				return ""
			}
			return when(true, "has the critical extension %s: a server that does not know it must refuse the certificate", v.c.UnhandledCriticalExtensions[0])
		},
	},
}

func ecdsaSigned(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		return true
	}
	return false
}

func written(raw asn1.RawValue, t time.Time) bool {
	want := asn1.TagUTCTime
	if t.Year() >= 2050 {
		want = asn1.TagGeneralizedTime
	}
	return raw.Tag == want
}

// texts tells whether each part of a name is in a string of today. A domainComponent and an e-mail address are IA5String by nature.
func texts(name nameSEQ) bool {
	for _, set := range name {
		for _, a := range set {
			tag, s := a.Value.Tag, a.Type.String()
			printable := s == "2.5.4.5" || s == "2.5.4.6" || s == "2.5.4.46" // serialNumber, country, dnQualifier
			ia5 := s == "0.9.2342.19200300.100.1.25" || s == "1.2.840.113549.1.9.1"
			if tag != asn1.TagPrintableString && (printable || tag != asn1.TagUTF8String) && !(ia5 && tag == asn1.TagIA5String) {
				return false
			}
		}
	}
	return true
}
