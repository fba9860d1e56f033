package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
)

// foreign is a name as somebody may put it into a certificate: it clears the screen, sets the title, hides and turns what follows.
const foreign = "unit\x1b[2J\x1b]0;title\x07\u009b31m\u202Egnp\u200b\U000E0001\rend"

type sheet struct {
	paper.Result
	Name string `json:"name"`
}

func (s *sheet) People(w io.Writer) { fmt.Fprintf(w, "name %s\nend\n", s.Name) }

func told(c *Console, doc paper.Document, err error) error {
	cmd := &cobra.Command{}
	cmd.SetContext(context.Background())
	return c.Verb(func(context.Context, []string) (paper.Document, error) { return doc, err })(cmd, nil)
}

// TestForeignNamesAreNoOrders: no byte of a foreign name is an order to the terminal, for people and in JSON, where it is kept whole.
func TestForeignNamesAreNoOrders(t *testing.T) {
	t.Parallel()
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		c := &Console{Out: &out, Err: io.Discard, JSON: asJSON}
		if err := told(c, &sheet{Name: foreign}, nil); err != nil {
			t.Fatal(err)
		}
		if i := bytes.IndexFunc(out.Bytes(), odd); i >= 0 {
			t.Errorf("JSON %v: %q", asJSON, out.String())
		}
		if !asJSON {
			if n := bytes.Count(out.Bytes(), []byte("\n")); n != 2 {
				t.Errorf("%d lines: %q", n, out.String())
			}
			continue
		}
		var back sheet
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Name != foreign {
			t.Errorf("%q, %v", back.Name, err)
		}
	}
}

// TestALostResultIsAFailure: a full disk behind stdout is told, and hides no other failure.
func TestALostResultIsAFailure(t *testing.T) {
	t.Parallel()
	for _, asJSON := range []bool{false, true} {
		r, w := io.Pipe()
		r.CloseWithError(errors.New("no space left on device"))
		c := &Console{Out: w, Err: io.Discard, JSON: asJSON}
		if f := cred.AsFault(told(c, &sheet{}, nil)); f == nil || f.Code != "output.lost" {
			t.Errorf("JSON %v: %v", asJSON, f)
		}
		if f := cred.AsFault(told(c, &sheet{}, cred.Failed("port.lost", "gone", "again"))); f == nil || f.Code != "port.lost" {
			t.Errorf("JSON %v: %v", asJSON, f)
		}
	}
}
