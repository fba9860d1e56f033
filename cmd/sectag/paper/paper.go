// Package paper is what the verbs answer with: one document each, which is one JSON object in the contract's names, and the same
// as lines for people. It only writes down; what happened is decided elsewhere.
package paper

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"example.org/sectag/cred"
)

// Document is what a verb answers with: one JSON object, and the same as lines for people.
type Document interface {
	Failed(*cred.Fault)
	People(w io.Writer)
}

// Indented is a document as JSON: one object and a line end.
func Indented(doc any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(doc)
	return text.Bytes(), err
}

// Result is embedded by every Document: the failure stands beside what was known by then.
type Result struct {
	Failure *cred.Fault `json:"failure,omitempty"`
}

// Failed puts the failure beside what was known by then.
func (r *Result) Failed(f *cred.Fault) { r.Failure = f }

func line(w io.Writer, name, value string) {
	if value != "" {
		fmt.Fprintf(w, "%-12s %s\n", name, value)
	}
}

// SimModem is the document of sectag sim modem.
type SimModem struct {
	Port string `json:"port"`
}

// SimEndpoint is the document of sectag sim endpoint.
type SimEndpoint struct {
	URL string `json:"url"`
}

// Version is the document of sectag version.
type Version struct {
	Result
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// People writes it as lines.
func (d *Version) People(w io.Writer) {
	fmt.Fprintf(w, "sectag %s (%s, %s)\n", d.Version, d.Commit, d.Go)
}
