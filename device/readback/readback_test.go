package readback_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/at"
	"example.org/sectag/device/readback"
	"example.org/sectag/device/shelf"
	"example.org/sectag/device/sim"
)

const (
	psk = "d7e1f3a2b4c596877869"
	key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsecretsecretsecr\netsecret\n-----END PRIVATE KEY-----\n"
	ca  = "-----BEGIN CERTIFICATE-----\nMIIBtestMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEH\nBG0wawIBAQQg\n-----END CERTIFICATE-----\n"
)

func slot(k cred.Kind) cred.Slot { return cred.Slot{SecTag: 42, Kind: k} }

// The measurement on virtual modems behind each kind of host: what is refused, what is given out, and controls that fail. Whatever
// comes back, nothing of it is in the transcript, in the answer or in the measurement.
func TestTheMeasurement(t *testing.T) {
	for _, host := range []string{"at-host", "serial-modem", "at-shell-unescape", "modem-shell"} {
		for name, c := range map[string]struct {
			fault  string
			secret cred.Kind
			want   readback.Measurement
		}{
			"a key is refused":   {"", cred.ClientKey, readback.Measurement{Outcome: "refused", Secret: "CME 514", Control: "the content", Empty: "CME 513"}},
			"a psk is refused":   {"", cred.PSK, readback.Measurement{Outcome: "refused", Secret: "CME 514", Control: "the content", Empty: "CME 513"}},
			"a key is given out": {"readback", cred.ClientKey, readback.Measurement{Outcome: "returned", Secret: "the content"}},
			"a psk is given out": {"readback", cred.PSK, readback.Measurement{Outcome: "returned", Secret: "the content"}},
			"nothing is given":   {"no-readback", cred.ClientKey, readback.Measurement{Outcome: "error", Secret: "CME 514", Control: "CME 514", Empty: "CME 513"}},
			"noise between":      {"noise", cred.ClientKey, readback.Measurement{Outcome: "refused", Secret: "CME 514", Control: "the content", Empty: "CME 513"}},
		} {
			m, shown := attached(t, host, c.fault)
			secret := slot(c.secret)
			holds := m.Stored(slot(cred.RootCA), []byte(ca))
			got, err := readback.Ask(t.Context(), m, readback.Question{Secret: secret, Control: slot(cred.RootCA), Holds: holds, Empty: slot(cred.PSKID)})
			c.want.Slot = secret
			if err != nil || got != c.want {
				t.Errorf("%s, %s: %+v, %v; want %+v\n%s", host, name, got, err, c.want, shown)
			}
			r, err := m.Read(t.Context(), secret)
			for _, hidden := range []string{psk, "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsec", "etsecret"} {
				if err != nil || strings.Contains(shown.String()+fmt.Sprint(r, got), hidden) {
					t.Errorf("%s, %s: %s came out: %v\n%s\n%+v", host, name, hidden, err, shown, r)
				}
			}
		}
	}
}

