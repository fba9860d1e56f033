package typetest_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/secrecy"
	"example.org/sectag/bench/typetest"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report/fixture"
)

const secret = "d7e1f3a2b4c5968778695a4b3c2d1e0f"

// unit is a virtual one that holds what is given, and then has the faults.
func unit(t *testing.T, firmware string, holds map[cred.Slot]string, faults ...string) *sim.Modem {
	t.Helper()
	cfg := sim.Config{IMEI: 352656100367872, Firmware: firmware}
	for _, s := range faults {
		f, err := sim.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	u, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	was, err := m.Offline(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for s, c := range holds {
		if err := m.Write(t.Context(), s, []byte(c), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.SetMode(t.Context(), was); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return u
}

// What is measured on units of several kinds; and whatever it is, the store and the functional mode are as before, the record has the
// tests, and nothing of a secret is told or kept.
func TestTheTestsOfOneUnit(t *testing.T) {
	root, psk, id := cred.Slot{SecTag: 42, Kind: cred.RootCA}, cred.Slot{SecTag: 42, Kind: cred.PSK}, cred.Slot{SecTag: 42, Kind: cred.PSKID}
	full := map[cred.Slot]string{root: "a root", psk: secret, id: "unit-7"}
	for name, c := range map[string]struct {
		holds    map[cred.Slot]string
		faults   []string
		t3, t12  string
		code     string
		evidence string // a part of T12's
	}{
		"as the manual says":   {full, nil, "pass", "pass", "", "functional mode 1: the deletion of 0 psk-id, which is empty, is answered with CME 518, a write into it with CME 518"},
		"on the network":       {full, []string{"online"}, "pass", "pass", "", "functional mode 1"},
		"secrets are given":    {full, []string{"readback"}, "fail", "pass", "store.readback", ""},
		"an open store":        {full, []string{"write-active"}, "pass", "fail", "store.unlocked", "CME 513"},
		"a half open store":    {full, []string{"half-locked"}, "pass", "fail", "store.unlocked", "answered with CME 518, a write into it with OK"},
		"half, on the network": {full, []string{"online", "half-locked"}, "pass", "fail", "store.unlocked", "a write into it with OK"},
		"both":                 {full, []string{"write-active", "readback"}, "fail", "fail", "store.readback", "CME 513"},
		"nothing is readable":  {full, []string{"no-readback"}, "not-run", "pass", "", ""},
		"an empty store":       {nil, nil, "not-run", "pass", "", ""},
		"no control":           {map[cred.Slot]string{psk: secret}, nil, "not-run", "pass", "", ""},
	} {
		u := unit(t, "", c.holds, c.faults...)
		l, err := ledger.OpenMemory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before, told := u.State(), &strings.Builder{}
		r, err := typetest.Run(t.Context(), typetest.Options{
			Port: "sim:unit", Dialer: dialer(u), Profile: profile.Profile{Product: "tracker"}, Ledger: l, Tool: evidence.Tool{Version: "test"}, Now: time.Now,
			Tell: func(s string) { fmt.Fprintln(told, s) }, Trace: func(l flows.TraceLine) { fmt.Fprintln(told, l.Text) },
		})
		code := ""
		if err != nil {
			code = cred.AsFault(err).Code
		}
		if code != c.code || len(r.Tests) != 2 || r.Tests[0].Result != c.t3 || r.Tests[1].Result != c.t12 || !strings.Contains(r.Tests[1].Evidence, c.evidence) || (r.Verdict == cred.Fail) != (c.code != "") {
			t.Errorf("%s: %s, %+v", name, code, r)
		}
		rec, body, err := l.Show(t.Context(), r.Record)
		if err != nil || rec.Kind != record.Test || rec.Verdict != r.Verdict || len(rec.Tests) != 2 || rec.IMEI != before.IMEI || rec.Cert != nil || rec.Key != nil {
			t.Errorf("%s: the record is %+v, %v", name, rec, err)
		}
		if strings.Contains(told.String()+string(body)+fmt.Sprint(r), secret[:12]) {
			t.Errorf("%s: a secret is told", name)
		}
		if mode(t, u) != map[bool]int{true: 1, false: 4}[c.faults != nil && c.faults[0] == "online"] || fmt.Sprint(u.State().Slots) != fmt.Sprint(before.Slots) {
			t.Errorf("%s: the unit is not as it was: mode %d", name, mode(t, u))
		}
		// a unit that was tested so need not be asked again when it is provisioned
		earlier, err := secrecy.Earlier(t.Context(), l.Reader, secrecy.Unit{Firmware: rec.Firmware})
		if err != nil || (earlier == r.Record) != (c.t3 == "pass") {
			t.Errorf("%s: earlier is %q, %v", name, earlier, err)
		}
		_ = l.Close()
	}
}

// The record with which the report is tried is the one that is written here, but for the unit's own numbers.
func TestTheReportIsTriedWithThisRecord(t *testing.T) {
	u := unit(t, "", map[cred.Slot]string{{SecTag: 42, Kind: cred.RootCA}: "a root", {SecTag: 42, Kind: cred.ClientKey}: secret})
	l, err := ledger.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, err := typetest.Run(t.Context(), typetest.Options{Port: "sim:unit", Dialer: dialer(u), Ledger: l, Now: time.Now, Tell: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := l.Show(t.Context(), r.Record)
	if err != nil {
		t.Fatal(err)
	}
	want := fixture.TypeTest(1, time.Now())
	own := cmpopts.IgnoreFields(record.Record{}, "ID", "Time", "IMEI", "Unit", "Hardware", "Bench", "ElapsedMS", "Line", "Seal", "Connection", "Version")
	if d := cmp.Diff(want, got, own, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("what is written here (+) and what the report is tried with (-): %s", d)
	}
}

// The cable comes out anywhere: a failure, no record, and nothing lost in the store.
func TestTheCableComesOut(t *testing.T) {
	full := map[cred.Slot]string{{SecTag: 42, Kind: cred.RootCA}: "a root", {SecTag: 42, Kind: cred.PSK}: secret}
	for n, more := 1, true; more; n += 23 {
		u := unit(t, "", full)
		before := fmt.Sprint(u.State().Slots)
		line := &cut{left: n}
		_, err := typetest.Run(t.Context(), typetest.Options{Port: "sim:unit", Dialer: line.dialer(u), Now: time.Now, Tell: func(string) {}})
		more = line.left <= 0
		if f := cred.AsFault(err); more && (f == nil || f.Code != "port.lost") && mode(t, u) != 4 {
			t.Errorf("after %d bytes: %v, and the mode is %d", n, err, mode(t, u))
		} else if f != nil && mode(t, u) != 4 && !strings.Contains(f.Hint, "off and on") {
			t.Errorf("after %d bytes: %+v", n, f)
		}
		if fmt.Sprint(u.State().Slots) != before {
			t.Errorf("after %d bytes the store is another", n)
		}
	}
}

func dialer(u *sim.Modem) device.Dialer {
	return device.Dialer{Sim: func(context.Context, string) (io.ReadWriteCloser, error) { return u.Pipe(context.Background()), nil }}
}

func mode(t *testing.T, u *sim.Modem) int {
	t.Helper()
	m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	id, err := m.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id.FunctionalMode
}

// cut is a line that ends after so many bytes to the unit.
type cut struct {
	io.ReadWriteCloser
	left int
}

func (c *cut) dialer(u *sim.Modem) device.Dialer {
	return device.Dialer{Sim: func(context.Context, string) (io.ReadWriteCloser, error) {
		c.ReadWriteCloser = u.Pipe(context.Background())
		return c, nil
	}}
}

func (c *cut) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left <= 0 {
		_ = c.Close()
		return 0, io.ErrClosedPipe
	}
	return c.ReadWriteCloser.Write(b)
}
