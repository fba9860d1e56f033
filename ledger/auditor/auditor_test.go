package auditor

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	c2sp "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

const origin = "example.org/sectag/ledger/0011223344556677"

// key is the key of the tests' log.
func key(t testing.TB, n byte) (*seal.Signer, *seal.Public) {
	t.Helper()
	s, err := seal.NewSigner(origin, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)))
	must(t, err)
	p, err := seal.ParsePublic([]byte(s.Public()))
	must(t, err)
	return s, p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wrote is a log of n records, as a ledger writes them.
func wrote(t testing.TB, n int) (bodies [][]byte, tree *seal.Tree) {
	t.Helper()
	tree = &seal.Tree{}
	for i := range n {
		root, err := tree.Root(int64(i))
		must(t, err)
		body, _, err := record.Encode(record.Record{
			ID: strconv.Itoa(i), Kind: record.Test, Time: "2026-11-22T10:00:00Z", Verdict: cred.Pass, IMEI: 352656100367872,
			Unit: record.Identity{Name: "imei:352656100367872"}, Seal: record.Seal{Log: origin, PreviousRoot: cred.Digest(root)},
		})
		must(t, err)
		bodies = append(bodies, body)
		_, err = tree.Add(tlog.RecordHash(body))
		must(t, err)
	}
	return bodies, tree
}

func state(t testing.TB, tree *seal.Tree, size int) seal.Checkpoint {
	t.Helper()
	root, err := tree.Root(int64(size))
	must(t, err)
	return seal.Checkpoint{Origin: origin, Size: int64(size), Root: root}
}

func signed(t testing.TB, s *seal.Signer, c seal.Checkpoint) []byte {
	t.Helper()
	text, err := s.Checkpoint(c)
	must(t, err)
	return text
}

func proven(t testing.TB, tree *seal.Tree, s *seal.Signer, size, i int) Proof {
	t.Helper()
	hashes, err := tlog.ProveRecord(int64(size), int64(i), tree)
	must(t, err)
	return Proof{Index: int64(i), Hashes: hashes, Checkpoint: signed(t, s, state(t, tree, size))}
}

// TestOthersReadAndVerifyOurProofs: the file is read by transparency-dev/formats and its hashes are judged by
// transparency-dev/merkle, which share no line with what made them.
func TestOthersReadAndVerifyOurProofs(t *testing.T) {
	s, _ := key(t, 1)
	bodies, tree := wrote(t, 40)
	for size := 1; size <= len(bodies); size++ {
		for i := range size {
			var p c2sp.TLogProof
			must(t, p.Unmarshal(proven(t, tree, s, size, i).Text()))
			c, err := seal.ParseNote(p.Checkpoint)
			must(t, err)
			var hashes [][]byte
			for _, h := range p.Hashes {
				hashes = append(hashes, h[:])
			}
			h := rfc6962.DefaultHasher
			if err := proof.VerifyInclusion(h, p.Index, uint64(c.Size), h.HashLeaf(bodies[i]), hashes, c.Root[:]); err != nil {
				t.Fatalf("record %d of %d: %v", i, size, err)
			}
			if proof.VerifyInclusion(h, p.Index, uint64(c.Size), h.HashLeaf(append(bodies[i], ' ')), hashes, c.Root[:]) == nil {
				t.Fatalf("record %d of %d: another body is proven too", i, size)
			}
		}
	}
}

// TestOthersProofsAreRead: a tree, its proofs and the file are theirs; ours reads and judges.
func TestOthersProofsAreRead(t *testing.T) {
	s, pub := key(t, 1)
	theirs := testonly.New(rfc6962.DefaultHasher)
	var bodies [][]byte
	for i := range 40 {
		bodies = append(bodies, fmt.Appendf(nil, "entry %d", i))
		theirs.AppendData(bodies[i])
	}
	for size := uint64(1); size <= 40; size++ {
		note := signed(t, s, seal.Checkpoint{Origin: origin, Size: int64(size), Root: tlog.Hash(theirs.HashAt(size))})
		for i := range size {
			hashes, err := theirs.InclusionProof(i, size)
			must(t, err)
			file := c2sp.TLogProof{Index: i, Checkpoint: note, ExtraData: []byte("of theirs")}
			for _, h := range hashes {
				file.Hashes = append(file.Hashes, [32]byte(h))
			}
			p, err := ParseProof(file.Marshal())
			must(t, err)
			if c, err := p.Check(bodies[i], pub); err != nil || c.Size != int64(size) {
				t.Fatalf("entry %d of %d: %+v %v", i, size, c, err)
			}
			if _, err := p.Check(bodies[(i+1)%40], pub); !errors.Is(err, ErrNotProven) {
				t.Fatalf("entry %d of %d proves another too: %v", i, size, err)
			}
		}
	}
}

