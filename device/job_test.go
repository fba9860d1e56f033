package device_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// part is one slot of a job.
type part struct {
	slot    cred.Slot
	content []byte
}

// tiny is a job short enough to be tried at each of its bytes.
func tiny() []part {
	root := part{slot(7, cred.RootCA), []byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")}
	if !*every {
		return []part{root}
	}
	return []part{root, {slot(7, cred.PSK), []byte("00112233445566778899aabbccddeeff")}, {slot(7, cred.PSKID), []byte("urn:imei:352656100367872")}}
}

// usual is a job of the size that peers were measured with: root 1179 bytes, certificate 594, key 240.
func usual() []part {
	return []part{
		{slot(42, cred.RootCA), sized("CERTIFICATE", 1179)},
		{slot(42, cred.ClientCert), sized("CERTIFICATE", 594)},
		{slot(42, cred.ClientKey), sized("PRIVATE KEY", 240)},
	}
}

// sized is content of an exact length.
func sized(label string, n int) []byte {
	b := content(label, n-len("\n-----END "+label+"-----\n"))
	return append(b[:len(b)-1], bytes.Repeat([]byte{'\n'}, n+1-len(b))...)
}

// outcome is what a job says at its end.
type outcome struct {
	id   device.Identity
	done bool
	err  error
	line time.Duration // first byte sent to last byte received

	repeats int // writes that were done again, more slowly
}

// provision does a whole job on a line, as a bench does: who is it, is it still there, delete, write, read back, prove.
func provision(ctx context.Context, line io.ReadWriteCloser, o device.Options, parts []part) (out outcome) {
	m, err := device.Attach(ctx, line, o)
	if err != nil {
		return outcome{err: err}
	}
	defer func() {
		out.line = m.Stats().Last.Sub(m.Stats().First)
		if err := m.Close(); err != nil && out.err == nil {
			out.err = fmt.Errorf("closing: %w", err)
		}
	}()
	if out.id, out.err = m.Identify(ctx); out.err != nil {
		return out
	}
	if out.err = m.FirmwareOK(); out.err != nil {
		return out
	}
	if _, out.err = m.Offline(ctx); out.err != nil {
		return out
	}
	for _, p := range parts {
		if out.err = m.Fits(p.slot, p.content); out.err != nil {
			return out
		}
	}
	for _, p := range parts {
		if _, out.err = m.Delete(ctx, p.slot); out.err != nil {
			return out
		}
	}
	for _, p := range parts {
		if out.err = m.Write(ctx, p.slot, p.content, nil); out.err != nil {
			return out
		}
	}
	for _, p := range parts {
		proof, err := m.Prove(ctx, p.slot, p.content, nil)
		out.repeats += proof.Repeats
		if out.err = err; err != nil {
			return out
		}
		now, err := m.IMEI(ctx)
		if err != nil || now != out.id.IMEI {
			out.err = fmt.Errorf("another unit: %v, %w", now, err)
			return out
		}
	}
	out.done = true
	return out
}

// holds tells whether a unit's store has exactly the content of a job in its slots.
func holds(u *sim.Modem, parts []part) bool {
	have := map[cred.Slot]string{}
	for _, c := range u.State().Slots {
		have[slot(c.SecTag, c.Type)] = c.Content
	}
	for _, p := range parts {
		if have[p.slot] != string(p.content) {
			return false
		}
	}
	return true
}

// tap is a line with a hand on it: what passes may be changed. in and out get the number of the first byte.
type tap struct {
	io.ReadWriteCloser
	in, out   func(n int, b []byte) []byte
	nIn, nOut int
	rest      []byte
}

func (l *tap) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		buf := make([]byte, len(p))
		n, err := l.ReadWriteCloser.Read(buf)
		if n == 0 {
			return 0, err
		}
		l.rest = buf[:n]
		if l.in != nil {
			l.rest = l.in(l.nIn, buf[:n])
		}
		l.nIn += n
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func (l *tap) Write(p []byte) (int, error) {
	b := p
	if l.out != nil {
		b = l.out(l.nOut, append([]byte(nil), p...))
	}
	l.nOut += len(p)
	if len(b) > 0 {
		if _, err := l.ReadWriteCloser.Write(b); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// at changes the byte with a number, wherever the pieces are cut.
func at(number int, change func(b byte) []byte) func(int, []byte) []byte {
	return func(n int, b []byte) []byte {
		i := number - n
		if i < 0 || i >= len(b) {
			return b
		}
		return append(append(append([]byte(nil), b[:i]...), change(b[i])...), b[i+1:]...)
	}
}

func within(t *testing.T, start time.Time, most time.Duration, what string) {
	t.Helper()
	if d := time.Since(start); d > most {
		t.Errorf("%s took %v, more than %v", what, d, most)
	}
}
