//go:build unix

package e2e

import (
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
	return m.Run()
}

// passphrase of the authority that tests share: long enough that a part of it could not stand somewhere by chance.
const passphrase = "opossum-Kettenlinie 4711 quartz"

// authorities are made once: opening an encrypted key is slow on purpose, and so is making one.
var authorities = struct {
	sync.Mutex
	made map[string]string
}{made: map[string]string{}}

// authority gives a folder with root.crt and root.key of that name, encrypted or in clear, and pass.txt.
func authority(t testing.TB, name string, clear bool) string {
	t.Helper()
	authorities.Lock()
	defer authorities.Unlock()
	key := fmt.Sprint(name, clear)
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
	args := []string{"ca", "init", "--dir", ".", "--subject", "CN=" + name, "--passphrase-file", "pass.txt"}
	if clear {
		args = append(args[:len(args)-2], "--insecure-plaintext")
	}
	cmd := exec.Command(plain, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	authorities.made[key] = dir
	return dir
}
