package export

import (
	"io"
)

// Security is one entry of Leshan's security store as its REST takes and gives it (leshan-demo-server, JacksonSecurityDeserializer).
type Security struct {
	Endpoint string `json:"endpoint"`
	TLS      TLS    `json:"tls"`
}

// TLS says how a unit shows who it is. A secure client without such an entry is declined, with a certificate too.
type TLS struct {
	Mode    Mode     `json:"mode"`
	Details *Details `json:"details,omitempty"`
}

// Details are those of a PSK.
type Details struct {
	Identity string `json:"identity"`
	Key      string `json:"key"` // hex
}

// LeshanPath is where the security store is, behind the address of Leshan's web server.
const LeshanPath = "/api/security/clients/"

// LeshanSecurity is what Leshan is told of a unit.
func LeshanSecurity(u Unit) Security {
	s := Security{Endpoint: u.ID, TLS: TLS{Mode: u.Mode}}
	if u.Mode == PSK {
		s.TLS.Details = &Details{Identity: u.ID, Key: u.key}
	}
	return s
}

func newLeshan(w io.Writer, _ Options) (encoder, error) {
	return &script{
		w: w, finished: "every unit was put",
		opening: `: "${LESHAN_URL:?set it to the address of Leshan, such as http://localhost:8080}"

put() {
	curl --fail --silent --show-error --output /dev/null --request PUT \
		--header 'Content-Type: application/json' --data-binary @- "${LESHAN_URL%/}` + LeshanPath + `"
}

`,
		perUnit: func(u Unit) (string, error) {
			text, err := compact(LeshanSecurity(u))
			return "printf '%s' " + quote(text) + " | put\n", err
		},
	}, nil
}
