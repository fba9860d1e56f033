package endpoint

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/internal/peers"
)

// weather carries datagrams between lines in memory as bad radio does: by its seed it loses some, and the others take their time and
// overtake each other. With seed and clock virtual a run is the same each time, and takes none.
type weather struct {
	loss           float64
	delays, spread time.Duration
	twice          float64 // of what arrives, so much arrives again

	mu     sync.Mutex
	chance *rand.Rand
	ends   []net.Conn
	group  sync.WaitGroup
}

// line lays one line out; far is the server's end.
func (w *weather) line() (near, far net.Conn) {
	near, nearEnd := net.Pipe()
	far, farEnd := net.Pipe()
	w.mu.Lock()
	w.ends = append(w.ends, near, nearEnd, far, farEnd)
	w.mu.Unlock()
	w.group.Go(func() { w.carry(nearEnd, farEnd) })
	w.group.Go(func() { w.carry(farEnd, nearEnd) })
	return near, far
}

func (w *weather) carry(from, to net.Conn) {
	for buf := make([]byte, 1<<14); ; {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		b := slices.Clone(buf[:n])
		for _, after := range w.fate() {
			time.AfterFunc(after, func() { _, _ = to.Write(b) })
		}
	}
}

// fate is when a datagram arrives: never, once, or more than once.
func (w *weather) fate() (after []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	draw := func() time.Duration { return w.delays + time.Duration(w.chance.Int64N(int64(w.spread)+1)) }
	if w.chance.Float64() < w.loss {
		return nil
	}
	if after = append(after, draw()); w.chance.Float64() < w.twice {
		after = append(after, draw())
	}
	return after
}

// clear ends all lines.
func (w *weather) clear() {
	w.mu.Lock()
	for _, c := range w.ends {
		_ = c.Close()
	}
	w.mu.Unlock()
	w.group.Wait()
}

// storm is what the issue names: 30 % loss, reordering, 200 ms of delay; and every tenth datagram twice.
func storm(seed uint64) *weather {
	return &weather{loss: 0.3, delays: 200 * time.Millisecond, spread: 200 * time.Millisecond, twice: 0.1, chance: rand.New(rand.NewPCG(seed, 1))}
}

// certificates24 is the body of a Certificate message with the whole chain but the root.
func certificates24(cert *peers.Cert) []byte {
	var list []byte
	add24 := func(to, b []byte) []byte {
		return append(append(to, byte(len(b)>>16), byte(len(b)>>8), byte(len(b))), b...)
	}
	for _, der := range cert.Chain() {
		list = add24(list, der)
	}
	return add24(nil, list)
}

// distance is the delay alone.
func distance(seed uint64) *weather {
	return &weather{delays: 300 * time.Millisecond, chance: rand.New(rand.NewPCG(seed, 1))}
}

// dial gives each caller a line of its own, at whose far end serve is at work.
func (w *weather) dial(serve func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := w.line()
		w.group.Go(func() { serve(far) })
		return near, nil
	}
}

// scripted is a server without any cryptography up to the end of its first flight: it remembers nothing, so that whatever it is sent
// again it answers again. It takes the suites that it has in its own order and refuses the rest with alert 40, or by silence.
func scripted(cert *peers.Cert, quiet bool, has ...flight.Suite) func(net.Conn) {
	return func(line net.Conn) {
		for buf := make([]byte, 1<<14); ; {
			n, err := line.Read(buf)
			if err != nil {
				return
			}
			for _, out := range firstFlight(buf[:n], cert, quiet, has) {
				if _, err := line.Write(out); err != nil {
					return
				}
			}
		}
	}
}

func firstFlight(in []byte, cert *peers.Cert, quiet bool, has []flight.Suite) [][]byte {
	switch {
	case len(in) < 62 || in[0] != 22 || in[13] != 1:
		return nil
	case in[60] == 0:
		return say(record(22, 0, message(3, 0, 0xFE, 0xFF, 2, 5, 6)...))
	}
	at := 61 + int(in[60])
	offer := in[at+2 : at+2+int(binary.BigEndian.Uint16(in[at:]))]
	for _, suite := range has {
		for i := 0; i < len(offer); i += 2 {
			if binary.BigEndian.Uint16(offer[i:]) != uint16(suite) {
				continue
			}
			hello := slices.Concat([]byte{0xFE, 0xFD}, make([]byte, 32), []byte{0, byte(suite >> 8), byte(suite), 0})
			out := say(record(22, 1, message(2, 1, hello...)...))
			if !suite.PSK() {
				out = append(out, record(22, 2, message(11, 2, certificates24(cert)...)...))
			}
			return append(out, record(22, 3, message(14, byte(len(out)+1))...))
		}
	}
	if quiet {
		return nil
	}
	return say(record(21, 1, 2, 40))
}

// outcomes counts what the weather makes of one case, over the seeds.
func outcomes(t *testing.T, seeds uint64, of func(seed uint64) *weather, one func(t *testing.T, w *weather) string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			w := of(seed)
			defer w.clear()
			out[one(t, w)]++
		})
	}
	return out
}

