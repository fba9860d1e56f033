package export

import (
	"io"
	"strings"

	"example.org/sectag/cred"
)

// sheet writes rows: fields quoted as RFC 4180 has it, where they must be, and a line end of LF, as the servers' own examples have.
type sheet struct {
	w      io.Writer
	comma  string
	titles []string // none: the format has no head
	people bool     // a spreadsheet opens it, and no server reads it
	row    func(u Unit) ([]string, error)
}

func (s *sheet) head() error {
	if len(s.titles) == 0 {
		return nil
	}
	return s.write(s.titles)
}

func (s *sheet) unit(u Unit) error {
	fields, err := s.row(u)
	if err != nil {
		return err
	}
	return s.write(fields)
}

func (s *sheet) tail() error { return nil }

func (s *sheet) write(fields []string) error {
	out := make([]string, len(fields))
	for i, f := range fields {
		if s.people {
			f = inert(f)
		}
		out[i] = s.field(f)
	}
	_, err := io.WriteString(s.w, strings.Join(out, s.comma)+"\n")
	return err
}

// field quotes what has a separator, a quote or a line end in it (RFC 4180, 2.6 and 2.7), and spaces that would be taken away.
func (s *sheet) field(f string) string {
	if strings.ContainsAny(f, "\"\r\n"+s.comma) || strings.TrimSpace(f) != f {
		return `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
	}
	return f
}

// inert keeps a spreadsheet from running what stands in a cell. What a server reads is left as it is: it runs nothing.
func inert(f string) string {
	if f != "" && strings.ContainsAny(f[:1], "=+-@\t\r") {
		return "'" + f
	}
	return f
}

func newCSV(w io.Writer, _ Options) (encoder, error) {
	digest := func(d cred.Digest) string {
		if d.IsZero() {
			return ""
		}
		return d.String()
	}
	return &sheet{
		w: w, comma: ",", people: true,
		titles: []string{
			"record", "time", "kind", "verdict", "imei", "unit", "supersedes", "product", "batch", "firmware", "tool", "station", "operator", "key_origin",
			"common_name", "psk_identity", "serial", "not_after", "certificate_sha256", "spki_sha256", "psk_sha256", "authority", "authority_sha256",
			"anchor", "anchor_sha256", "connection", "failure",
		},
		row: func(u Unit) ([]string, error) {
			r := u.Record
			row := []string{
				r.ID, r.Time, string(r.Kind), string(r.Verdict), r.IMEI.String(), r.Unit.Name, r.Supersedes, r.Unit.Product, r.Unit.Batch, r.Firmware,
				r.Bench.Tool, r.Bench.Station, r.Bench.Operator, r.KeyOrigin,
			}
			name, identity, serial, until, cert, spki, psk := "", "", "", "", "", "", ""
			if k := r.Key; k != nil {
				identity, spki, psk = k.PSKIdentity, digest(k.SPKI), digest(k.PSK)
			}
			if c := r.Cert; c != nil {
				name, serial, until, cert, spki = c.Name, c.Serial, c.NotAfter, digest(c.SHA256), digest(c.SPKI)
			}
			row = append(row, name, identity, serial, until, cert, spki, psk)
			authority, anchor := [2]string{}, [2]string{}
			if a := r.Authority; a != nil {
				authority = [2]string{a.Subject, digest(a.SHA256)}
			}
			if a := r.Anchor; a != nil {
				anchor = [2]string{a.Subject, digest(a.SHA256)}
			}
			failure := ""
			if r.Failure != nil {
				failure = r.Failure.Code
			}
			return append(row, authority[0], authority[1], anchor[0], anchor[1], r.Connection, failure), nil
		},
	}, nil
}
