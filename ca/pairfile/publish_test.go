package pairfile

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.org/sectag/cred"
)

func example(text string) Pair {
	return Pair{Name: "root", Key: []byte("key " + text), Cert: []byte("cert " + text)}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return cred.AsFault(err).Code
}

// holds reads what a folder shows under the pair's names; an absent file is empty.
func holds(t *testing.T, dir string) (key, cert string) {
	t.Helper()
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(b)
	}
	return read("root.key"), read("root.crt")
}

func leftovers(t *testing.T, dir string) (n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			n++
		}
	}
	return n
}

func TestPublishIntoNewAndOldFolders(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{
		"new":         filepath.Join(t.TempDir(), "a"),
		"new, deep":   filepath.Join(t.TempDir(), "a", "b", "c"),
		"there":       t.TempDir(),
		"there, full": filled(t),
	} {
		if err := example("1").Publish(dir); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if k, c := holds(t, dir); k != "key 1" || c != "cert 1" {
			t.Errorf("%s: %q, %q", name, k, c)
		}
		for file, mode := range map[string]os.FileMode{"root.key": 0o600, "root.crt": 0o644} {
			info, err := os.Stat(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != mode {
				t.Errorf("%s: %s has mode %04o, want %04o", name, file, info.Mode().Perm(), mode)
			}
		}
		if err := example("2").Publish(dir); code(err) != "ca.exists" {
			t.Errorf("%s: a second time: %v", name, err)
		}
		if k, c := holds(t, dir); k != "key 1" || c != "cert 1" {
			t.Errorf("%s: overwritten: %q, %q", name, k, c)
		}
		if n := leftovers(t, dir) + leftovers(t, filepath.Dir(dir)); n != 0 {
			t.Errorf("%s: %d hidden things are left", name, n)
		}
	}
}

func filled(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sectag.toml"), []byte("#"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEitherNameTakenRefusesBoth(t *testing.T) {
	t.Parallel()
	for _, taken := range []string{"root.key", "root.crt"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, taken), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := example("1").Publish(dir); code(err) != "ca.exists" {
			t.Errorf("%s taken: %v", taken, err)
		}
		if k, c := holds(t, dir); k+c != "mine" {
			t.Errorf("%s taken: now %q, %q", taken, k, c)
		}
	}
}

func TestAFileInTheWayAndAFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := filled(t)
	if err := example("1").Publish(filepath.Join(dir, "sectag.toml")); code(err) != "config.file" {
		t.Errorf("a file as folder: %v", err)
	}
	if err := example("1").Publish(filepath.Join(dir, "sectag.toml", "below")); code(err) != "config.file" {
		t.Errorf("a folder below a file: %v", err)
	}
}

// The order is what takeBack reasons with.
func TestTheKeyGoesFirst(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]string{
		t.TempDir():                       "staged root.key, staged root.crt, half, whole",
		filepath.Join(t.TempDir(), "new"): "staged root.key, staged root.crt, renamed",
	} {
		var steps []string
		p := example("1")
		p.At = func(s string) { steps = append(steps, s) }
		if err := p.Publish(dir); err != nil || strings.Join(steps, ", ") != want {
			t.Errorf("%v, %v", steps, err)
		}
	}
}

// A name that is taken between the look and the link, which no lock of ours prevents.
func TestANameTakenMeanwhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := example("1")
	p.At = func(step string) {
		if step == "half" {
			if err := os.WriteFile(filepath.Join(dir, "root.crt"), []byte("mine"), 0o600); err != nil {
				t.Error(err)
			}
		}
	}
	if err := p.Publish(dir); code(err) != "ca.exists" {
		t.Errorf("got %v", err)
	}
	if k, c := holds(t, dir); k != "" || c != "mine" {
		t.Errorf("left %q, %q", k, c)
	}
	if n := leftovers(t, dir); n != 0 {
		t.Errorf("%d hidden things are left", n)
	}
}

