// Package proof writes what somebody needs who has no ledger: the proof that a record is in the signed log, and the record beside it. For
// one record sectag ledger prove asks for it, for all units of a report sectag ledger report. sectag ledger check checks what it wrote.
package proof

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/outfile"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/seal"
)

// ext is how a proof's file is called (C2SP tlog-proof); its record lies beside it, as .json.
const ext = ".tlog-proof"

// Under says which signed state of the log proofs are to stand under: a file that was kept, or one that a key signs now; without either
// the newest that the ledger keeps.
type Under struct{ Checkpoint, Key string }

// Flags adds --checkpoint and --key.
func (u *Under) Flags(f *pflag.FlagSet) {
	f.StringVar(&u.Checkpoint, "checkpoint", "", "a signed checkpoint that was kept")
	f.StringVar(&u.Key, "key", "", "sign the log as it is now with this key of the ledger's")
}

// Note is the signed checkpoint. It has record n in it, unless it was named: then Write tells. Faults: ledger.unsigned, config.file, those
// of the key.
func (u Under) Note(ctx context.Context, c *console.Console, l *ledger.Reader, n int64) ([]byte, error) {
	switch {
	case u.Checkpoint != "":
		text, err := atomicfile.Read(u.Checkpoint, target.MaxFile)
		if err != nil {
			return nil, cred.Because(err, "config.file", "the checkpoint "+u.Checkpoint+" cannot be read", "name a file that sectag ledger checkpoint wrote")
		}
		if !bytes.Contains(text, []byte("\n\n")) && !bytes.Contains(text, []byte("\n\r\n")) {
			return nil, cred.Failed("ledger.unsigned", u.Checkpoint+" is not signed", "name a file that sectag ledger checkpoint wrote")
		}
		return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), nil
	case u.Key != "":
		key, err := c.LedgerKey(u.Key)
		if err != nil {
			return nil, err
		}
		note, _, err := l.SignHead(ctx, key)
		return note, err
	}
	note, found, err := l.Signed(ctx, n)
	if err == nil && !found {
		err = cred.Failed("ledger.unsigned", "no signed state that the ledger keeps has record "+strconv.FormatInt(n, 10)+" in it",
			"sign the log with --key F, or name a signed checkpoint with --checkpoint F")
	}
	return note, err
}

// Files are what was written for one record.
type Files struct {
	Proof, Record string // paths
	Size          int64  // records in the log that the checkpoint is of
	Body          []byte // the record as it was written
}

// Write writes the proof of a record to a file, and the record beside it. Faults: those of ledger.ProveUnder and of outfile.
func Write(ctx context.Context, l *ledger.Reader, note []byte, id, file string) (Files, error) {
	p, body, err := l.ProveUnder(ctx, id, note)
	if err != nil {
		return Files{}, err
	}
	c, err := seal.ParseNote(note)
	if err != nil {
		return Files{}, err
	}
	out := Files{file, strings.TrimSuffix(file, ext) + ".json", c.Size, body}
	if err := outfile.Free(out.Record); err != nil { // before the other half is there
		return out, err
	}
	if err := outfile.Write(out.Proof, "the proof", p.Text()); err != nil {
		return out, err
	}
	return out, outfile.Write(out.Record, "the record", append(bytes.Clone(body), '\n'))
}

// Folder writes the proofs of the records that decide about a report's units, and of those that revoke one, into a folder that is made
// where there is none. The units then name their files, such as 352656100367872-17.tlog-proof of record 17.
func Folder(ctx context.Context, c *console.Console, l *ledger.Reader, u Under, dir string, units []*report.Unit) error {
	last := int64(0)
	all(units, func(id, _ string) string {
		n, _ := strconv.ParseInt(id, 10, 64) // the ledger numbers them; of another name ProveUnder says what is wrong
		last = max(last, n)
		return ""
	})
	note, err := u.Note(ctx, c, l, last)
	if err != nil {
		return err
	}
	if _, _, err := l.ProveUnder(ctx, strconv.FormatInt(last, 10), note); err != nil {
		return err // the newest is the one that a checkpoint lacks: nothing is written then
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cred.Because(err, "config.file", "the folder "+dir+" for the proofs cannot be made", "name a folder that you may write to")
	}
	all(units, func(id, name string) string {
		if err == nil {
			_, err = Write(ctx, l, note, id, filepath.Join(dir, name))
		}
		return name
	})
	return err
}

// all hands over each record that the units name, with the name of its file, and keeps what comes back as where its proof is.
func all(units []*report.Unit, do func(id, name string) string) {
	name := func(u *report.Unit, id string) string {
		if u.IMEI == 0 {
			return id + ext
		}
		return u.IMEI.String() + "-" + id + ext
	}
	for _, u := range units {
		u.Proof = do(u.Record, name(u, u.Record))
		if r := u.Revoked; r != nil {
			r.Proof = do(r.Record, name(u, r.Record))
		}
	}
}
