package wire

import (
	"bytes"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)

// unlockSlave lets the other side be opened and returns its name.
func unlockSlave(fd int) (string, error) {
	if err := unix.IoctlSetInt(fd, unix.TIOCPTYGRANT, 0); err != nil {
		return "", err
	}
	if err := unix.IoctlSetInt(fd, unix.TIOCPTYUNLK, 0); err != nil {
		return "", err
	}
	var name [128]byte // the size is part of the request's number
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), unix.TIOCPTYGNAME, uintptr(unsafe.Pointer(&name[0])))
	if errno != 0 {
		return "", errno
	}
	path, _, _ := bytes.Cut(name[:], []byte{0})
	return string(path), nil
}

// speed reads the speed of a terminal.
func speed(fd int) int {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return 0
	}
	return int(t.Ospeed)
}

func setSpeed(fd, baud int) error {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	t.Ispeed, t.Ospeed = uint64(baud), uint64(baud)
	return unix.IoctlSetTermios(fd, setTermios, t)
}
