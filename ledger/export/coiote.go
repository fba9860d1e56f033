package export

import (
	"io"
	"regexp"

	"example.org/sectag/cred"
)

// coioteDevice is a device as Coiote's REST takes it (API v3, POST /devices).
type coioteDevice struct {
	Connector  string            `json:"connectorType"`
	Properties map[string]string `json:"properties"`
	Domain     string            `json:"domain"`
	Security   string            `json:"securityMode"` // psk or cert
	Identity   string            `json:"dtlsIdentity,omitempty"`
	PSK        *coiotePSK        `json:"dtlsPsk,omitempty"`
}

type coiotePSK struct {
	Hex string `json:"HexadecimalPsk"`
}

var coioteDomain = regexp.MustCompile(`^/([A-Za-z0-9._ -]+/)*$`)

func newCoiote(w io.Writer, o Options) (encoder, error) {
	if !coioteDomain.MatchString(o.Domain) {
		return nil, cred.Failed("usage.flag", "Coiote keeps each device in a domain, and none is named", "give --domain, such as --domain /acme/")
	}
	return &script{
		w: w, finished: "every unit was posted; upload the certificates of units that have one by hand, Coiote takes them no other way",
		opening: `: "${COIOTE_TOKEN:?set it to an access token}"
: "${COIOTE_URL:=https://eu.iot.avsystem.cloud:8087}"
body=$(mktemp)
trap 'rm -f "$body"' EXIT

post() {
	printf 'header = "Authorization: Bearer %s"\n' "$COIOTE_TOKEN" |
		curl --config - --fail --silent --show-error --output /dev/null --request POST \
			--header 'Content-Type: application/json' --data-binary @"$body" "${COIOTE_URL%/}/api/coiotedm/v3/devices"
}

`,
		perUnit: func(u Unit) (string, error) {
			d := coioteDevice{Connector: "management", Properties: map[string]string{"endpointName": u.ID}, Domain: o.Domain, Security: "cert"}
			if u.Mode == PSK {
				d.Security, d.Identity, d.PSK = "psk", u.ID, &coiotePSK{u.key}
			}
			text, err := compact(d)
			return "printf '%s' " + quote(text) + " >\"$body\"\npost\n", err
		},
	}, nil
}
