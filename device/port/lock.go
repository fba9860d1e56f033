package port

import (
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/sectag/cred"
)

// A lock file exists for every port that was ever opened; what counts is the lock on it, which the system drops with the
// process. The exclusive mode of a tty is not enough: root and, on some systems, everybody opens through it.

func (d Dialer) lockDir() string {
	if d.LockDir != "" {
		return d.LockDir
	}
	return filepath.Join(os.TempDir(), "sectag-locks")
}

// hold takes the lock of a port. A holder in the way is named by its process id.
func hold(dir, port string) (release func(), err error) {
	f, err := lockFile(dir, port)
	if err != nil {
		return nil, cred.Because(err, "port.denied", "the lock of "+port+" cannot be made in "+dir, "make the folder writable, or remove it")
	}
	if err := tryLock(f); err != nil {
		pid := holder(f)
		f.Close()
		who := "another sectag"
		if pid > 0 {
			who = fmt.Sprintf("another sectag (process %d)", pid)
		}
		return nil, cred.Because(err, "port.busy", who+" works with "+port, "let it finish or end it, or choose another port")
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"+port+"\n"), 0)
	}
	return func() {
		_ = f.Truncate(0)
		f.Close()
	}, nil
}

// lockFile opens the file that stands for a port, in a folder that every user may add to. So any user may have put something else
// there: a link is not followed and what was there before us keeps its mode, lest we open a folder or empty a file for him.
func lockFile(dir, port string) (*os.File, error) {
	if err := makeOpen(dir); err != nil {
		return nil, err
	}
	name := filepath.Join(dir, lockName(port))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, 0o666)
	if err == nil {
		_ = f.Chmod(0o666) // whatever the umask: the next user is another
		return f, nil
	}
	if f, err = os.OpenFile(name, os.O_RDWR|noFollow, 0); err != nil {
		return nil, err
	}
	if err := alone(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// makeOpen makes the folder, for everybody, unless it is there.
func makeOpen(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o777); err == nil {
		return os.Chmod(dir, 0o777|os.ModeSticky)
	}
	info, err := os.Lstat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", dir)
	}
	return err
}

// lockName keeps the readable part of a port's name and adds a sum of all of it.
func lockName(port string) string {
	h := fnv.New64a()
	_, _ = io.WriteString(h, port)
	base := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, filepath.Base(port))
	return fmt.Sprintf("%s-%016x.lock", base, h.Sum64())
}

// holder reads the process id that the lock's owner wrote, 0 if there is none.
func holder(f *os.File) int {
	b := make([]byte, 32)
	n, _ := f.ReadAt(b, 0)
	line, _, _ := strings.Cut(string(b[:n]), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return 0
	}
	return pid
}

// heldBy tells whether one of us works with a port now. It takes no lock and leaves no file.
func heldBy(dir, port string) (pid int, held bool) {
	f, err := os.OpenFile(filepath.Join(dir, lockName(port)), os.O_RDWR|noFollow, 0)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	if tryLock(f) == nil {
		return 0, false
	}
	return holder(f), true
}
