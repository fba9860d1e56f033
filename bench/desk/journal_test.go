package desk

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/ledger"
)

// TestADocumentFitsTheJournal: what is as long as it may be is written, with every character escaped twice; what is longer is left out.
func TestADocumentFitsTheJournal(t *testing.T) {
	ctx := context.Background()
	l, err := ledger.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := time.Now().UTC().Format(time.RFC3339)
	run, err := l.Begin(ctx, at, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	longest := 0
	for n := 1 << 10; n < 16<<10; n += 512 {
		d := codec.Doc(strings.Repeat(`<"`, n))
		name, body, err := codec.Encode(flows.Probed{ID: 4, Doc: d})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.AppendEvent(ctx, run, name, at, body); err != nil {
			t.Fatalf("%d characters: %v", n, err)
		}
		if d != "" {
			longest = len(d)
		}
	}
	if longest < 40<<10 {
		t.Errorf("documents of more than %d bytes are left out", longest)
	}
}
