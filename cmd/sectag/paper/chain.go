package paper

import (
	"fmt"
	"io"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/chain"
	"example.org/sectag/cred"
)

// Chain is the document of sectag ca chain and sectag ca cross: certificates that were written into a file.
type Chain struct {
	Result
	Out   string `json:"out,omitempty"` // path
	Certs []Link `json:"certificates"`  // in the file's order
}

// Link is one certificate of the file.
type Link struct {
	Subject  string      `json:"subject"`
	Issuer   string      `json:"issuer"`
	NotAfter time.Time   `json:"not_after"`
	SHA256   cred.Digest `json:"sha256"` // of its minimal PEM block
}

// NoChain is their document when nothing was written.
func NoChain() Document { return &Chain{Certs: []Link{}} }

// ChainOf tells of certificates that were written.
func ChainOf(out string, c chain.Chain) *Chain {
	d := &Chain{Out: out, Certs: []Link{}}
	for i, x := range c {
		d.Certs = append(d.Certs, Link{certfile.Subject(x), certfile.Issuer(x), x.NotAfter.UTC(), c.Sums()[i]})
	}
	return d
}

// People writes it as lines.
func (d *Chain) People(w io.Writer) {
	if d.Out == "" {
		return
	}
	line(w, "written", d.Out)
	for _, x := range d.Certs {
		signed := "signed by " + x.Issuer
		if x.Issuer == x.Subject {
			signed = "root"
		}
		fmt.Fprintf(w, "  %s, until %s (%s)\n    sha256 %s\n", x.Subject, x.NotAfter.Format("2006-01-02"), signed, x.SHA256)
	}
}
