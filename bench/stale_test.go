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
