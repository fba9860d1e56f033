package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"example.org/sectag/device/port"
	"example.org/sectag/device/port/fixture"
)

// nobody is the user that the other process is when the tests run as root, which may open everything.
const nobody = 65534

func TestMain(m *testing.M) {
	if root := os.Getenv("DOCTOR_TEST_ROOT"); root != "" { // this is the other process of TestAUserWithoutPermissionIsTold
		if os.Geteuid() == 0 {
			fmt.Println("this is root")
			os.Exit(1)
		}
		s, err := Doctor{Lister: port.Lister{Root: root, LockDir: root}, Asker: newBook(nil)}.Look(context.Background(), "")
		for _, f := range Judge(s) {
			fmt.Println(f.Severity, f.Code, f.Port, f.Text, "|", f.Hint)
		}
		fmt.Println(err)
		return
	}
	goleak.VerifyTestMain(m)
}

// TestAUserWithoutPermissionIsTold looks at a board whose ports an unprivileged user may not open. One finding is enough for all.
func TestAUserWithoutPermissionIsTold(t *testing.T) {
	tree, err := fixture.Read("../port/testdata/linux/nrf9160dk.txt")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := tree.Lay(root); err != nil {
		t.Fatal(err)
	}
	ports, err := filepath.Glob(filepath.Join(root, "dev/tty*"))
	if err != nil || len(ports) != 3 {
		t.Fatalf("%v %v", ports, err)
	}
	for _, p := range ports {
		if err := os.Chmod(p, 0o040); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{filepath.Dir(root), root} { // a test's folder is closed to others
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(p, 0o755)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/proc/self/exe")
	c.Env, c.Dir = append(os.Environ(), "DOCTOR_TEST_ROOT="+root), "/"
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("the unprivileged process: %v\n%s", err, out)
	}
	want := "error port.denied /dev/ttyACM0 no permission for /dev/ttyACM0 | give your user access by a udev rule"
	if got := string(out); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 2 || !strings.HasSuffix(got, "\n<nil>\n") {
		t.Errorf("%s", got)
	}
}
