package ledger

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// world is the model: real devices, what each can tell, and who may hold what. A device tells its identity key or not, its
// UUID or not, as its firmware of the day does; its IMEI always.
type world struct {
	units []*device
}

// device is one unit as the ledger should see it.
type device struct {
	known record.Unit
	last  int
	owns  map[record.Binding]bool
}

// who finds the device that a sight is of, by the words of the design: the same identity key, or where that is not listed the
// same UUID, or with neither the same IMEI.
func (w *world) who(seen record.Unit) *device {
	var best *device
	rank := func(d *device) int {
		switch {
		case !seen.Key.IsZero() && d.known.Key == seen.Key:
			return 4
		case !seen.Key.IsZero() && !d.known.Key.IsZero():
			return 0
		case seen.UUID != "" && d.known.UUID == seen.UUID:
			return 3
		case seen.UUID != "" && d.known.UUID != "":
			return 0
		case seen.IMEI == d.known.IMEI && d.owns[record.Binding{What: record.BindIMEI, Value: seen.IMEI.String()}]:
			return 2
		case seen.IMEI == d.known.IMEI:
			return 1
		}
		return 0
	}
	for _, d := range w.units {
		if r := rank(d); r > 0 && (best == nil || r > rank(best) || r == rank(best) && d.last > best.last) {
			best = d
		}
	}
	return best
}

func (w *world) taken(by *device, claims []record.Binding) bool {
	for _, d := range w.units {
		for _, c := range claims {
			if d != by && d.owns[c] {
				return true
			}
		}
	}
	return false
}

// quick has the writer's commits not wait for the disk.
var quick = map[kind]string{file{}: "PRAGMA synchronous = OFF", database{}: "SET synchronous_commit = off"}

// TestBindingRules throws sights of few devices with few identities at a ledger and at the model. Few of each, so that they
// meet: cloned IMEIs, keys used twice, firmware that tells less or more than before.
func TestBindingRules(t *testing.T) {
	onEach(t, func(t *testing.T, k kind) {
		s, _ := openNew(t, k)
		_, err := s.pools.Firm.Exec(quick[k]) // the rules are tried here, not the disk
		must(t, err)
		turn := 0
		rapid.Check(t, func(rt *rapid.T) {
			if turn++; turn%thin != 0 {
				return
			}
			// A world of its own in each turn: other IMEIs, keys and names.
			w := &world{}
			var records []record.Record
			names := map[*device]string{}
			for step := range rapid.IntRange(1, 12).Draw(rt, "steps") {
				r := sight(rt, turn, step)
				d := w.who(r.Seen())
				claims := r.Bindings()
				bad := w.taken(d, claims)
				if err := s.Check(t.Context(), r.Seen(), claims...); (err != nil) != bad {
					rt.Fatalf("step %d: check says %v, the model says taken=%v", step, err, bad)
				}
				got, err := s.Record(t.Context(), r)
				if (err != nil) != bad {
					rt.Fatalf("step %d: record says %v, the model says taken=%v", step, err, bad)
				}
				if err != nil {
					if cred.AsFault(err).Code != "ledger.bound" {
						rt.Fatalf("step %d: %v", step, err)
					}
					continue
				}
				if d == nil {
					d = &device{known: r.Seen(), owns: map[record.Binding]bool{}}
					w.units = append(w.units, d)
					names[d] = got.Record.Unit.Name
				}
				if got.Record.Unit.Name != names[d] {
					rt.Fatalf("step %d: the unit %s is called %s now", step, names[d], got.Record.Unit.Name)
				}
				records = append(records, got.Record)
				d.known, d.last = d.known.Merge(r.Seen()), step
				for _, c := range claims {
					d.owns[c] = true
				}
			}
			unique(rt, records)
		})
		mustVerify(t, s.Reader)
	})
}

// unique looks at the outcome alone: nothing is on two units.
func unique(rt *rapid.T, records []record.Record) {
	owner := map[record.Binding]string{}
	for _, r := range records {
		for _, b := range r.Bindings() {
			if o := owner[b]; o != "" && o != r.Unit.Name {
				rt.Fatalf("%s is on %s and on %s", b, o, r.Unit.Name)
			}
			owner[b] = r.Unit.Name
		}
	}
}

func sight(rt *rapid.T, turn, step int) record.Record {
	few := rapid.IntRange(1, 3)
	r := plain(turn*10 + few.Draw(rt, "imei"))
	if k := rapid.IntRange(0, 2).Draw(rt, "key"); k > 0 {
		r.Unit.Key = digest(fmt.Sprintf("identity %d of %d", k, turn))
	}
	if u := rapid.IntRange(0, 2).Draw(rt, "uuid"); u > 0 {
		r.Unit.UUID = fmt.Sprintf("%08d-2222-3333-4444-%012d", u, turn)
	}
	r.Time = record.Stamp(day)
	if rapid.IntRange(0, 3).Draw(rt, "claims") == 0 {
		return r
	}
	r.Kind = record.Provision
	r.Cert = &record.Certificate{
		Serial: serial(turn*100 + step), Name: cred.DefaultTemplate.Name(r.IMEI), SPKI: digest(fmt.Sprintf("spki %d/%d", turn, rapid.IntRange(1, 8).Draw(rt, "spki"))),
	}
	return r
}
