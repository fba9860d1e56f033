package hail

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/internal/peers"
)

func record(typ byte, payload ...byte) []byte {
	return append([]byte{typ, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(payload) >> 8), byte(len(payload))}, payload...)
}

func message(typ, seq byte, body ...byte) []byte {
	n := byte(len(body))
	return record(22, append([]byte{typ, 0, 0, n, 0, seq, 0, 0, 0, 0, 0, n}, body...)...)
}

// answering starts a peer, and hands out what it heard once the session is over.
func answering(t *testing.T, answer func(in []byte) [][]byte) (*Server, func() [][]byte) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan []byte, 1000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil || string(buf[:n]) == "stop" {
				return
			}
			heard <- bytes.Clone(buf[:n])
			for _, d := range answer(buf[:n]) {
				_, _ = conn.WriteTo(d, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	s := &Server{Addr: conn.LocalAddr().(*net.UDPAddr).AddrPort(), Name: "localhost", Dial: (&net.Dialer{}).DialContext}
	return s, func() (out [][]byte) {
		c, err := net.Dial("udp4", conn.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("stop")); err != nil {
			t.Fatal(err)
		}
		<-done
		close(heard)
		for d := range heard {
			out = append(out, d)
		}
		return out
	}
}

// The numbers of RFC 6347 go on after a cookie, a session that began is ended, and the hello names what it should.
func TestTheNumbersOfASession(t *testing.T) {
	hello := message(2, 1, slices.Concat([]byte{0xFE, 0xFD}, make([]byte, 32), []byte{0, 0xC0, 0x23, 0})...)
	s, heard := answering(t, func(in []byte) [][]byte {
		switch in[12+1+5] { // low byte of message_seq in the first message
		case 0:
			return [][]byte{message(3, 0, 0xFE, 0xFF, 2, 5, 6)}
		case 1:
			return [][]byte{hello, message(14, 2)}
		}
		return nil
	})
	view, err := s.Ask(context.Background(), flight.Modem())
	if err != nil || view.State() != flight.Whole || view.Hello.Suite != 0xC023 || !s.Met || s.RTT == 0 || s.Slowest == 0 {
		t.Fatalf("%v, %s, %+v", err, view.State(), s)
	}
	all := heard()
	if len(all) != 3 || s.Packets != 3 {
		t.Fatalf("%d datagrams, %d counted", len(all), s.Packets)
	}
	type numbers struct{ Record, Message uint64 }
	var got []numbers
	for _, d := range all[:2] {
		got = append(got, numbers{binary.BigEndian.Uint64(d[3:]) & (1<<48 - 1), uint64(binary.BigEndian.Uint16(d[17:]))})
	}
	if d := cmp.Diff([]numbers{{0, 0}, {1, 1}}, got); d != "" {
		t.Error(d)
	}
	if !bytes.Equal(all[0][27:59], all[1][27:59]) || !bytes.Contains(all[1][:70], []byte{2, 5, 6}) {
		t.Error("the second hello has another random, or no cookie")
	}
	if !bytes.Equal(all[2], flight.Bye(2)) {
		t.Errorf("the end is %x", all[2])
	}
}

// Nothing is sent into a session that never began: gnutls-serv would spin.
func TestNoByeIntoNothing(t *testing.T) {
	s, heard := answering(t, func(in []byte) [][]byte {
		if in[18] == 0 {
			return [][]byte{message(3, 0, 0xFE, 0xFF, 2, 5, 6)}
		}
		return nil
	})
	s.Met = true
	view, err := s.Ask(context.Background(), flight.Modem())
	if err != nil || view.State() != flight.Cookie {
		t.Fatalf("%v, %s", err, view.State())
	}
	for _, d := range heard() {
		if d[0] != 22 {
			t.Errorf("sent %x", d)
		}
	}
}

// A server that takes what was not offered does not keep the sweep going.
func TestSweepEnds(t *testing.T) {
	sessions := 0
	s, heard := answering(t, func(in []byte) [][]byte {
		if in[0] != 22 {
			return nil
		}
		sessions++
		return [][]byte{
			message(2, 0, slices.Concat([]byte{0xFE, 0xFD}, make([]byte, 32), []byte{0, 0xC0, 0x2B, 0})...), message(14, 1),
		}
	})
	found := Sweep(context.Background(), s, flight.Modem(), nil, func(flight.View) {})
	heard()
	if d := cmp.Diff([]flight.Suite{0xC02B}, found); d != "" || sessions != 2 {
		t.Errorf("%s in %d sessions", d, sessions)
	}
}

func TestSweepAgainstOpenSSL(t *testing.T) {
	srv := peers.Root(t, "Root").Server(t)
	p := peers.OpenSSL(t, "-cert", srv.CertFile, "-key", srv.KeyFile, "-cipher",
		"ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0")
	s := &Server{Addr: netip.MustParseAddrPort(p.Addr), Dial: (&net.Dialer{}).DialContext, Known: Known{Met: true}}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	found := Sweep(ctx, s, append(flight.Modem(), flight.LwM2M()...), []flight.Suite{0xC024}, func(flight.View) {})
	slices.Sort(found)
	if d := cmp.Diff([]flight.Suite{0xC02B, 0xC0AE}, found); d != "" {
		t.Errorf("%s\n%s", d, p.Output())
	}
}

// distant is a socket whose datagrams take a while to arrive.
type distant struct {
	net.Conn
	way time.Duration
}

func (d distant) Write(b []byte) (int, error) {
	sent := bytes.Clone(b)
	time.AfterFunc(d.way, func() { _, _ = d.Conn.Write(sent) }) // fails when the session is over
	return len(b), nil
}

// A server behind a satellite: its answers come later than the first hello is repeated, and belong to the hello all the same.
func TestAServerThatIsFarAway(t *testing.T) {
	t.Parallel()
	const way = firstWait + 50*time.Millisecond
	has := []flight.Suite{0xC02B, 0xC023, 0xC00A}
	s, heard := answering(t, func(in []byte) [][]byte {
		if in[0] != 22 {
			return nil
		}
		if in[60] == 0 {
			return [][]byte{message(3, 0, 0xFE, 0xFF, 2, 5, 6)}
		}
		at := 61 + int(in[60])
		offer := in[at+2 : at+2+int(binary.BigEndian.Uint16(in[at:]))]
		for _, suite := range has {
			for i := 0; i < len(offer); i += 2 {
				if binary.BigEndian.Uint16(offer[i:]) == uint16(suite) {
					hello := slices.Concat([]byte{0xFE, 0xFD}, make([]byte, 32), []byte{0, byte(suite >> 8), byte(suite), 0})
					return [][]byte{message(2, 1, hello...), message(14, 2)}
				}
			}
		}
		return [][]byte{record(21, 2, 40)}
	})
	s.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return distant{c, way}, err
	}
	view, err := s.Ask(context.Background(), flight.Modem())
	if err != nil || view.State() != flight.Whole {
		t.Fatalf("%s, %v", view.State(), err)
	}
	found := Sweep(context.Background(), s, flight.Modem(), []flight.Suite{view.Hello.Suite}, func(flight.View) {})
	heard()
	if d := cmp.Diff(has[1:], found); d != "" {
		t.Error(d)
	}
	if s.RTT < way {
		t.Errorf("the way there and back takes %s", s.RTT)
	}
}