// tally compares: the first of the outcomes that are allowed must come at least so often, and no other may come at all.
func tally(t *testing.T, got map[string]int, atLeast int, allowed ...string) {
	t.Helper()
	t.Log(got)
	if got[allowed[0]] < atLeast {
		t.Errorf("%q came %d times, not %d: %v", allowed[0], got[allowed[0]], atLeast, got)
	}
	for what, times := range got {
		if !slices.Contains(allowed, what) {
			t.Errorf("%q came %d times", what, times)
		}
	}
}

var atTheFarEnd = cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: 5684}

const seeds = 32

// What a probe says in a storm is right or says that packets are lost: it never says of a sound server that something is wrong with it.
// When only the distance is bad, all is found.
func TestProbeInAStorm(t *testing.T) {
	t.Parallel()
	lost := []string{"fail dtls.silent", "fail dtls.cookie-silent", "fail dtls.began-silent", "fail dtls.40"}
	for _, c := range []struct {
		name    string
		has     []flight.Suite
		quiet   bool // it refuses by silence, as GnuTLS does
		truth   string
		atLeast int // in the storm
	}{
		{"sound", []flight.Suite{0xC02B, 0xC023}, false, "warn dtls.no-client-auth", 24},
		{"sound, and more", []flight.Suite{0xC0AE, 0xC02B}, false, "warn dtls.no-client-auth", 24},
		{"sound and quiet", []flight.Suite{0xC02B}, true, "warn dtls.no-client-auth", 24},
		{"only CCM_8", []flight.Suite{0xC0AE}, false, "fail dtls.no-common-suite", 8},
		{"only CCM_8 and quiet", []flight.Suite{0xC0AE}, true, "fail dtls.no-common-suite", 8},
		{"only pre-shared keys", []flight.Suite{0xC0A8}, false, "warn dtls.no-certificate", 4},
		{"only pre-shared keys and quiet", []flight.Suite{0xC0A8}, true, "warn dtls.no-certificate", 4},
	} {
		one := func(t *testing.T, w *weather) string {
			root, began := peers.Root(t, "Servers"), time.Now()
			r, _ := Probe(t.Context(), atTheFarEnd, ProbeOptions{
				Anchor: root.PEM, Timeout: 30 * time.Second, Dial: w.dial(scripted(root.Server(t), c.quiet, c.has...)),
			})
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
			return outcome(r.Verdict, r.Failure, r.Findings)
		}
		t.Run(c.name, func(t *testing.T) {
			tally(t, outcomes(t, seeds, storm, one), c.atLeast, append([]string{c.truth}, lost...)...)
		})
		t.Run(c.name+", far away", func(t *testing.T) { tally(t, outcomes(t, 2, distance, one), 2, c.truth) })
	}
}

// A unit gets in through a storm, with a real handshake of some 3 kB, and a server that it cannot take is told from a bad road.
func TestConnectInAStorm(t *testing.T) {
	t.Parallel()
	lost := []string{"fail dtls.silent", "fail dtls.cookie-silent", "fail dtls.began-silent"}
	for _, c := range []struct {
		name    string
		anchor  func(b bench) []byte
		truth   string
		atLeast int
	}{
		{"good", func(b bench) []byte { return b.servers.PEM }, "pass", 24},
		{"wrong CA", func(b bench) []byte { return b.others.PEM }, "fail chain.untrusted", 24},
	} {
		one := func(t *testing.T, w *weather) string {
			b, began := newBench(t), time.Now()
			unit, server := b.units.Unit(t, unitName), b.servers.Intermediate(t, "Servers' Intermediate").Server(t)
			r, _ := Connect(t.Context(), atTheFarEnd, ConnectOptions{
				Cert: unit.PEM, Key: unit.KeyPEM, Anchor: c.anchor(b), Timeout: time.Minute,
				Dial: w.dial(func(line net.Conn) { _ = serveOne(t.Context(), line, server) }),
			})
			if took := time.Since(began); took > 92*time.Second { // the ping has half of what the handshake took
				t.Errorf("it took %s", took)
			}
			return outcome(r.Verdict, r.Failure, r.Findings)
		}
		t.Run(c.name, func(t *testing.T) {
			tally(t, outcomes(t, seeds, storm, one), c.atLeast, append([]string{c.truth}, lost...)...)
		})
		t.Run(c.name+", far away", func(t *testing.T) { tally(t, outcomes(t, 2, distance, one), 2, c.truth) })
	}
}

// A server that takes CCM_8 alone is known for that from afar too, whether it says so or not.
func TestConnectFindsTheSuiteOfAServerFarAway(t *testing.T) {
	t.Parallel()
	for name, quiet := range map[string]bool{"alert": false, "silence": true} {
		t.Run(name, func(t *testing.T) {
			tally(t, outcomes(t, 2, distance, func(t *testing.T, w *weather) string {
				b := newBench(t)
				unit := b.units.Unit(t, unitName)
				r, _ := Connect(t.Context(), atTheFarEnd, ConnectOptions{
					Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Timeout: 30 * time.Second,
					Dial: w.dial(scripted(b.servers.Server(t), quiet, 0xC0AE)),
				})
				return outcome(r.Verdict, r.Failure, r.Findings)
			}), 2, "fail dtls.no-common-suite")
		})
	}
}
