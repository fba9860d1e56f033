package seal

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"example.org/sectag/cred"
)

func TestTreeIsTlogs(t *testing.T) {
	var tree Tree
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(ix []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range ix {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for n := range int64(70) {
		leaf := []byte(fmt.Sprintf("record %d", n))
		want, err := tlog.StoredHashes(n, leaf, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, want...)
		got, err := tree.Add(tlog.RecordHash(leaf))
		if err != nil || len(got) != len(want) {
			t.Fatalf("record %d: %d hashes, want %d, %v", n, len(got), len(want), err)
		}
		for size := range n + 2 {
			a, err1 := tree.Root(size)
			b, err2 := tlog.TreeHash(size, read)
			if err1 != nil || err2 != nil || a != b {
				t.Fatalf("root of %d: %v %v, %v %v", size, a, b, err1, err2)
			}
		}
	}
	if tree.Size() != 70 || len(tree.Hashes()) != len(stored) {
		t.Errorf("size %d, %d hashes", tree.Size(), len(tree.Hashes()))
	}
	for _, bad := range []int64{-1, 71} {
		if _, err := tree.Root(bad); err == nil {
			t.Errorf("a root of %d records", bad)
		}
	}
	if _, err := tree.ReadHashes([]int64{-1}); err == nil {
		t.Error("hash -1 was read")
	}
}

// TestKnownRoots are the roots of RFC 6962 as the Certificate Transparency projects publish them in their test vectors.
func TestKnownRoots(t *testing.T) {
	leaves := []string{"", "\x00", "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	}
	var tree Tree
	for n, want := range roots {
		root, err := tree.Root(int64(n))
		if err != nil || cred.Digest(root).String() != want {
			t.Errorf("root of %d leaves is %s, want %s (%v)", n, cred.Digest(root), want, err)
		}
		if n < len(leaves) {
			if _, err := tree.Add(tlog.RecordHash([]byte(leaves[n]))); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestCheckpoint(t *testing.T) {
	c := Checkpoint{Origin: "example.org/sectag/ledger/0011223344556677", Size: 1432, Root: tlog.Hash(cred.Sum([]byte("x")))}
	want := "example.org/sectag/ledger/0011223344556677\n1432\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n"
	if c.String() != want {
		t.Errorf("written as %q", c.String())
	}
	for _, s := range []string{want, strings.ReplaceAll(want, "\n", "\r\n")} {
		got, err := Parse([]byte(s))
		if err != nil || got != c {
			t.Errorf("%q: %+v %v", s, got, err)
		}
	}
	for name, bad := range map[string]string{
		"nothing":        "",
		"two lines":      "o\n1\n",
		"four lines":     want + "x\n",
		"no end":         strings.TrimSuffix(want, "\n"),
		"no origin":      "\n1432\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n",
		"spaced origin":  "a b\n1432\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n",
		"leading zero":   "o\n01432\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n",
		"plus":           "o\n+1\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n",
		"negative":       "o\n-1\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n",
		"too large":      "o\n9223372036854775808\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n",
		"short root":     "o\n1\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5Ia\n",
		"loose base64":   "o\n1\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIF=\n",
		"root as hex":    "o\n1\n2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\n",
		"much too long":  strings.Repeat("o", 2000) + "\n1\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n",
		"spaced at ends": " " + want,
	} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestCheckpointComesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Checkpoint{
			Origin: rapid.StringMatching(`[!-~]{1,200}`).Draw(rt, "origin"), Size: rapid.Int64Min(0).Draw(rt, "size"),
			Root: tlog.Hash(cred.Sum(rapid.SliceOf(rapid.Byte()).Draw(rt, "root"))),
		}
		got, err := Parse([]byte(c.String()))
		if err != nil || got != c {
			rt.Fatalf("%+v became %+v, %v", c, got, err)
		}
	})
}

func TestLinkCoversEverything(t *testing.T) {
	base := Link(cred.Sum([]byte("before")), "1", 2, "a.b", "2026-11-22T10:00:00Z", "{}")
	for name, other := range map[string]cred.Digest{
		"before": Link(cred.Sum([]byte("other")), "1", 2, "a.b", "2026-11-22T10:00:00Z", "{}"),
		"run":    Link(cred.Sum([]byte("before")), "2", 2, "a.b", "2026-11-22T10:00:00Z", "{}"),
		"seq":    Link(cred.Sum([]byte("before")), "1", 3, "a.b", "2026-11-22T10:00:00Z", "{}"),
		"type":   Link(cred.Sum([]byte("before")), "1", 2, "a.c", "2026-11-22T10:00:00Z", "{}"),
		"at":     Link(cred.Sum([]byte("before")), "1", 2, "a.b", "2026-11-22T10:00:01Z", "{}"),
		"body":   Link(cred.Sum([]byte("before")), "1", 2, "a.b", "2026-11-22T10:00:00Z", "{ }"),
		"border": Link(cred.Sum([]byte("before")), "12", 2, "a.b", "2026-11-22T10:00:00Z", "{}"),
		"shift":  Link(cred.Sum([]byte("before")), "1", 2, "a.b2", "026-11-22T10:00:00Z", "{}"),
	} {
		if other == base {
			t.Errorf("%s does not change the link", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("example.org/sectag/ledger/00\n3\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\n"))
	f.Add([]byte("o\r\n0\r\nLXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := Parse(in)
		if err != nil {
			return
		}
		if got := c.String(); got != strings.ReplaceAll(string(in), "\r\n", "\n") {
			t.Fatalf("%q was read and is written as %q", in, got)
		}
	})
}