// TestAFailureInTheMiddleLeavesNoKey: the disk is full, or somebody is in the way, when the key is there and the certificate is not.
func TestAFailureInTheMiddleLeavesNoKey(t *testing.T) {
	for name, dir := range map[string]string{"new": filepath.Join(t.TempDir(), "units"), "old": t.TempDir()} {
		p := example("a")
		parent := dir
		if name == "new" {
			parent = filepath.Dir(dir)
		}
		p.At = func(step string) {
			if step != "staged "+p.Name+KeyExt {
				return
			}
			stages, err := filepath.Glob(filepath.Join(parent, stagePrefix+"*"))
			if err != nil || len(stages) != 1 {
				t.Fatalf("%q, %v", stages, err)
			}
			if err := os.WriteFile(filepath.Join(stages[0], p.Name+CertExt), []byte("in the way"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := code(p.Publish(dir)); got != "config.file" {
			t.Errorf("%s: got %s", name, got)
		}
		left, err := os.ReadDir(parent)
		if err != nil || len(left) != 0 {
			t.Errorf("%s: %v is left, %v", name, left, err)
		}
	}
}

func TestOneOfManyWins(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "new")} {
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { errs[i] = example(string(rune('a' + i))).Publish(dir) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch code(err) {
			case "":
				won++
			case "ca.exists":
			default:
				t.Error(err)
			}
		}
		k, c := holds(t, dir)
		if won != 1 || strings.TrimPrefix(k, "key ") != strings.TrimPrefix(c, "cert ") || len(k) != 5 {
			t.Errorf("%d won, the folder holds %q and %q", won, k, c)
		}
	}
}

const killAt, killIn = "SECTAG_TEST_KILL_AT", "SECTAG_TEST_KILL_IN"

// TestKilledAt is the victim of TestAKillLeavesNothingOrBoth: run by itself it publishes nothing.
func TestKilledAt(t *testing.T) {
	step := os.Getenv(killAt)
	if step == "" {
		return
	}
	p := example("1")
	p.At = func(s string) {
		if s != step {
			return
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		t.Errorf("still alive: %v", err)
		select {}
	}
	t.Fatalf("published without being killed: %v", p.Publish(os.Getenv(killIn)))
}

func TestAKillLeavesNothingOrBoth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step     string
		old      bool // the folder is there already
		key      string
		cert     string
		nextCode string
	}{
		{"staged root.key", false, "", "", ""},
		{"staged root.crt", false, "", "", ""},
		{"renamed", false, "key 1", "cert 1", "ca.exists"},
		{"staged root.key", true, "", "", ""},
		{"staged root.crt", true, "", "", ""},
		{"half", true, "key 1", "", ""}, // a key that nothing refers to, taken back by the next
		{"whole", true, "key 1", "cert 1", "ca.exists"},
	} {
		t.Run(c.step, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "d")
			if c.old {
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledAt$")
			cmd.Env = append(os.Environ(), killAt+"="+c.step, killIn+"="+dir, "GORACE=atexit_sleep_ms=0")
			var exit *exec.ExitError
			if out, err := cmd.CombinedOutput(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
				t.Fatalf("not killed: %v\n%s", err, out)
			}
			if k, crt := holds(t, dir); k != c.key || crt != c.cert {
				t.Errorf("the kill left %q, %q", k, crt)
			}
			if err := example("2").Publish(dir); code(err) != c.nextCode {
				t.Fatalf("the next: %v", err)
			}
			want := "2"
			if c.nextCode != "" {
				want = "1"
			}
			if k, crt := holds(t, dir); k != "key "+want || crt != "cert "+want {
				t.Errorf("after the next: %q, %q", k, crt)
			}
			if n := leftovers(t, dir) + leftovers(t, filepath.Dir(dir)); n != 0 {
				t.Errorf("%d hidden things are left", n)
			}
		})
	}
}

// Where a file system has no links the key is moved; a kill then leaves the certificate alone in the stage, and it follows.
func TestTheOtherHalfFollowsWhereFilesWereMoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stage := filepath.Join(dir, stagePrefix+"1")
	if err := os.Mkdir(stage, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{filepath.Join(dir, "root.key"): "key 1", filepath.Join(stage, "root.crt"): "cert 1"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := example("2").Publish(dir); code(err) != "ca.exists" {
		t.Fatal(err)
	}
	if k, c := holds(t, dir); k != "key 1" || c != "cert 1" {
		t.Errorf("left %q, %q", k, c)
	}
}
