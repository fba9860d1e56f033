package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
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
	o := station.Orders{Yes: x.yes}
	if x.yes {
		o.IMEIs = []cred.IMEI{x.who}
	}
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
		slot := now[0]
		slot.Anchor, x.file = s.older, s.files[x.who].older
		x.v.profile.Slots = append(now[:0:0], slot)
		if u := x.good(); u.Verdict != cred.Pass {
			t.Fatalf("the older job: %v", u.Failure)
		}
		x.v.profile.Slots, x.file = now, file
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
		told := u.Failure != nil && strings.Contains(u.Failure.Text, s.String())
		for _, f := range u.Findings {
			told = told || f.Code == "store.stray" && strings.Contains(f.Text, s.String())
		}
		switch {
		case told:
		case x.aimed != nil && x.aimed():
			// Let pass and counted: the byte was of a command that changes a slot, on its way to the unit, and named another slot then,
			// and the line ended or changed so that nobody read it. The bench looks wherever it can (store.stray).
			x.astray++
		default:
			t.Errorf("%v was changed, and nobody is told", s)
		}
	}
}

// misled tells of the other case that is let pass and counted: a command that changes a slot was damaged so that it named one which was
// proved before, and the document passes. The next run finds it.
func (x *trial) misled(state sim.State, u bench.Unit) bool {
	if x.aimed == nil || !x.aimed() || u.Verdict != cred.Pass {
		return false
	}
	for _, s := range u.Slots {
		if content, there := state.Content(cred.Slot{SecTag: s.SecTag, Kind: s.Type}); !there || cred.Sum(content) != s.SHA256 {
			return true
		}
	}
	return false
}

// letPass tells whether the document is such a one. The next run must make the unit whole; it is allowed to destroy what stands there,
// which is ours, of another slot, and which nobody knows.
func (x *trial) letPass(t testing.TB, then sim.State, u bench.Unit) bool {
	t.Helper()
	if !x.misled(then, u) {
		return false
	}
	x.yes = true
	if again := x.good(); again.Verdict != cred.Pass {
		t.Errorf("the next run: %v", again.Failure)
	}
	x.whole(t, x.unit.State())
	return true
}

// aim says which byte to the unit is wrong.
func (x *trial) aim(c *cable, n int) {
	x.aimed = func() bool {
		sent, _ := c.carried()
		return aims(sent, n)
	}
}

// aims tells whether a byte of what went to the unit is of what a command that changes the store says of its slot.
func aims(sent []byte, n int) bool {
	for _, c := range []string{"AT%CMNG=0,", "AT%CMNG=3,", "AT%KEYGEN="} {
		i := bytes.LastIndex(sent[:min(len(sent), n+len(c))], []byte(c))
		if i >= 0 && i <= n && n < len(sent) && bytes.IndexAny(sent[i:n], "\"\r") < 0 {
			return true
		}
	}
	return false
}
