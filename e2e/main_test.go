//go:build unix

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// The binaries under test, and a folder for what tests share.
var (
	shared   string
	plain    string // as users have it
	announce string // writes "before NAME" and "after NAME" of each effect to descriptor 3 and waits for a line on 4
)

// guard bounds everything that could hang. No test reaches it; nothing is measured by it.
const guard = 2 * time.Minute

func TestMain(m *testing.M) { os.Exit(all(m)) }

func all(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sectag-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	shared, plain, announce = dir, filepath.Join(dir, "sectag"), filepath.Join(dir, "sectag-announce")
	for _, b := range [][]string{{"-o", plain}, {"-o", announce, "-tags", "announce"}} {
		build := exec.Command("go", append(append([]string{"build", "-trimpath", "-ldflags", "-s -w"}, b...), "example.org/sectag/cmd/sectag")...)
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "building sectag:", err)
			return 1
		}
	}
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue { // they wait for processes more than they work
		if err := f.Value.Set("6"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// passphrase of the authority that tests share: long enough that a part of it could not stand somewhere by chance.
const passphrase = "opossum-Kettenlinie 4711 quartz"

// authorities are made once: opening an encrypted key is slow on purpose, and so is making one.
var authorities = struct {
	sync.Mutex
	made map[string]string
}{made: map[string]string{}}

// authority gives a folder with root.crt, root.key and pass.txt of that name. The key is encrypted; quick leaves the work out that makes
// opening it slow.
func authority(t testing.TB, name string, quick bool) string {
	t.Helper()
	authorities.Lock()
	defer authorities.Unlock()
	key := fmt.Sprint(name, quick)
	if dir := authorities.made[key]; dir != "" {
		return dir
	}
	dir := filepath.Join(shared, fmt.Sprintf("authority-%d", len(authorities.made)))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pass.txt"), []byte(passphrase+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(program string, args ...string) {
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	init := []string{"ca", "init", "--dir", ".", "--subject", "CN=" + name}
	if quick {
		run(plain, append(init, "--insecure-plaintext")...)
		run("openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "1", "-in", "root.key", "-out", "quick.key", "-passout", "file:pass.txt")
		if err := os.Rename(filepath.Join(dir, "quick.key"), filepath.Join(dir, "root.key")); err != nil { // one in clear is a warning
			t.Fatal(err)
		}
	} else {
		run(plain, append(init, "--passphrase-file", "pass.txt")...)
	}
	authorities.made[key] = dir
	return dir
}
