//go:build unix

package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// writerVar makes the test binary a writer of the file that it names, which never comes to its end: "named FILE", or "unnamed FILE".
const writerVar = "SECTAG_TEST_PART_WRITER"

func TestMain(m *testing.M) {
	how, path, ok := strings.Cut(os.Getenv(writerVar), " ")
	if !ok {
		os.Exit(m.Run())
	}
	err := published(ways[how], path, 0o600, true, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half of a secret"); err != nil {
			return err
		}
		fmt.Println("written")
		_, err := io.Copy(io.Discard, os.Stdin) // until it is killed or the parent is gone
		return errors.Join(err, errors.New("the parent is gone"))
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

var ways = map[string]func(string) (*part, error){"named": named, "unnamed": begin}

// writing is a writer of a path in its middle; kill ends it.
func writing(t *testing.T, how, path string) (kill func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), writerVar+"="+how+" "+path, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = in.Close()
	}
	t.Cleanup(kill)
	if l, err := bufio.NewReader(out).ReadString('\n'); l != "written\n" {
		t.Fatalf("%q, %v", l, err)
	}
	return kill
}

// parts are the files in a folder that are no file's last name.
func parts(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestAKilledWriterLeavesNothing: where a file needs no name, what is half written has none.
func TestAKilledWriterLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "units.csv")
	kill := writing(t, "unnamed", path)
	if p := parts(t, dir); runtime.GOOS == "linux" && len(p) > 0 {
		t.Errorf("while it is written: %q", p)
	}
	kill()
	if err := Write(path, []byte("whole"), 0o600); err != nil {
		t.Fatal(err)
	}
	only(t, dir, "units.csv")
}

// TestWhatAKilledWriterLeftGoesWithTheNext of the same path, and nothing else goes: not what another is writing, nor what is of another path,
// nor what only looks like it.
func TestWhatAKilledWriterLeftGoesWithTheNext(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "units[1]*.csv")
	writing(t, "named", path)
	alive := parts(t, dir)
	kill := writing(t, "named", path)
	writing(t, "named", filepath.Join(dir, "other"))()
	for _, name := range []string{".units[1]*.csv.mine", "..units[1]*.csv.sectag-part-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/nowhere", filepath.Join(dir, ".units[1]*.csv"+between+"link")); err != nil {
		t.Fatal(err)
	}
	before := parts(t, dir)
	kill()
	if err := published(named, path, 0o600, true, all([]byte("whole"))); err != nil {
		t.Fatal(err)
	}
	after := parts(t, dir)
	if len(after) != len(before)-1 || len(alive) != 1 {
		t.Errorf("before %q, after %q, being written %q", before, after, alive)
	}
	for _, name := range alive {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			t.Errorf("what is being written is gone: %v", err)
		}
	}
	// Whoever replaces a file sweeps too.
	writing(t, "named", path)()
	if err := Write(path, []byte("again"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := parts(t, dir); len(p) != len(after) {
		t.Errorf("left: %q", p)
	}
}

// TestBothWaysAreAlike: with a name meanwhile and without, a file is made and replaced, and one that is there is not when it shall not.
func TestBothWaysAreAlike(t *testing.T) {
	for how, begin := range ways {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		if err := published(begin, path, 0o640, false, all([]byte("one"))); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		if err := published(begin, path, 0o640, false, all([]byte("two"))); !errors.Is(err, os.ErrExist) {
			t.Errorf("%s: %v", how, err)
		}
		if b, err := os.ReadFile(path); string(b) != "one" {
			t.Errorf("%s: %q, %v", how, b, err)
		}
		if err := published(begin, path, 0o600, true, all([]byte("three"))); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		info, err := os.Stat(path)
		if b, err2 := os.ReadFile(path); string(b) != "three" || err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %q, %v, %v", how, b, err, err2)
		}
		if err := published(begin, path, 0o600, true, func(io.Writer) error { return io.ErrShortWrite }); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: %v", how, err)
		}
		only(t, dir, "f")
	}
}