// TestEveryByteOfAProof: whatever is flipped in the file or the record, nothing is proven that was not.
func TestEveryByteOfAProof(t *testing.T) {
	s, pub := key(t, 1)
	bodies, tree := wrote(t, 7)
	text := proven(t, tree, s, 7, 4).Text()
	p, err := ParseProof(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
	must(t, err)
	_, err = p.Check(bodies[4], pub)
	must(t, err)
	for i := range len(text) * 8 {
		bad := bytes.Clone(text)
		bad[i/8] ^= 1 << (i % 8)
		if p, err := ParseProof(bad); err == nil {
			if _, err := p.Check(bodies[4], pub); err == nil {
				t.Errorf("bit %d of byte %d of the proof was flipped and it holds", i%8, i/8)
			}
		}
	}
	for i := range len(bodies[4]) * 8 {
		bad := bytes.Clone(bodies[4])
		bad[i/8] ^= 1 << (i % 8)
		if _, err := p.Check(bad, pub); !errors.Is(err, ErrNotProven) {
			t.Errorf("bit %d of byte %d of the record was flipped: %v", i%8, i/8, err)
		}
	}
	other, stranger := key(t, 2)
	if _, err := p.Check(bodies[4], stranger); !errors.Is(err, seal.ErrUnsigned) {
		t.Errorf("another key: %v", err)
	}
	theirs := proven(t, tree, other, 7, 4)
	if _, err := theirs.Check(bodies[4], pub); !errors.Is(err, seal.ErrUnsigned) {
		t.Errorf("another signer: %v", err)
	}
	far := Proof{Index: 7, Checkpoint: p.Checkpoint}
	if _, err := far.Check(bodies[4], pub); !errors.Is(err, ErrNotProven) {
		t.Errorf("a record behind the checkpoint: %v", err)
	}
}

func TestWhatIsNoProof(t *testing.T) {
	s, _ := key(t, 1)
	_, tree := wrote(t, 3)
	good := string(proven(t, tree, s, 3, 1).Text())
	for name, bad := range map[string]string{
		"nothing": "", "another version": strings.Replace(good, "@v1", "@v2", 1), "no index": strings.Replace(good, "index 1\n", "", 1),
		"a zero more": strings.Replace(good, "index 1", "index 01", 1), "below": strings.Replace(good, "index 1", "index -1", 1),
		"only a head": header + "\n\n", "extra alone": header + "\nextra AA==\n\n", "a short hash": strings.Replace(good, "index 1\n", "index 1\nAA==\n", 1),
		"no checkpoint": strings.Split(good, "\n\n")[0] + "\n", "long": good + strings.Repeat("x", maxProof),
	} {
		if _, err := ParseProof([]byte(bad)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

// told is what Records says of these lines, as text.
func told(t testing.TB, c seal.Checkpoint, bodies ...[]byte) string {
	t.Helper()
	r, err := Records(bytes.NewReader(bytes.Join(bodies, []byte("\r\n"))), c)
	must(t, err)
	var out []string
	for _, f := range r.Findings {
		if f.Hint == "" {
			t.Errorf("a finding without a hint: %+v", f)
		}
		out = append(out, f.Text)
	}
	return strings.Join(out, "; ")
}

func TestRecordsAsFiles(t *testing.T) {
	bodies, tree := wrote(t, 9)
	c := state(t, tree, 9)
	changed := func(i int) [][]byte {
		out := slices.Clone(bodies)
		out[i] = bytes.Replace(out[i], []byte("10:00:00"), []byte("10:00:01"), 1)
		return out
	}
	swapped := slices.Clone(bodies)
	swapped[2], swapped[5] = swapped[5], swapped[2]
	foreign := c
	foreign.Origin += "x"
	empty := seal.Checkpoint{Origin: origin, Root: state(t, tree, 0).Root}
	for name, k := range map[string]struct {
		c    seal.Checkpoint
		file [][]byte
		want []string
	}{
		"as it is":           {c, bodies, nil},
		"older checkpoint":   {state(t, tree, 6), bodies, []string{"the first 6 records; nothing vouches for the last of the 3"}},
		"nothing yet":        {empty, nil, nil},
		"one changed":        {c, changed(4), []string{"record 4 was changed"}},
		"the first":          {c, changed(0), []string{"record 0 was changed"}},
		"the last":           {c, changed(8), []string{"record 8 was changed: the checkpoint"}},
		"behind":             {state(t, tree, 6), changed(7), []string{"record 7 was changed"}},
		"the last vouched":   {state(t, tree, 6), changed(5), []string{"record 5 was changed"}},
		"one dropped":        {c, slices.Delete(slices.Clone(bodies), 3, 4), []string{"record 3 is missing"}},
		"several dropped":    {c, slices.Delete(slices.Clone(bodies), 3, 6), []string{"records 3 to 5 are missing"}},
		"the first dropped":  {c, bodies[1:], []string{"record 0 is missing"}},
		"cut":                {c, bodies[:6], []string{"cut: the checkpoint is of 9 records, from 6 on"}},
		"all":                {c, nil, []string{"from 0 on they are missing"}},
		"swapped":            {c, swapped, []string{"records 2 to 4 are missing, or were moved", "record 3 stands behind record 5", "record 2 stands behind record 5"}},
		"twice":              {c, slices.Insert(slices.Clone(bodies), 3, bodies[2]), []string{"record 2 stands behind record 2"}},
		"another ledger's":   {foreign, bodies, []string{"record 0 belongs to another ledger"}},
		"unreadable":         {c, slices.Replace(slices.Clone(bodies), 4, 5, []byte("{}")), []string{"record 4 cannot be read"}},
		"a space more":       {c, slices.Replace(slices.Clone(bodies), 4, 5, append(slices.Clone(bodies[4]), ' ')), []string{"record 4 cannot be read"}},
		"a first of another": {c, append([][]byte{bytes.Replace(bodies[0], []byte("previous_root_sha256\":\"e3"), []byte("previous_root_sha256\":\"e4"), 1)}, bodies[1:]...), []string{"record 0 was changed"}},
	} {
		got := told(t, k.c, k.file...)
		for _, want := range k.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q does not say %q", name, got, want)
			}
		}
		if len(k.want) == 0 && got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestEveryByteOfTheRecords flips each byte of the file: each is found, or the file reads as before (a line end).
func TestEveryByteOfTheRecords(t *testing.T) {
	bodies, tree := wrote(t, 3)
	file, c := append(bytes.Join(bodies, []byte("\n")), '\n'), state(t, tree, 3)
	for i := range file {
		for _, flip := range []byte{1, 0xff} {
			bad := bytes.Clone(file)
			bad[i] ^= flip
			r, err := Records(bytes.NewReader(bad), c)
			if err == nil && cred.Judge(r.Findings) != cred.Fail {
				t.Errorf("byte %d, %q, flipped by %x: nothing was found", i, file[i], flip)
			}
		}
	}
}

func TestRuinedFileDoesNotFillTheScreen(t *testing.T) {
	_, tree := wrote(t, 1)
	r, err := Records(strings.NewReader(strings.Repeat("x\n", 500)), state(t, tree, 1))
	must(t, err)
	if len(r.Findings) != maxFindings+1 || !strings.Contains(r.Findings[maxFindings].Text, "more findings") {
		t.Errorf("%d findings", len(r.Findings))
	}
	if _, err := Records(strings.NewReader(strings.Repeat("x", maxLine+1)), state(t, tree, 1)); err == nil {
		t.Error("a line without an end was read")
	}
}

func FuzzParseProof(f *testing.F) {
	f.Add([]byte(header + "\nindex 3\n\no\n4\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := ParseProof(in)
		if err != nil {
			return
		}
		again, err := ParseProof(p.Text())
		if err != nil || again.Index != p.Index || !slices.Equal(again.Hashes, p.Hashes) || !bytes.Equal(again.Checkpoint, p.Checkpoint) {
			t.Fatalf("%q: %+v, again %+v %v", in, p, again, err)
		}
	})
}
