package export

import (
	"fmt"
	"io"
	"net/url"

	"example.org/sectag/cred"
)

// newCumulocity writes a file for the bulk registration of LwM2M devices: a head, and semicolons between. The unit's private key stays in
// the unit, so that column is empty for good; the unit trusts a root, which is what the usage says (a DOMAIN_ISSUER_CERTIFICATE would be the
// server's own, and rejected as soon as the server has another).
func newCumulocity(w io.Writer, o Options) (encoder, error) {
	return &sheet{
		w: w, comma: ";",
		titles: []string{
			"endpoint id", "type", "securityMode", "lwm2m server uri", "lwm2m psk_id", "lwm2m psk_key", "bootstrap psk_id", "bootstrap psk_key",
			"bootstrapSecurityMode", "x509ClientCertificate", "x509ClientPrivateKey", "x509CertificateUsage", "serverPublicKey",
		},
		row: func(u Unit) ([]string, error) {
			server, err := serverOf(u, o)
			if err != nil {
				return nil, err
			}
			if u.Mode == PSK {
				return []string{u.ID, "c8y_lwm2m", "PSK", server, u.ID, u.key, u.ID, u.key, "PSK", "", "", "", ""}, nil
			}
			cert, err := u.certificate()
			return []string{u.ID, "c8y_lwm2m", "X509", server, "", "", "", "", "X509", cert, "", "TRUST_ANCHOR_ASSERTION", ""}, err
		},
	}, nil
}

// serverOf is where a unit connects to: as it was told, or as its record's connection test did.
func serverOf(u Unit, o Options) (string, error) {
	server := o.Server
	if server == "" && u.Record.Connect != nil {
		server = u.Record.Connect.Endpoint
	}
	if at, err := url.Parse(server); err != nil || at.Scheme == "" || at.Host == "" {
		return "", cred.Failed("usage.flag", fmt.Sprintf("where the unit of record %s connects to is not in its record", u.Record.ID),
			"give --server, such as --server coaps://lwm2m.example.eu:5684")
	}
	return server, nil
}
