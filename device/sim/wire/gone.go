package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

func gone(err error) bool {
	for _, e := range []error{io.EOF, io.ErrClosedPipe, os.ErrClosed, net.ErrClosed, syscall.EPIPE, syscall.ECONNRESET} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
