package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// quote writes a text as one word of a POSIX shell, whatever is in it.
func quote(s string) string { return `'` + strings.ReplaceAll(s, `'`, `'\''`) + `'` }

// compact writes JSON on one line.
func compact(v any) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}

// script is the frame of the formats that are shell scripts. What is secret or of the firm alone comes from the environment when it is
// run; values stand on standard input or in files that are the caller's alone, and never in an argument list that others can read.
type script struct {
	w        io.Writer
	opening  string // behind the first lines
	perUnit  func(u Unit) (string, error)
	finished string // what is said when all is done, for the shell
}

func (s *script) head() error {
	_, err := io.WriteString(s.w, "#!/bin/sh\n# Written by sectag ledger export. It ends at the first call that fails; run again what came after.\nset -eu\numask 077\n"+s.opening)
	return err
}

func (s *script) unit(u Unit) error {
	text, err := s.perUnit(u)
	if err == nil {
		_, err = io.WriteString(s.w, text)
	}
	return err
}

func (s *script) tail() error {
	_, err := fmt.Fprintf(s.w, "\nprintf '%%s\\n' %s\n", quote(s.finished))
	return err
}
