package traits

import (
	"slices"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
)

// ecdsaSign is the ClientCertificateType of the units' kind of key (RFC 8422, section 5.5).
const ecdsaSign = 64

// Findings is what of the traits matters to a unit. First is what Learn was given.
func (t *Traits) Findings(first flight.View) (out []cred.Finding) {
	add := func(severity cred.Severity, code, text, hint string) {
		out = append(out, cred.Finding{Code: code, Severity: severity, Text: text, Hint: hint})
	}
	if i := slices.IndexFunc(t.Versions, old); i >= 0 {
		add(cred.Warning, "dtls.old-version", "the server still speaks "+t.Versions[i]+", which RFC 9325 forbids",
			"units are not harmed, they speak 1.2 only: have the server refuse it")
	}
	if t.Renegotiation != nil && !*t.Renegotiation {
		add(cred.Info, "dtls.no-renegotiation-info", "the server does not answer renegotiation info (RFC 5746); RFC 9325 has clients turn away then",
			"have the server's library renewed: a strict client refuses it")
	}
	if t.EMS != nil && !*t.EMS {
		add(cred.Info, "dtls.no-ems", "the server has no extended master secret (RFC 7627)",
			"have the server's library renewed: with it nobody can pass a session on as another's")
	}
	if !takesUnits(first.Request) {
		add(cred.Warning, "dtls.no-unit-signature", "the server asks for a certificate and takes no ECDSA with SHA-256, which is what units sign with",
			"have the server take ecdsa_secp256r1_sha256: a unit's certificate is refused as it is")
	}
	if len(t.Groups) > 0 && !slices.Contains(t.Groups, flight.P256.String()) && !slices.Contains(t.Groups, flight.P384.String()) {
		add(cred.Warning, "dtls.curve", "the server was seen to take only "+strings.Join(t.Groups, ", ")+"; a modem was seen with P-256 and P-384 only",
			"have the server take secp256r1, which LwM2M obliges it to have")
	}
	if len(t.Signatures) > 0 && !slices.ContainsFunc(t.Signatures, plain) {
		add(cred.Warning, "dtls.signature", "the server signs only with "+strings.Join(t.Signatures, ", ")+"; no modem was seen to verify that",
			"have the server sign with SHA-256, by ECDSA or by RSA in the old padding")
	}
	return out
}

func old(version string) bool {
	return version == flight.DTLS10.String() || version == flight.TLS10.String() || version == flight.TLS11.String()
}

// plain tells whether a modem can be expected to verify it: ECDSA, or RSA in the old padding.
func plain(signature string) bool { return !strings.HasSuffix(signature, "PSS") }

// takesUnits tells whether a unit with an EC key can answer a request for a certificate.
func takesUnits(r *flight.CertificateRequest) bool {
	return r == nil || slices.Contains(r.Types, ecdsaSign) && slices.Contains(r.Algorithms, uint16(flight.ECDSASHA256))
}
