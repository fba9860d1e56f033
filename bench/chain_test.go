package bench_test

import (
	"context"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/sectag/bench"
	"example.org/sectag/bench/profile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/flows/station"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// chained is a rig whose units an intermediate signs, and a server that lets in what the file trusted holds now.
type chained struct {
	*rig
	root    string
	sub     ca.Root
	trusted string
	l       *ledger.Store
}

func newChained(t *testing.T, sector, subject string) *chained {
	t.Helper()
	r := newRig(t, sector)
	clock := ca.Clock{Now: time.Now()}
	loaded, err := ca.Load(r.profile.Cert, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	root, err := loaded.Unlock(r.profile.Key, []byte(quickPass))
	if err != nil {
		t.Fatal(err)
	}
	made, err := ca.Init(ca.InitOptions{Under: root, Dir: filepath.Join(r.dir, "2026"), Subject: subject, Plaintext: true, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	quickly(t, made.Key)
	c := &chained{rig: r, root: r.profile.Cert, trusted: filepath.Join(r.dir, "client-ca.pem"), l: r.open(t, "ledger.db")}
	t.Cleanup(func() { c.l.Close() })
	if c.sub, err = ca.Load(made.Cert, clock.Now); err != nil {
		t.Fatal(err)
	}
	c.profile.Cert, c.profile.Key, c.profile.KeySize = made.Cert, made.Key, 0
	c.meet(t, c.trusted)
	return c
}

// run provisions the unit with a server that knows these authorities.
func (c *chained) run(t *testing.T, trusts []byte) bench.Unit {
	t.Helper()
	if err := os.WriteFile(c.trusted, trusts, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := c.config(c.l)
	cfg.Timeout = 10 * time.Second
	return driveTo(t, cfg)
}

// newest is the newest record of the unit.
func (c *chained) newest(t *testing.T, u bench.Unit) record.Record {
	t.Helper()
	list, err := c.l.History(context.Background(), record.Unit{IMEI: u.IMEI}, 1)
	if err != nil || len(list) == 0 {
		t.Fatalf("%v, %v", list, err)
	}
	return list[0]
}

// slotOf is what the document says of the unit's slot of a type.
func slotOf(t *testing.T, u bench.Unit, k cred.Kind) bench.UnitSlot {
	t.Helper()
	for _, s := range u.Slots {
		if s.Type == k {
			return s
		}
	}
	t.Fatalf("the unit has no slot of type %d: %+v", k, u.Slots)
	return bench.UnitSlot{}
}

// A server that knows only the root refuses units of an intermediate with alert 48, and is told what it lacks; given sectag ca chain's
// file it takes them. With send_chain it needs the root only; what the slot holds is leaf and intermediate, and turning it on or off makes
// the unit be written anew. The same with a key of the modem's, whose twin sends the same.
func TestUnitsOfAnIntermediate(t *testing.T) {
	t.Parallel()
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		t.Run(string(origin), func(t *testing.T) {
			t.Parallel()
			c := newChained(t, "nrf9151", "CN=Acme 2026")
			c.profile.Origin = origin
			rootOnly := cred.CertPEM(c.sub.Chain.Root().Raw)
			alone := func(what string, u bench.Unit) {
				if u.Certificate == nil || slotOf(t, u, cred.ClientCert).SHA256 != u.Certificate.SHA256 {
					t.Errorf("%s: the slot holds another thing than the certificate", what)
				}
			}

			u := c.run(t, rootOnly)
			if u.Failure == nil || u.Failure.Code != "dtls.48" || !strings.Contains(u.Failure.Hint, "sectag ca chain --cert "+c.profile.Cert) || !strings.Contains(u.Failure.Hint, "send_chain") {
				t.Fatalf("a server that knows the root only: %+v", u.Failure)
			}
			alone("refused", u)

			if u = c.run(t, c.sub.Chain.PEM()); u.Failure != nil || u.Verdict == cred.Fail {
				t.Fatalf("with the chain at the server: %+v", u.Failure)
			}
			alone("taken", u)
			r := c.newest(t, u)
			if r.Authority == nil || r.Authority.Subject != "CN=Acme 2026" || len(r.Authority.Above) != 1 || r.Authority.Above[0] != cred.Sum(rootOnly) ||
				r.Authority.Protection != "encrypted-file" || len(r.Cert.Behind) != 0 {
				t.Errorf("the record says %+v", r.Authority)
			}

			c.profile.Chain = true
			if u = c.run(t, rootOnly); u.Failure != nil || u.Verdict == cred.Fail {
				t.Fatalf("the unit sends its chain: %+v", u.Failure)
			}
			sent := []byte(u.Certificate.PEM + string(c.sub.PEM))
			if blocks := count(sent); blocks != 2 || slotOf(t, u, cred.ClientCert).SHA256 != cred.Sum(sent) {
				t.Errorf("the slot does not hold the certificate and the intermediate behind it (%d blocks)", blocks)
			}
			r = c.newest(t, u)
			if len(r.Cert.Behind) != 1 || r.Cert.Behind[0] != cred.Sum(c.sub.PEM) || r.Cert.PEM != u.Certificate.PEM {
				t.Errorf("the record says %+v", r.Cert)
			}
			if u = c.run(t, rootOnly); slotOf(t, u, cred.ClientCert).Action != "kept" || u.Verdict == cred.Fail {
				t.Errorf("once more: %s, %+v", slotOf(t, u, cred.ClientCert).Action, u.Failure)
			}

			c.profile.Chain = false
			if u = c.run(t, c.sub.Chain.PEM()); slotOf(t, u, cred.ClientCert).Action == "kept" || u.Failure != nil {
				t.Errorf("without the chain again: %s, %+v", slotOf(t, u, cred.ClientCert).Action, u.Failure)
			}
			alone("without the chain again", u)
		})
	}
}

func count(text []byte) (n int) {
	for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
		n++
	}
	return n
}

// What could become too long with the intermediate behind it is refused in the plan, before anything of the unit is changed, and by the
// firmware's buffer too; without the intermediate it fits.
func TestAChainThatDoesNotFit(t *testing.T) {
	t.Parallel()
	c := newChained(t, "nrf9151", "CN=Acme 2026")
	c.profile.Endpoint = cred.Endpoint{}
	for _, look := range []bool{true, false} {
		for size, want := range map[int]string{1000: "config.firmware-key-size", 2048: ""} {
			c.profile.Chain, c.profile.KeySize = true, size
			if !look && want == "" {
				continue
			}
			u := drive(t, c.config(c.l), station.Orders{Look: look})
			if got := codeOf(u.Failure); got != want {
				t.Errorf("key_size %d, looking %v: %q, want %q", size, look, got, want)
			}
			for _, s := range u.Slots {
				if want != "" && (s.Action == "written" || s.Action == "deleted") {
					t.Errorf("key_size %d: %+v", size, s)
				}
			}
		}
	}
	c.profile.Chain, c.profile.KeySize = false, 1000
	if u := drive(t, c.config(c.l), station.Orders{}); u.Failure != nil {
		t.Errorf("without the chain: %+v", u.Failure)
	}
}

// The host's buffer is asked in the same way: an authority with a long name makes certificates of which one fits a command, and two do not.
func TestAChainThatTheHostDoesNotTake(t *testing.T) {
	t.Parallel()
	c := newChained(t, "nrf9151", "CN=Acme 2026"+strings.Repeat(",OU="+strings.Repeat("o", 60), 30))
	c.profile.Endpoint = cred.Endpoint{}
	c.profile.Chain = true
	for _, origin := range []profile.Origin{profile.Host, profile.Modem} {
		for _, look := range []bool{true, false} {
			c.profile.Origin = origin
			if u := drive(t, c.config(c.l), station.Orders{Look: look}); codeOf(u.Failure) != "line.too-long" {
				t.Errorf("key %s, looking %v: %+v", origin, look, u.Failure)
			}
		}
	}
	c.profile.Chain = false
	if u := drive(t, c.config(c.l), station.Orders{}); u.Failure != nil {
		t.Errorf("without the chain: %+v", u.Failure)
	}
}

func codeOf(f *cred.Fault) string {
	if f == nil {
		return ""
	}
	return f.Code
}
