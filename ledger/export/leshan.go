package export

import (
	"io"
)

// Security is one entry of Leshan's security store as the REST of newer servers takes and gives it (leshan-demo-server, JacksonSecurityDeserializer).
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

// OlderSecurity is such an entry in the form of older servers (leshan-server-demo 2.0.0-M4, SecurityDeserializer).
type OlderSecurity struct {
	Endpoint string   `json:"endpoint"`
	X509     bool     `json:"x509,omitempty"`
	PSK      *Details `json:"psk,omitempty"`
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

// Older says the same as servers up to 2.0.0-M4 take and give it; newer ones have Security. Each answers the other's with 400.
func (s Security) Older() OlderSecurity {
	return OlderSecurity{Endpoint: s.Endpoint, X509: s.TLS.Mode == X509, PSK: s.TLS.Details}
}

func newLeshan(w io.Writer, _ Options) (encoder, error) {
	return &script{
		w: w, finished: "every unit was put",
		opening: `: "${LESHAN_URL:?set it to the address of Leshan, such as http://localhost:8080}"

# call puts what stands on its standard input, and prints the status of the answer.
call() {
	curl --silent --show-error --output /dev/null --write-out '%{http_code}' --request PUT \
		--header 'Content-Type: application/json' --data-binary @- "${LESHAN_URL%/}` + LeshanPath + `"
}

# put tells of the unit $1 in the form of newer servers, $2, and where that is answered 400 in the form of older ones, $3.
put() {
	status=$(printf '%s' "$2" | call)
	test "$status" != 400 || status=$(printf '%s' "$3" | call)
	test "$status" = 200 || {
		printf '%s\n' "$1: the server answered $status" >&2
		exit 1
	}
}

`,
		perUnit: func(u Unit) (string, error) {
			entry := LeshanSecurity(u)
			newer, err := compact(entry)
			if err != nil {
				return "", err
			}
			older, err := compact(entry.Older())
			return "put " + quote(entry.Endpoint) + " \\\n\t" + quote(newer) + " \\\n\t" + quote(older) + "\n", err
		},
	}, nil
}
