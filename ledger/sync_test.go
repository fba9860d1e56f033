package ledger

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// fatalVar makes a writer die at one of its syncs: "12 before" or "12 after"; "0 never" only counts them. durableVar names the folder in
// which it keeps what a power cut would leave: of each file what it held when it was synced last.
const (
	fatalVar   = "SECTAG_TEST_LEDGER_FATAL_SYNC"
	durableVar = "SECTAG_TEST_LEDGER_DURABLE"
)

// fate is what a writer that is to die knows. SQLite's calls come one at a time: there is one writer at work in it.
var fate struct {
	syncs, last int
	after       bool
	durable     string
	open, sync  uintptr // what SQLite's file system does itself
	remove      uintptr
	names       map[uintptr]string  // of open files
	methods     map[uintptr]uintptr // the changed table of a file's functions for each that SQLite has
}

// mortal puts itself between SQLite and its file system, if the writer is to die.
func mortal() error {
	order := os.Getenv(fatalVar)
	if order == "" {
		return nil
	}
	when := ""
	if _, err := fmt.Sscan(order, &fate.last, &when); err != nil {
		return err
	}
	fate.after, fate.durable, fate.names, fate.methods = when == "after", os.Getenv(durableVar), map[uintptr]string{}, map[uintptr]uintptr{}
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := lib.Xsqlite3_initialize(tls); rc != 0 {
		return fmt.Errorf("sqlite3_initialize: %d", rc)
	}
	v := (*lib.Tsqlite3_vfs)(placed(lib.Xsqlite3_vfs_find(tls, 0)))
	fate.open, v.FxOpen = v.FxOpen, funcOf(hookedOpen)
	fate.remove, v.FxDelete = v.FxDelete, funcOf(hookedDelete)
	return nil
}

// placed is the place that a number of SQLite's names, which is not Go's memory.
func placed(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// funcOf is a function as SQLite's C, turned into Go, keeps one.
func funcOf(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

func hookedOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	call := *(*func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32)(unsafe.Pointer(&struct{ uintptr }{fate.open}))
	rc := call(tls, vfs, name, file, flags, out)
	f := (*lib.Tsqlite3_file)(placed(file))
	if rc != 0 || name == 0 || f.FpMethods == 0 {
		return rc
	}
	fate.names[file] = libc.GoString(name)
	if filepath.Base(fate.names[file]) == "ledger.db" {
		if _, err := os.Stat(filepath.Join(fate.durable, "ledger.db")); err != nil {
			keep(fate.names[file]) // it was synced under another name
		}
	}
	if fate.methods[f.FpMethods] == 0 {
		table := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
		m := (*lib.Tsqlite3_io_methods)(placed(table))
		*m = *(*lib.Tsqlite3_io_methods)(placed(f.FpMethods))
		fate.sync, m.FxSync = m.FxSync, funcOf(hookedSync) // they all sync alike
		fate.methods[f.FpMethods] = table
	}
	f.FpMethods = fate.methods[f.FpMethods]
	return rc
}

func hookedDelete(tls *libc.TLS, vfs, name uintptr, dir int32) int32 {
	call := *(*func(*libc.TLS, uintptr, uintptr, int32) int32)(unsafe.Pointer(&struct{ uintptr }{fate.remove}))
	rc := call(tls, vfs, name, dir)
	_ = os.Remove(filepath.Join(fate.durable, filepath.Base(libc.GoString(name))))
	return rc
}

func hookedSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	fate.syncs++
	if fate.syncs == fate.last && !fate.after {
		die()
	}
	rc := (*(*func(*libc.TLS, uintptr, int32) int32)(unsafe.Pointer(&struct{ uintptr }{fate.sync})))(tls, file, flags)
	keep(fate.names[file])
	if fate.syncs == fate.last {
		die()
	}
	return rc
}

