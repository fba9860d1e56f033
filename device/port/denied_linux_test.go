package port

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"example.org/sectag/cred"
)

// nobody is the user that the other process is when the tests run as root, which may open everything.
const nobody = 65534

// asNobody runs this test binary again as an unprivileged user, with PORT_TEST_AS=what, and returns what it says.
func asNobody(t *testing.T, what string, args ...string) string {
	t.Helper()
	c := exec.Command("/proc/self/exe") // the way to the binary leads through folders that are closed to others
	c.Env = append(os.Environ(), "PORT_TEST_AS="+what, "PORT_TEST_ARGS="+strings.Join(args, "\n"))
	c.Dir = "/"
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("the unprivileged process: %v\n%s", err, out)
	}
	return string(out)
}

// unprivileged is the other process. It prints what it met, one thing a line.
func unprivileged() bool {
	what, args := os.Getenv("PORT_TEST_AS"), strings.Split(os.Getenv("PORT_TEST_ARGS"), "\n")
	if what != "" && os.Geteuid() == 0 {
		fmt.Println("this is root")
		os.Exit(1)
	}
	switch what {
	case "list":
		ports, err := Lister{Root: args[0], LockDir: args[1]}.Ports(context.Background())
		fmt.Println(len(ports), err)
		for _, p := range ports {
			fmt.Printf("%s busy=%v %v|%s\n", p.Name, p.Busy, p.Blocked, hintOf(p))
		}
	case "open":
		_, err := Dialer{LockDir: args[0]}.Open(context.Background(), args[1])
		fmt.Printf("%v|%s\n", err, hint(err))
	}
	return what != ""
}

func hint(err error) string {
	if err == nil {
		return ""
	}
	return cred.AsFault(err).Hint
}

func hintOf(p Info) string {
	if p.Blocked == nil {
		return ""
	}
	return p.Blocked.Hint
}

// open0 opens the way to a test's folder for other users.
func open0(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestAUserWithoutPermissionIsToldTheGroup lists and opens ports as an unprivileged user.
func TestAUserWithoutPermissionIsToldTheGroup(t *testing.T) {
	root, locks := open0(t), open0(t)
	if err := os.Chmod(locks, 0o777); err != nil {
		t.Fatal(err)
	}
	s := &tree{t: t, root: root}
	s.usb("1366", "1059", "001051234567", map[int]string{0: "ttyACM0", 2: "ttyACM1", 4: "ttyACM2"})
	opened := func(p string) error {
		return filepath.Walk(p, func(p string, st os.FileInfo, err error) error {
			if err == nil && st.IsDir() {
				err = os.Chmod(p, 0o755)
			} else if err == nil && st.Mode().IsRegular() {
				err = os.Chmod(p, 0o644)
			}
			return err
		})
	}
	if err := opened(root); err != nil {
		t.Fatal(err)
	}
	gid := foreignGroup(t)
	group := strconv.Itoa(gid)
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	for i, mode := range []os.FileMode{0o060, 0o000, 0o666} {
		dev := filepath.Join(root, "dev", "ttyACM"+strconv.Itoa(i))
		if err := os.Chown(dev, -1, gid); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dev, mode); err != nil {
			t.Fatal(err)
		}
	}
	said := asNobody(t, "list", root, locks)
	for _, want := range []string{
		"3 <nil>\n",
		"/dev/ttyACM0 busy=false no permission for /dev/ttyACM0 (port.denied)|join the group " + group + ": sudo usermod -aG " + group + " ",
		"/dev/ttyACM1 busy=false no permission for /dev/ttyACM1 (port.denied)|give your user access by a udev rule",
		"/dev/ttyACM2 busy=false <nil>|\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("not said: %q\n%s", want, said)
		}
	}

	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	if err := os.Chmod(slave.Name(), 0o000); err != nil {
		t.Fatal(err)
	}
	said = asNobody(t, "open", locks, slave.Name())
	if !strings.Contains(said, "no permission for "+slave.Name()+" (port.denied)|") {
		t.Errorf("opening: %s", said)
	}
}
