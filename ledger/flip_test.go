package ledger

import (
	"bytes"
	"encoding/binary"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyBit makes TestTamperBytes flip each bit of each byte by itself. A dozen bits of SQLite's own bookkeeping are then without effect:
// whether an index that is empty has pages below it, or how far an entry of an index goes behind its end.
var everyBit = flag.Bool("every-bit", false, "flip every bit of the small ledger by itself, which takes minutes")

// every is for make tamper. In make test, which must not take long, some bytes and cells are left out.
var every = flag.Bool("every", false, "change every byte and every cell of the small ledgers")

// spare is how many bytes or cells a test goes on by.
func spare(step int) int {
	if *every || *everyBit {
		return thin
	}
	return thin * step
}

// TestTamperBytes flips the bytes of the file of a small ledger, one after the other (in make tamper each), and each must be found; but for those of which SQLite's
// file format says that they mean nothing, and of these it is shown: they are filled with noise, all at once, and everything that the ledger
// holds reads as before. The file is packed into the smallest pages first, so that long records lie on overflow pages too.
func TestTamperBytes(t *testing.T) {
	t.Parallel()
	url, head, pub := closedLedger(t, file{})
	ledger := dense(t, url)
	free := freeRoom(t, ledger) // of each byte the bits
	before := dump(t, ledgerFile(t, ledger))
	for _, noise := range []byte{0x01, 0x80, 0xff, 0x55} {
		noisy := append([]byte(nil), ledger...)
		for at := range noisy {
			noisy[at] ^= noise & free[at]
		}
		url := ledgerFile(t, noisy)
		if found := judgedBy(t, url, &head, pub); found != "" {
			t.Errorf("the free room filled with %x: %s", noise, found)
		}
		if d := cmp.Diff(before, dump(t, url)); d != "" {
			t.Errorf("the free room filled with %x changes what is read: %s", noise, d)
		}
	}
	step := int64(spare(5))
	var next, flips, idle atomic.Int64
	done := make(chan bool)
	workers := runtime.GOMAXPROCS(0)
	for range workers {
		go func() {
			defer func() { done <- true }()
			path := filepath.Join(t.TempDir(), "ledger.db")
			if err := os.WriteFile(path, ledger, 0o600); err != nil {
				t.Error(err)
				return
			}
			for at := int(next.Add(step) - step); at < len(ledger); at = int(next.Add(step) - step) {
				for _, flip := range flipsOf(at) {
					if flip &= ^free[at]; flip == 0 {
						continue
					}
					poke(t, path, at, ledger[at]^flip)
					flips.Add(1)
					if judgedBy(t, "sqlite:"+path, &head, pub) != "" {
						continue
					}
					if *everyBit && cmp.Diff(before, dump(t, "sqlite:"+path)) == "" {
						t.Logf("byte %d (of page %d byte %d), %x, flipped by %x, changes nothing that is read", at, at/densePage+1, at%densePage, ledger[at], flip)
						idle.Add(1)
					} else {
						t.Errorf("byte %d (of page %d byte %d), %x, was flipped by %x and nothing was found", at, at/densePage+1, at%densePage, ledger[at], flip)
					}
				}
				poke(t, path, at, ledger[at])
			}
		}()
	}
	for range workers {
		<-done
	}
	t.Logf("%d bytes, %d of them free, %d flips, %d of them without effect", len(ledger), count(free), flips.Load(), idle.Load())
	if idle.Load() > 30 {
		t.Error("more bits are without effect than SQLite's bookkeeping has")
	}
	if flips.Load()*step < int64(len(ledger))/4 {
		t.Error("most of the file is free: the test looks at little")
	}
}

// flipsOf takes turns between one bit, which changes a letter or a length by little, and all bits.
func flipsOf(at int) []byte {
	switch {
	case *everyBit:
		return []byte{1, 2, 4, 8, 16, 32, 64, 128, 255}
	case at%2 == 0:
		return []byte{0xff}
	}
	return []byte{1 << (at / 2 % 8)}
}

func poke(t testing.TB, path string, at int, b byte) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteAt([]byte{b}, int64(at))
	}
	if err != nil {
		t.Error(err)
		return
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func count(free []byte) (n int) {
	for _, f := range free {
		if f == 0xff {
			n++
		}
	}
	return n
}

// headerFree are the bytes of the file's header that say nothing about what it holds (sqlite.org/fileformat2.html, 1.3), and of each the
// bits: who may write it (18); that a write-ahead file stands beside it (one bit of 19), which is folded in here; how often it was
// written (24); the cookie for those who have it open (40); what is not read of the format's number (44), of which one byte is, and nought
// is as good as four, and of the text encoding (56), of which two bits are, and nought is as good as one; the size of a cache (48); what
// is reserved (72); which SQLite wrote it last and when (92).
var headerFree = []struct {
	from, to int
	bits     byte
}{
	{18, 19, 0xff}, {19, 20, 0x02}, {24, 28, 0xff}, {40, 47, 0xff}, {47, 48, 0x04}, {48, 52, 0xff}, {56, 59, 0xff}, {59, 60, 0xfd}, {72, 100, 0xff},
}

// freeRoom marks the bytes of a packed file that mean nothing: those of the header, and in each page what lies between the numbers of its
// cells and the cells, or in free blocks, or behind the end of a chain of overflow pages. Also one bit of each row whose key is its number: that the
// number is not repeated in the row can be written in two ways.
func freeRoom(t testing.TB, db []byte) []byte {
	t.Helper()
	free := bytes.Repeat([]byte{0xff}, len(db))
	clear(free[:100])
	for _, h := range headerFree {
		copy(free[h.from:h.to], bytes.Repeat([]byte{h.bits}, h.to-h.from))
	}
	f := format{t, db, free}
	for page := 1; page <= len(db)/densePage; page++ {
		f.page(page)
	}
	return free
}

// format reads SQLite's file format, section 1.6.
type format struct {
	t    testing.TB
	db   []byte
	free []byte
}

func (f format) used(at, n int) {
	clear(f.free[at : at+n])
}

// page marks what a b-tree page uses; an overflow page is marked by the cell that it belongs to.
func (f format) page(n int) {
	start := (n - 1) * densePage
	at := start
	if n == 1 {
		at = 100
	}
	kind, head := f.db[at], 8
	switch kind {
	case 2, 5:
		head = 12
	case 10, 13:
	default:
		return
	}
	cells := int(binary.BigEndian.Uint16(f.db[at+3:]))
	if cells > densePage/4 {
		f.t.Fatalf("page %d has %d cells", n, cells)
	}
	f.used(at, head+2*cells)
	for block := int(binary.BigEndian.Uint16(f.db[at+1:])); block != 0; block = int(binary.BigEndian.Uint16(f.db[start+block:])) {
		f.used(start+block, 4) // the next free block, and the size of this one
	}
	for i := range cells {
		f.cell(kind, start+int(binary.BigEndian.Uint16(f.db[at+head+2*i:])))
	}
}

// cell marks one cell and its overflow pages.
func (f format) cell(kind byte, start int) {
	at, local := start, 0
	if kind == 2 || kind == 5 {
		at += 4 // the page below
	}
	length, n := f.varint(at)
	at += n
	if kind == 5 {
		f.used(start, at-start)
		return
	}
	most, least := (densePage-12)*64/255-23, (densePage-12)*32/255-23
	if kind == 13 {
		_, n = f.varint(at) // the row's number
		at += n
		most = densePage - 35
	}
	first := at
	if local = length; length > most {
		if local = least + (length-least)%(densePage-4); local > most {
			local = least
		}
	}
	at += local
	left := length - local
	if left > 0 {
		next := int(binary.BigEndian.Uint32(f.db[at:]))
		at += 4
		for left > 0 {
			page := (next - 1) * densePage
			next = int(binary.BigEndian.Uint32(f.db[page:]))
			here := min(left, densePage-4)
			f.used(page, 4+here)
			left -= here
		}
	}
	f.used(start, at-start)
	if _, n := f.varint(first); kind == 13 && f.db[first+n] == 0 {
		f.free[first+n] = 0x08 // nothing, or a nought: the row's number stands in its place
	}
}

// varint reads a number of SQLite's, and how many bytes it takes.
func (f format) varint(at int) (v, n int) {
	for n = 1; n < 9; n++ {
		b := f.db[at+n-1]
		v = v<<7 | int(b&0x7f)
		if b < 0x80 {
			return v, n
		}
	}
	return v<<8 | int(f.db[at+8]), 9
}
