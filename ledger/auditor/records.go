package auditor

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// maxLine bounds one record of a file; the ledger's own bound is a quarter of a megabyte.
const maxLine = 1 << 20

// maxFindings keeps a ruined file from filling the screen.
const maxFindings = 100

// Report is what Records found.
type Report struct {
	Records  int64
	Root     cred.Digest // of the log that the file's records make
	Findings []cred.Finding
}

// log is a file of records being read.
type log struct {
	tree     seal.Tree
	n        int64 // of the next record
	broken   bool  // the tree is no longer the log's: what follows says nothing about roots
	held     bool  // the tree was held against the checkpoint
	kept     *seal.Checkpoint
	before   int64 // the last record whose root was the one that it names
	findings []cred.Finding
	more     int
}

const hint = "compare with the ledger itself and with older exports; the checkpoint is right, its signature was verified"

func (l *log) say(format string, args ...any) {
	if len(l.findings) >= maxFindings {
		l.more++
		return
	}
	l.findings = append(l.findings, cred.Finding{Code: "ledger.broken", Severity: cred.Error, Text: fmt.Sprintf(format, args...), Hint: hint})
}

// Records holds a file with one record a line, in their order from record 0, against a checkpoint that was kept and whose signature was
// verified. Each record holds the root of all before it, so a record that was changed, dropped or moved is named; what the checkpoint
// does not cover yet is a warning. An error means that the file could not be read.
func Records(file io.Reader, kept seal.Checkpoint) (Report, error) {
	l := &log{kept: &kept}
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for lines.Scan() {
		body := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		if len(body) == 0 {
			continue
		}
		if err := l.add(body); err != nil {
			return Report{}, err
		}
	}
	if err := lines.Err(); err != nil {
		return Report{}, fmt.Errorf("read the records: %w", err)
	}
	if err := l.end(); err != nil {
		return Report{}, err
	}
	root, err := l.tree.Root(l.tree.Size())
	if l.findings == nil {
		l.findings = []cred.Finding{}
	}
	return Report{Records: l.tree.Size(), Root: cred.Digest(root), Findings: l.findings}, err
}

// add takes the next line in.
func (l *log) add(body []byte) error {
	if err := l.hold(); err != nil {
		return err
	}
	root, err := l.tree.Root(l.tree.Size())
	if err != nil {
		return err
	}
	rec, err := record.Decode(body)
	switch {
	case errors.Is(err, record.ErrNewer):
		// It is checked for its place only, by the record after it or the checkpoint.
	case err != nil:
		l.say("record %d cannot be read: it was changed", l.n)
		l.broken = true
	case !l.place(rec, cred.Digest(root)):
		l.n-- // it is not the turn of the next yet
	}
	l.n++
	_, err = l.tree.Add(tlog.RecordHash(body))
	return err
}

// place holds a record against its number and the root that it names, and tells whether it stands in its turn.
func (l *log) place(rec record.Record, root cred.Digest) bool {
	at, _ := strconv.ParseInt(rec.ID, 10, 64) // Decode took it
	switch {
	case at < l.n:
		l.say("record %d stands behind record %d: it was moved, or is there twice", at, l.n-1)
		l.broken = true
		return false
	case at == l.n+1:
		l.say("record %d is missing, or was moved", l.n)
	case at > l.n:
		l.say("records %d to %d are missing, or were moved", l.n, at-1)
	}
	l.broken = l.broken || at > l.n
	l.n = at
	switch {
	case l.broken:
	case rec.Seal.Log != l.kept.Origin:
		l.say("record %d belongs to another ledger", l.n)
	case rec.Seal.PreviousRoot == root:
		l.before = l.n
	case l.n == 0:
		l.say("record 0 was changed: it is the first and says that others were before it")
		l.broken = true
	case l.before == l.n-1:
		l.say("record %d was changed, or what record %d says of the log before it", l.n-1, l.n)
		l.broken = true
	default:
		l.say("one of the records %d to %d was changed, or what record %d says of the log before it", l.before, l.n-1, l.n)
		l.broken = true
	}
	return true
}

// hold compares the tree with the checkpoint, once it is as large.
func (l *log) hold() error {
	if l.held || l.tree.Size() != l.kept.Size || l.broken {
		return nil
	}
	l.held = true
	root, err := l.tree.Root(l.kept.Size)
	if err == nil && root != l.kept.Root {
		if l.before == l.n-1 {
			l.say("record %d was changed: the checkpoint is of another one of that number", l.n-1)
		} else {
			l.say("one of the records %d to %d was changed: the checkpoint is of others", l.before, l.n-1)
		}
		l.broken = true
	}
	return err
}

// end says what the checkpoint and the end of the file have to say to each other.
func (l *log) end() error {
	err := l.hold()
	switch {
	case l.n < l.kept.Size:
		l.say("the log was cut: the checkpoint is of %d records, from %d on they are missing", l.kept.Size, l.n)
	case l.n > l.kept.Size && !l.broken:
		l.findings = append(l.findings, cred.Finding{
			Code: "ledger.unsigned", Severity: cred.Warning,
			Text: fmt.Sprintf("the checkpoint is of the first %d records; nothing vouches for the last of the %d that are newer", l.kept.Size, l.n-l.kept.Size),
			Hint: "get a checkpoint that is as new as the records",
		})
	}
	if l.more > 0 {
		l.findings = append(l.findings, cred.Finding{Code: "ledger.broken", Severity: cred.Error, Text: fmt.Sprintf("and %d more findings", l.more), Hint: hint})
	}
	return err
}
