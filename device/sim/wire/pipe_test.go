package wire_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"testing"
	"testing/synctest"

	"example.org/sectag/device/sim/wire"
)

func TestPipeCarriesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := wire.Pipe()
		sent := bytes.Repeat([]byte("0123456789"), 2000)
		for _, way := range [][2]io.ReadWriteCloser{{a, b}, {b, a}} {
			go way[0].Write(sent) //nolint:errcheck // what arrives is compared
			got := make([]byte, len(sent))
			if _, err := io.ReadFull(way[1], got); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("%d bytes came, %v", len(got), err)
			}
		}
	})
}

// A write fills the buffer and then waits: the line never grows.
func TestPipeIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := wire.Pipe()
		type result struct {
			n   int
			err error
		}
		done := make(chan result, 1)
		go func() {
			n, err := a.Write(make([]byte, 10000))
			done <- result{n, err}
		}()
		synctest.Wait()
		select {
		case r := <-done:
			t.Fatalf("10000 bytes went into nothing: %+v", r)
		default:
		}
		b.Close()
		if r := <-done; r.n != 4096 || !errors.Is(r.err, io.ErrClosedPipe) {
			t.Errorf("the write ended with %+v", r)
		}
	})
}

func TestPipeCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := wire.Pipe()
		if _, err := a.Write([]byte("last words")); err != nil {
			t.Fatal(err)
		}
		waiting := make(chan error, 1)
		go func() {
			_, err := a.Read(make([]byte, 1))
			waiting <- err
		}()
		synctest.Wait()
		a.Close()
		a.Close()
		if err := <-waiting; !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the closer's own read ended with %v", err)
		}
		if got, err := io.ReadAll(b); string(got) != "last words" || err != nil {
			t.Errorf("the other end read %q, %v", got, err)
		}
		for _, end := range []io.ReadWriteCloser{a, b} {
			if _, err := end.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("a write on a closed line: %v", err)
			}
		}
	})
}

func TestGone(t *testing.T) {
	t.Parallel()
	for _, err := range []error{io.EOF, io.ErrClosedPipe, os.ErrClosed, net.ErrClosed, &fs.PathError{Err: os.ErrClosed}} {
		if !wire.Gone(err) {
			t.Errorf("%v is taken for a defect", err)
		}
	}
	for _, err := range []error{nil, io.ErrShortWrite, fs.ErrNotExist} {
		if wire.Gone(err) {
			t.Errorf("%v is taken for the other side's leaving", err)
		}
	}
}