// keep notes what a file holds on the disk now.
func keep(name string) {
	b, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(filepath.Join(fate.durable, filepath.Base(name)), b, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// die is kill -9 by one's own hand.
func die() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	select {}
}

// fated runs a writer that dies at a sync and returns what it acknowledged before.
func fated(t *testing.T, dir, when string) []ack {
	t.Helper()
	must(t, os.Mkdir(filepath.Join(dir, "durable"), 0o700))
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), writerVar+"=sqlite:"+filepath.Join(dir, "ledger.db"), fatalVar+"="+when,
		durableVar+"="+filepath.Join(dir, "durable"), "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var acks []ack
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var a ack
		_, err := fmt.Sscanf(lines.Text(), "%s %s %d", &a.what, &a.name, &a.wal)
		must(t, err)
		acks = append(acks, a)
	}
	err = cmd.Wait()
	if closed := len(acks) > 0 && acks[len(acks)-1].what == "closed"; closed != (err == nil) || closed != strings.HasPrefix(when, "0") {
		t.Fatalf("the writer that was to die at sync %s ended with %v after %d acknowledgements", when, err, len(acks))
	}
	return acks
}

// TestKilledAtEverySync kills a writer right before and right after each sync that it makes, from the making of the ledger to its close.
// What it acknowledged is there, twice: in the files as the killed process left them, and in what a power cut would have left of them,
// which is what was synced and nothing else. Either can be gone on with.
func TestKilledAtEverySync(t *testing.T) {
	t.Parallel()
	all := fated(t, t.TempDir(), "0 never")
	syncs, err := strconv.Atoi(all[len(all)-1].name)
	must(t, err)
	if len(all) != writerSteps+1 || syncs < 3*5 {
		t.Fatalf("%d acknowledgements with %d syncs", len(all), syncs)
	}
	t.Logf("%d syncs", syncs)
	for n := 1; n <= syncs; n += thin {
		for _, side := range []string{"before", "after"} {
			t.Run(fmt.Sprintf("%s %d", side, n), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				acks := fated(t, dir, fmt.Sprintf("%d %s", n, side))
				survived(t, filepath.Join(dir, "ledger.db"), acks, false)
				survived(t, filepath.Join(dir, "durable", "ledger.db"), acks, true)
			})
		}
	}
}

// survived holds a ledger against what was acknowledged. Of lines that ride on a later sync a power cut may take the last.
func survived(t *testing.T, path string, acks []ack, cut bool) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		if len(acks) > 0 {
			t.Errorf("the ledger is gone after %d acknowledgements (power cut: %v): %v", len(acks), cut, err)
		}
		return
	}
	records := int64(0)
	r, err := OpenReader(t.Context(), "sqlite:"+path)
	must(t, err)
	for _, a := range acks {
		if a.what == "line" && cut {
			continue
		}
		if a.what == "record" {
			records++
		}
		if lost := kept(t, r, a); lost != "" {
			t.Errorf("%s %s was acknowledged (power cut: %v): %s", a.what, a.name, cut, lost)
		}
	}
	signed := mustVerifySigned(t, r)
	if signed < records {
		t.Errorf("%d records were acknowledged, the signed state is of %d", records, signed)
	}
	must(t, r.Close())
	s := openAt(t, "sqlite:"+path)
	must(t, s.SignWith(t.Context(), testKey(1)))
	recorded(t, s, unitRecord(9, 1))
	if after := mustVerifySigned(t, s.Reader); after < records+1 {
		t.Errorf("after another record the signed state is of %d", after)
	}
	must(t, s.Close())
	if _, err := os.Stat(path + ".new"); err == nil && !cut {
		t.Error("a half made ledger was left behind")
	}
}

// mustVerifySigned verifies with the writers' key and returns how many records are under its signature.
func mustVerifySigned(t *testing.T, r *Reader) int64 {
	t.Helper()
	rep, err := r.VerifySigned(t.Context(), nil, public(t, r.Origin(), 1))
	must(t, err)
	if rep.Records > 0 && rep.Fault() != nil || rep.Signed != rep.Records {
		t.Fatalf("verify: %s %+v, %d of %d signed", rep.Verdict, rep.Findings, rep.Signed, rep.Records)
	}
	return rep.Signed
}
