package device_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// swapped is a line on a needle bed: from one command on, another unit stands under the needles, and the line does not show it.
type swapped struct {
	*io.PipeReader
	first, next io.ReadWriteCloser
	at          string // what the other unit gets first
	now         bool
}

func swapAt(first, next *sim.Modem, at string) *swapped {
	r, w := io.Pipe()
	l := &swapped{PipeReader: r, first: first.Pipe(context.Background()), next: next.Pipe(context.Background()), at: at}
	for _, from := range []io.Reader{l.first, l.next} {
		go func() { _, _ = io.Copy(w, from) }() // until the line is closed
	}
	return l
}

func (l *swapped) Write(p []byte) (int, error) {
	if l.now = l.now || strings.HasPrefix(string(p), l.at); l.now {
		return l.next.Write(p)
	}
	return l.first.Write(p)
}

func (l *swapped) Close() error {
	_ = l.next.Close()
	_ = l.first.Close()
	return l.PipeReader.Close()
}

// TestASurveyIsOfOneUnit: a board that is swapped between the IMEI and the list would have its identity and slots told under the IMEI
// of the one before, and the ledger would bind the one to the other.
func TestASurveyIsOfOneUnit(t *testing.T) {
	for _, at := range []string{"AT+CGMM", "AT+CGMR", "AT%HWVERSION", "AT%DEVICEUUID", "AT+CFUN?", "AT%CMNG=1"} {
		other, err := sim.New(sim.Config{IMEI: 352656100367880})
		if err != nil {
			t.Fatal(err)
		}
		line := swapAt(unit(t, sim.Config{}), other, at)
		m, err := device.Attach(t.Context(), line, device.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = m.Survey(t.Context())
		wantCode(t, err, "store.swapped")
		wantCode(t, m.Close(), "")
		if !line.now {
			t.Errorf("%s was never sent", at)
		}
	}
	m := attach(t, unit(t, sim.Config{}), device.Options{})
	if id, items, err := m.Survey(t.Context()); err != nil || id.IMEI != testIMEI || len(items) == 0 {
		t.Errorf("%+v, %v, %v", id, items, err)
	}
}

// An identity key or a UUID with a flipped bit is another unit's: what a unit is known by can be asked once more.
func TestAFlippedBitMakesNoOtherUnit(t *testing.T) {
	u := unit(t, sim.Config{})
	m := attach(t, u, device.Options{})
	id, items, err := m.Survey(t.Context())
	wantCode(t, err, "")
	sure := func(id device.Identity, items []device.Item, want bool) {
		t.Helper()
		if ok, err := m.Sure(t.Context(), id, items); err != nil || ok != want {
			t.Errorf("sure %v, %v", ok, err)
		}
	}
	sure(id, items, true)
	other := id
	other.UUID = "0" + id.UUID[1:]
	if other.UUID == id.UUID {
		other.UUID = "4" + id.UUID[1:]
	}
	sure(other, items, false)
	for i := range items {
		if items[i].Kind == cred.DeviceIDKey {
			items[i].SHA256[0] ^= 4
		}
	}
	sure(id, items, false)
}

// What a slot holds that nobody can know beforehand is believed when it was heard twice.
func TestAFlippedBitIsNotLearnt(t *testing.T) {
	u := unit(t, sim.Config{})
	l := &tap{ReadWriteCloser: u.Pipe(context.Background())}
	m, err := device.Attach(t.Context(), l, device.Options{})
	wantCode(t, err, "")
	defer m.Close()
	s := cred.Slot{SecTag: 42, Kind: cred.ClientKey}
	if item, err := m.Learn(t.Context(), s); err != nil || !item.SHA256.IsZero() {
		t.Errorf("of an empty slot %+v, %v", item, err)
	}
	wantCode(t, m.Write(t.Context(), s, []byte("a key"), nil), "")
	for flip := range 64 {
		l.in = at(l.nIn+len(`%CMNG: 42,2,"`)+flip, func(b byte) []byte { return []byte{b ^ 1} })
		if item, err := m.Learn(t.Context(), s); err != nil || item.SHA256 != cred.Sum([]byte("a key")) {
			t.Errorf("%+v, %v", item, err)
		}
	}
}

// What another unit holds, which took the place of ours between a write and its proof, is not told as what the line made of our write:
// the ledger would take it for ours.
func TestWhatAnotherUnitHoldsIsNotOurDamage(t *testing.T) {
	root := cred.Slot{SecTag: 42, Kind: cred.RootCA}
	other, err := sim.New(sim.Config{IMEI: 352656100367880})
	if err != nil {
		t.Fatal(err)
	}
	om := attach(t, other, device.Options{})
	wantCode(t, om.Write(t.Context(), root, []byte("somebody else's"), nil), "")
	wantCode(t, om.Close(), "")
	var told []device.Notice
	line := swapAt(unit(t, sim.Config{}), other, "AT%CMNG=1,42,0")
	m, err := device.Attach(t.Context(), line, device.Options{Notice: func(_ context.Context, n device.Notice) error {
		told = append(told, n)
		return nil
	}})
	wantCode(t, err, "")
	_, _, err = m.Survey(t.Context())
	wantCode(t, err, "")
	wantCode(t, m.Write(t.Context(), root, []byte("ours"), nil), "")
	_, err = m.Prove(t.Context(), root, []byte("ours"), nil)
	wantCode(t, err, "store.swapped")
	wantCode(t, m.Close(), "")
	if len(told) > 0 || !line.now {
		t.Errorf("told %+v", told)
	}
}
