package bench_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/synctest"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// bed is a line on a needle bed: from one command on another unit stands under the needles.
type bed struct {
	*io.PipeReader
	first, next io.ReadWriteCloser
	at          string
	now         bool
}

func (l *bed) Write(p []byte) (int, error) {
	if l.now = l.now || bytes.HasPrefix(p, []byte(l.at)); l.now {
		return l.next.Write(p)
	}
	return l.first.Write(p)
}

func (l *bed) Close() error {
	_ = l.next.Close()
	_ = l.first.Close()
	return l.PipeReader.Close()
}

// A unit that was swapped before it was asked for a key was never asked: a key that somebody puts there later is not ours.
func TestAKeyThatAnotherUnitWasAskedFor(t *testing.T) {
	for _, refused := range []bool{false, true} {
		v := newVirtual(t, "").keyed(profile.Modem)
		synctest.Test(t, func(t *testing.T) {
			l := v.store(t)
			defer l.Close()
			x := v.trial(t, l, imeis(2)[0])
			other := made(t, sim.Config{IMEI: imeis(2)[1]})
			foreign := cred.Slot{SecTag: 42, Kind: cred.ClientKey}
			put := func(u *sim.Modem) {
				onModem(t, u, func(m *device.Modem) error { return m.Write(t.Context(), foreign, []byte("somebody else's"), nil) })
			}
			if refused {
				put(other)
			}
			line := x.cable()
			line.plug = func() (io.ReadWriteCloser, error) {
				r, w := io.Pipe()
				b := &bed{PipeReader: r, first: x.unit.Pipe(context.Background()), next: other.Pipe(context.Background()), at: "AT%KEYGEN="}
				for _, from := range []io.Reader{b.first, b.next} {
					go func() { _, _ = io.Copy(w, from) }()
				}
				return b, nil
			}
			u := x.run(t, line, false)
			if u.Failure == nil || u.Failure.Code != "store.swapped" {
				t.Errorf("%v: %v", u.Verdict, u.Failure)
			}
			if text, there := other.State().Content(foreign); refused && (!there || string(text) != "somebody else's") {
				t.Errorf("the other unit holds %d bytes", len(text))
			}
			put(x.unit)
			if u = x.good(); u.Failure == nil || u.Failure.Code != "store.unconfirmed" {
				t.Errorf("refused %v: the next run: %v %v", refused, u.Verdict, u.Failure)
			}
		})
	}
}
