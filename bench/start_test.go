package bench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.org/sectag/bench"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
)

// start is what a unit holds before the job of a trial, and a job that is not the profile's.
type start struct {
	older string     // the anchor's file of an older identity of ours; by hand: not empty where the slot holds an older content of ours
	alien []alien    // what no ledger knows and no job asks for
	hand  *cred.Slot // the slot that is worked on by hand; nil: the profile's are
	files map[cred.IMEI]handFiles
}

// alien is a credential of somebody else's.
type alien struct {
	slot    cred.Slot
	content string
}

// aliens stand where a damaged digit of a command for the tag 42 leads to, and elsewhere.
func aliens() []alien {
	return []alien{
		{cred.Slot{SecTag: 46, Kind: cred.RootCA}, "somebody's root"},
		{cred.Slot{SecTag: 43, Kind: cred.ClientKey}, "somebody's key"},
		{cred.Slot{SecTag: 7, Kind: cred.PSK}, "00112233445566778899aabbccddeeff"},
	}
}

// handFiles are what a person writes into one unit's slot, and wrote before.
type handFiles struct {
	now, older string
	secrets    []hunted
}

// renewed makes a bench whose units hold an older identity of ours, all of which is replaced, and what is somebody else's.
func (v virtual) renewed(t testing.TB) virtual {
	t.Helper()
	made, err := ca.Init(ca.InitOptions{Dir: t.TempDir(), Subject: "CN=Older", Plaintext: true, Clock: ca.Clock{Now: bubbleTime}})
	if err != nil {
		t.Fatal(err)
	}
	v.start = start{older: made.Cert, alien: aliens()}
	return v
}

// byHand makes a bench where a person writes a PSK or an identity for one; over an older one of ours, or into a slot that is empty.
// No two units are given the same.
func (v virtual) byHand(t testing.TB, k cred.Kind, older bool) virtual {
	t.Helper()
	v.start = start{alien: aliens(), hand: &cred.Slot{SecTag: 42, Kind: k}, files: map[cred.IMEI]handFiles{}}
	if older {
		v.start.older = "older"
	}
	dir := t.TempDir()
	for i, who := range imeis(together) {
		var f handFiles
		for name, to := range map[string]*string{"now": &f.now, "older": &f.older} {
			content := fmt.Sprintf("urn:unit:%s:%s", name, who)
			if k == cred.PSK {
				secret := cred.Sum([]byte(content))
				content = fmt.Sprintf("%x", secret[:])
				f.secrets = append(f.secrets, hunt("a PSK", secret[:]), hunt("a PSK's text", []byte(content)))
			}
			*to = filepath.Join(dir, fmt.Sprint(name, i))
			if err := os.WriteFile(*to, []byte(content+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		v.start.files[who] = f
	}
	return v
}

// orders are what the trial's job is told.
func (x *trial) orders() station.Orders {
	var o station.Orders
	if s := x.v.start.hand; s != nil {
		o.Hand = flows.Hand{Op: flows.WriteSlot, Slot: *s, File: x.file}
	}
	return o
}

// begin brings the unit into the state that the job finds: by a job of ours, and by somebody else.
func (x *trial) begin(t testing.TB) {
	t.Helper()
	s := x.v.start
	x.file = s.files[x.who].now
	if s.older != "" {
		now, file := x.v.profile.Slots, x.file
		slot, bytes := now[0], x.v.profile.PSK.Bytes
		slot.Anchor, x.file = s.older, s.files[x.who].older
		x.v.profile.Slots, x.v.profile.PSK.Bytes = append(now[:0:0], slot), bytes/2
		if u := x.good(); u.Verdict != cred.Pass {
			t.Fatalf("the older job: %v", u.Failure)
		}
		x.v.profile.Slots, x.v.profile.PSK.Bytes, x.file = now, bytes, file
		x.past++
	}
	for _, a := range s.alien {
		tell(t, x.unit, fmt.Sprintf(`AT%%CMNG=0,%d,%d,"%s"`, a.slot.SecTag, a.slot.Kind, a.content))
	}
	x.before = x.unit.State()
}

// tell gives a unit a command that it must obey, beside all benches.
func tell(t testing.TB, unit *sim.Modem, command string) {
	t.Helper()
	line := unit.Pipe(context.Background())
	defer line.Close()
	if _, err := line.Write([]byte(command + "\r")); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for b := make([]byte, 64); !strings.HasSuffix(string(got), "OK\r\n"); {
		n, err := line.Read(b)
		if err != nil || strings.Contains(string(got), "ERROR") {
			t.Fatalf("%q: %v", got, err)
		}
		got = append(got, b[:n]...)
	}
}

// own tells whether a slot is one that the job asks for.
func (x *trial) own(s cred.Slot) bool {
	if hand := x.v.start.hand; hand != nil {
		return s == *hand
	}
	if x.v.firm != nil {
		return s == pskSlot || s == pskIDSlot
	}
	return s.SecTag == x.v.profile.Slots[0].SecTag && s.Kind <= cred.ClientKey
}

// strays are the slots that no job asked for and that are not as they were before.
func (x *trial) strays(state sim.State) (out []cred.Slot) {
	for _, pair := range [][2]sim.State{{x.before, state}, {state, x.before}} {
		for _, c := range pair[0].Slots {
			s := cred.Slot{SecTag: c.SecTag, Kind: c.Type}
			if other, there := pair[1].Content(s); !x.own(s) && (!there || cred.Sum(other) != c.SHA256) {
				out = append(out, s)
			}
		}
	}
	return out
}

// written fails the test unless the slot holds exactly what the file says.
func (x *trial) written(t testing.TB, state sim.State, s cred.Slot) {
	t.Helper()
	text, err := os.ReadFile(x.file)
	if err != nil {
		t.Fatal(err)
	}
	if content, _ := state.Content(s); string(content)+"\n" != string(text) {
		t.Errorf("%v holds %d bytes of something else", s, len(content))
	}
}

// stray fails the test if another slot than the job's was changed and the document does not name it.
func (x *trial) stray(t testing.TB, state sim.State, u bench.Unit) {
	t.Helper()
	for _, s := range x.strays(state) {
		switch {
		case names(u, s):
		case x.late:
			x.untold = append(x.untold, s)
		default:
			t.Errorf("%v was changed, and nobody is told", s)
		}
	}
}

// names tells whether a document says that something went astray in a slot.
func names(u bench.Unit, s cred.Slot) bool {
	if u.Failure != nil && strings.Contains(u.Failure.Text, s.String()) {
		return true
	}
	return slices.ContainsFunc(u.Findings, func(f cred.Finding) bool { return f.Code == "store.stray" && strings.Contains(f.Text, s.String()) })
}