// attached is a modem that holds a root, a key and a PSK, and its transcript.
func attached(t *testing.T, host, fault string) (*device.Modem, *strings.Builder) {
	t.Helper()
	cfg := sim.Config{Host: host}
	if fault != "" {
		f, err := sim.ParseFault(fault)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Faults = []sim.Fault{f}
	}
	u, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	shown := &strings.Builder{}
	m, err := device.Attach(t.Context(), u.Pipe(context.Background()), device.Options{Trace: func(tr device.Trace) { shown.WriteString(tr.Text + "\n") }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if _, err := m.Offline(t.Context()); err != nil {
		t.Fatal(err)
	}
	for k, text := range map[cred.Kind]string{cred.RootCA: ca, cred.ClientKey: key, cred.PSK: psk} {
		if err := m.Write(t.Context(), slot(k), []byte(text), nil); err != nil {
			t.Fatal(err)
		}
	}
	return m, shown
}

// fake answers by the slot, each time with the next; the last stays.
type fake struct {
	reads map[cred.Kind][]any // a device.Reply or an error
	holds cred.Digest
	asked int
}

func (f *fake) Read(_ context.Context, s cred.Slot) (device.Reply, error) {
	f.asked++
	all := f.reads[s.Kind]
	now := all[0]
	if len(all) > 1 {
		f.reads[s.Kind] = all[1:]
	}
	if err, ok := now.(error); ok {
		return device.Reply{}, err
	}
	return now.(device.Reply), nil
}

func (f *fake) ListSlot(context.Context, cred.Slot) (shelf.Item, bool, error) {
	return shelf.Item{Slot: slot(0), SHA256: f.holds}, !f.holds.IsZero(), nil
}

func (f *fake) Astray(context.Context, cred.Slot) error { return nil }

func no(n int) device.Reply { return device.Reply{Final: at.CME, CME: n} }

func gives(k cred.Kind, text string) device.Reply {
	return device.Reply{Final: at.OK, Info: []string{fmt.Sprintf(`%%CMNG: 42,%d,"%s","%s"`, k, cred.Sum([]byte(text)), text)}}
}

// A line that changes answers makes no pass, no failure of a unit that refuses, and no silence about a root that it deleted.
func TestALineThatChangesAnswers(t *testing.T) {
	holds := cred.Sum([]byte("root"))
	full := cred.Failed("line.cut-off", "too long", "")
	gone := cred.Failed("port.lost", "gone", "")
	for name, c := range map[string]struct {
		secret, control, empty []any
		holds                  cred.Digest
		want                   readback.Outcome
		code                   string
	}{
		"at once":                      {[]any{no(514)}, []any{gives(0, "root")}, []any{no(513)}, holds, "refused", ""},
		"at the third time":            {[]any{no(0), device.Reply{Final: at.Error}, no(514)}, []any{gives(2, "root"), gives(0, "rot"), gives(0, "root")}, []any{no(0), no(0), no(513)}, holds, "refused", ""},
		"another number":               {[]any{no(50)}, []any{gives(0, "root")}, []any{no(513)}, holds, "error", ""},
		"it is not there":              {[]any{no(513)}, []any{gives(0, "root")}, []any{no(513)}, holds, "error", ""},
		"another slot's content":       {[]any{gives(0, "root"), no(514)}, []any{gives(0, "root")}, []any{no(513)}, holds, "refused", ""},
		"only another slot's content":  {[]any{gives(0, "root")}, []any{gives(0, "root")}, []any{no(513)}, holds, "error", ""},
		"given out after a bad answer": {[]any{no(0), gives(2, "x")}, nil, nil, holds, "returned", ""},
		"the control is another":       {[]any{no(514)}, []any{gives(0, "other")}, []any{no(513)}, holds, "error", ""},
		"the control is too long":      {[]any{no(514)}, []any{full}, []any{no(513)}, holds, "error", ""},
		"the empty one gives":          {[]any{no(514)}, []any{gives(0, "root")}, []any{gives(4, "x")}, holds, "error", ""},
		"the empty one is refused":     {[]any{no(514)}, []any{gives(0, "root")}, []any{no(514)}, holds, "error", ""},
		"the control was deleted":      {[]any{no(514)}, []any{device.Reply{Final: at.OK}}, []any{no(513)}, cred.Digest{}, "error", "store.stray"},
		"the line is gone":             {[]any{gone}, nil, nil, holds, "error", "port.lost"},
	} {
		f := &fake{reads: map[cred.Kind][]any{2: c.secret, 0: c.control, 4: c.empty}, holds: c.holds}
		got, err := readback.Ask(t.Context(), f, readback.Question{Secret: slot(2), Control: slot(0), Holds: holds, Empty: slot(4)})
		code := ""
		if f := (*cred.Fault)(nil); errors.As(err, &f) {
			code = f.Code
		}
		if got.Outcome != c.want || code != c.code || f.asked > 9 {
			t.Errorf("%s: %+v, %v after %d questions", name, got, err, f.asked)
		}
	}
}
