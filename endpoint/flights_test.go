package endpoint

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"example.org/sectag/internal/peers"
)

// severed is the line of a server that is in order until a record of its own; that one and all that follow never leave. In its place
// goes an alert, if there is one.
type severed struct {
	net.Conn
	after int    // records that leave
	alert []byte // level and number; nil is silence

	mu   sync.Mutex
	sent int
	over bool
}

// Write sends what may leave of a datagram.
func (s *severed) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return len(b), nil
	}
	at := 0
	for at+13 <= len(b) && s.sent < s.after {
		at += 13 + int(b[at+11])<<8 + int(b[at+12])
		s.sent++
	}
	out := b[:at:at]
	if s.over = at < len(b); s.over && s.alert != nil {
		out = append(out, record(21, 99, s.alert...)...)
	}
	if len(out) > 0 {
		if _, err := s.Conn.Write(out); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// The records of a server with certificates: HelloVerifyRequest, ServerHello, Certificate, ServerKeyExchange, CertificateRequest,
// ServerHelloDone, ChangeCipherSpec, Finished; behind each of them it falls silent or sends an alert in clear, before the first too.
// What connect and probe say, in the order of the records, stands here; a probe looks no further than to the ServerHelloDone.
func TestServersThatEndAtEachRecord(t *testing.T) {
	t.Parallel()
	const began, cookie, silent = "fail dtls.began-silent", "fail dtls.cookie-silent", "fail dtls.silent"
	all := func(s string) (out [8]string) {
		for i := range out {
			out[i] = s
		}
		return out
	}
	known := func(s string) [8]string { return [8]string{s, s, s, s, s, s, "pass", "pass"} }
	for _, c := range []struct {
		name           string
		alert          []byte
		connect, probe [8]string
	}{
		{
			"silence", nil,
			[8]string{silent, cookie, began, began, began, began, began, began},
			[8]string{silent, cookie, began, began, began, began, "pass", "pass"},
		},
		{"internal_error", []byte{2, 80}, all("fail dtls.80"), known("fail dtls.80")},
		{"unknown_ca", []byte{2, 48}, all("fail dtls.48"), known("fail dtls.48")},
		{"a number that nobody gave out", []byte{2, 200}, all("fail dtls.200"), known("fail dtls.200")},
		{"close_notify", []byte{1, 0}, all("fail dtls.0"), known("fail dtls.0")},
	} {
		for after := range 8 {
			t.Run(fmt.Sprintf("%s/%d", c.name, after), func(t *testing.T) {
				still := func(seed uint64) *weather { return &weather{chance: rand.New(rand.NewPCG(seed, 1))} }
				serve := func(t *testing.T, server *peers.Cert) func(net.Conn) {
					return func(line net.Conn) {
						_ = serveOne(t.Context(), &severed{Conn: line, after: after, alert: c.alert}, server)
					}
				}
				tally(t, outcomes(t, 1, still, func(t *testing.T, w *weather) string {
					b, start := newBench(t), time.Now()
					unit, server := b.units.Unit(t, unitName), b.servers.Server(t)
					r, _ := Connect(t.Context(), atTheFarEnd, ConnectOptions{
						Cert: unit.PEM, Key: unit.KeyPEM, Anchor: b.servers.PEM, Dial: w.dial(serve(t, server)),
					})
					if took := time.Since(start); took > ConnectTimeout+2*time.Second || c.alert != nil && took > 2*time.Second {
						t.Errorf("the connection took %s", took)
					}
					return outcome(r.Verdict, r.Failure, r.Findings)
				}), 1, c.connect[after])
				tally(t, outcomes(t, 1, still, func(t *testing.T, w *weather) string {
					root, start := peers.Root(t, "Servers"), time.Now()
					r, _ := Probe(t.Context(), atTheFarEnd, ProbeOptions{Anchor: root.PEM, Dial: w.dial(serve(t, root.Server(t)))})
					if took := time.Since(start); took > ProbeTimeout+2*time.Second {
						t.Errorf("the probe took %s", took)
					}
					return outcome(r.Verdict, r.Failure, r.Findings)
				}), 1, c.probe[after])
			})
		}
	}
}
