package bench_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/flows/station"
)

// keeper is a line with something on it that keeps the answers of modems: instead is asked for each whole line.
type keeper struct {
	io.ReadWriteCloser
	instead  func(line string) string
	in, out  []byte
	whatever error
}

func (k *keeper) Read(p []byte) (int, error) {
	for len(k.out) == 0 {
		if k.whatever != nil {
			return 0, k.whatever
		}
		b := make([]byte, len(p))
		n, err := k.ReadWriteCloser.Read(b)
		k.in, k.whatever = append(k.in, b[:n]...), err
		for i := bytes.IndexByte(k.in, '\n'); i >= 0; i = bytes.IndexByte(k.in, '\n') {
			k.out = append(k.out, k.instead(string(k.in[:i+1]))...)
			k.in = k.in[i+1:]
		}
	}
	n := copy(p, k.out)
	k.out = k.out[n:]
	return n, nil
}

// through lets the rig's unit be heard through a keeper.
func (r *rig) through(instead func(line string) string) {
	r.dialer.Sim = func(context.Context, string) (io.ReadWriteCloser, error) {
		return &keeper{ReadWriteCloser: r.unit.Pipe(context.Background()), instead: instead}, nil
	}
}

// An answer to an earlier %KEYGEN of the same unit is right in everything but its age. A certificate for it would be of a key that the
// modem has no more.
func TestAnOldAnswerAboutAKeyIsNotBelieved(t *testing.T) {
	r, l := keyRig(t, "nrf9151")
	r.profile.Origin = profile.Modem
	var answers []string
	kept := true
	r.through(func(line string) string {
		if strings.HasPrefix(line, "%KEYGEN: ") {
			if answers = append(answers, line); kept {
				return answers[0]
			}
		}
		return line
	})
	if u := drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass {
		t.Fatalf("%+v", u)
	}
	yes := station.Orders{Yes: true, IMEIs: []cred.IMEI{r.unit.State().IMEI}}
	r.at(t, "AT%CMNG=3,42,2")
	u := drive(t, r.config(l), yes)
	if u.Verdict != cred.Fail || u.Failure == nil || u.Failure.Code != "keygen.stale" || len(answers) != 2 {
		t.Fatalf("%d answers: %+v", len(answers), u)
	}
	if rec := shown(t, l, u.Record); rec.Cert != nil || len(rec.Abandoned) != 1 {
		t.Errorf("%+v", rec)
	}
	kept = false
	if u = drive(t, r.config(l), station.Orders{}); u.Verdict != cred.Pass || u.KeyOrigin != "modem" {
		t.Fatalf("the key that nobody can use is in the way: %+v", u)
	}
	r.matched(t, u)
}

// The answer to the first %KEYGEN never came, so that nobody knows its key, and comes to the second: everything in it is right but the
// name that it was asked for under.
func TestALostAnswerThatComesLateIsNotBelieved(t *testing.T) {
	for name, late := range map[string]func(*testing.T, *rig) (end func()){
		"kept on the line": func(_ *testing.T, r *rig) func() {
			kept, ended := "", false
			r.through(func(line string) string {
				if strings.HasPrefix(line, "%KEYGEN: ") && !ended {
					line, kept = kept, line
				}
				return line
			})
			return func() { ended = true }
		},
		"kept by the unit": func(t *testing.T, r *rig) func() {
			r.faults(t, "late-keygen")
			return func() { r.faults(t) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, l := keyRig(t, "nrf9151")
			r.profile.Origin = profile.Modem
			end := late(t, r)
			for _, code := range []string{"keygen.csr-lost", "keygen.stale", "keygen.stale"} {
				u := drive(t, r.config(l), station.Orders{})
				if u.Verdict != cred.Fail || u.Failure == nil || u.Failure.Code != code || u.Certificate != nil || u.Slots[2].Holds != "new" {
					t.Fatalf("%s: %+v", code, u)
				}
				if rec := shown(t, l, u.Record); rec.Cert != nil || len(rec.Abandoned) != 1 || rec.Slots[1].Keygen != code {
					t.Errorf("%s: %+v", code, rec)
				}
			}
			end()
			u := drive(t, r.config(l), station.Orders{})
			if u.Verdict != cred.Pass || u.KeyOrigin != "modem" {
				t.Fatalf("%+v", u)
			}
			r.matched(t, u)
			live(t, l, 1)
		})
	}
}

// A modem that does not let itself be told a name is worked on as ever, and the record says what was not shown. The certificate's
// subject is the profile's in any case.
func TestWhatShowsThatARequestIsNewIsRecorded(t *testing.T) {
	for unit, fresh := range map[string]string{
		"nrf9151": "subject", "nrf9160": "subject", "nrf9151?fault=plain-keygen": "none", "nrf9151?fault=bare-keygen": "none", "nrf9160?fault=bare-keygen": "none",
	} {
		t.Run(unit, func(t *testing.T) {
			r, l := keyRig(t, unit)
			u := drive(t, r.config(l), station.Orders{})
			if u.Verdict != cred.Pass || u.KeyOrigin != "modem" {
				t.Fatalf("%+v", u)
			}
			r.matched(t, u)
			state, rec := r.unit.State(), shown(t, l, u.Record)
			if rec.Key.Freshness != fresh || rec.Unit.UUID != state.UUID || rec.Cert.Subject != "CN=urn:imei:"+state.IMEI.String() {
				t.Errorf("the record says %+v of the key, %+v of the unit, %+v of the certificate", rec.Key, rec.Unit, rec.Cert)
			}
			for _, m := range rec.Tests {
				if m.Test == "T6" && strings.Contains(m.Deviation, "older") != (fresh == "none") {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}

// A token of another unit is not recorded as this one's; one that came damaged is asked for again.
func TestATokenOfAnotherUnitIsNotBelieved(t *testing.T) {
	foreign := ""
	r, l := keyRig(t, "nrf9151")
	r.through(func(line string) string {
		if strings.HasPrefix(line, "%ATTESTTOKEN: ") {
			foreign = line
		}
		return line
	})
	drive(t, r.config(l), station.Orders{})
	for name, c := range map[string]struct {
		times int
		code  string
	}{"once": {1, ""}, "always": {100, "keygen.other-unit"}} {
		t.Run(name, func(t *testing.T) {
			r, l := keyRig(t, "nrf9151")
			left := c.times
			r.through(func(line string) string {
				if strings.HasPrefix(line, "%ATTESTTOKEN: ") && left > 0 {
					left--
					return foreign
				}
				return line
			})
			u := drive(t, r.config(l), station.Orders{})
			if c.code == "" {
				if u.Verdict != cred.Pass {
					t.Fatalf("%+v", u)
				}
				r.matched(t, u)
				return
			}
			if u.Verdict != cred.Fail || u.Failure.Code != c.code || len(r.unit.State().Slots) != 1 {
				t.Errorf("%+v", u)
			}
		})
	}
}
