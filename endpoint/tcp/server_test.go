package tcp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
	"example.org/sectag/internal/peers"
)

// serverAt is a server as a probe has it.
func serverAt(a netip.AddrPort, name string) *Server {
	return &Server{Addr: a, Name: name, Dial: (&net.Dialer{}).DialContext}
}

// certificates is the hello of a modem: its suites with certificates.
func certificates() flight.Hello {
	return flight.Hello{Suites: slices.DeleteFunc(flight.Modem(), flight.Suite.PSK)}
}

// The first flight of OpenSSL, whole, and what is known of the server then.
func TestTheFirstFlight(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inter := b.servers.Intermediate(t, "Between").Server(t)
	for name, c := range map[string]struct {
		cert *peers.Cert
		args []string
		asks bool
		take flight.Suite
	}{
		"it demands":           {b.server, mutual(), true, 0xC02B},
		"it asks":              {b.server, []string{"-verify", "2"}, true, 0xC02B},
		"it never asks":        {b.server, nil, false, 0xC02B},
		"with an intermediate": {inter, mutual("-cert_chain", inter.IssuersFile), true, 0xC02B},
		"what only it has":     {b.server, mutual("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"), true, 0xC024},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			far := peers.OpenSSLTCP(t, append([]string{"-cert", c.cert.CertFile, "-key", c.cert.KeyFile, "-CAfile", b.units.CertFile}, c.args...)...)
			s := serverAt(at(t, far.Addr), "localhost")
			v, err := s.Say(limited(t, patience), certificates())
			if err != nil || !v.Done || !v.Stream || v.Alert != nil || v.Finished || suiteOf(v) != c.take || v.Hello.Version != flight.TLS12 {
				t.Fatalf("%v, %+v\n%s", err, v, far.Output())
			}
			if (v.Request != nil) != c.asks || !slices.EqualFunc(v.Chain, c.cert.Chain(), bytes.Equal) {
				t.Errorf("asks %v, %d certificates", v.Request != nil, len(v.Chain))
			}
			if s.Packets != 1 || !s.Met || s.RTT <= 0 || s.Slowest < s.RTT {
				t.Errorf("%+v", s.Known)
			}
		})
	}
}

// Of versions, the hello that names one is answered in that one or refused.
func TestTheVersionsOfAServer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	everything := b.openssl(t, "-cipher", "ALL:@SECLEVEL=0", "-min_protocol", "TLSv1")
	modern := b.openssl(t, "-min_protocol", "TLSv1.2")
	for _, c := range []struct {
		far  *peers.Server
		say  flight.Version
		want flight.Version // 0: alert 70
	}{
		{everything, flight.TLS10, flight.TLS10},
		{everything, flight.TLS11, flight.TLS11},
		{everything, flight.TLS12, flight.TLS12},
		{everything, flight.TLS13, flight.TLS13},
		{modern, flight.TLS10, 0},
		{modern, flight.TLS11, 0},
		{modern, flight.TLS12, flight.TLS12},
		{modern, flight.TLS13, flight.TLS13},
	} {
		hello := certificates()
		if hello.Version = c.say; c.say == flight.TLS13 {
			hello.Suites = []flight.Suite{0x1301}
		}
		s := serverAt(at(t, c.far.Addr), "")
		v, err := s.Say(limited(t, patience), hello)
		if s.Slowest <= 0 {
			t.Errorf("said %s: its answer was not taken for a whole one", c.say)
		}
		var got flight.Version
		if v.Hello != nil {
			got = v.Hello.Version
		}
		if err != nil || got != c.want || c.want == 0 && (v.Alert == nil || v.Alert.Number != flight.ProtocolVersion) {
			t.Errorf("said %s: %v, got %s, alert %v\n%s", c.say, err, got, v.Alert, c.far.Output())
		}
	}
}

// The hello has the server's name and a random of its own, and nothing that is for datagrams alone.
func TestWhatAHelloOverTCPHolds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const connectionID, routability = 54, 61
	for _, name := range []string{"localhost", ""} {
		a, seen := goServer(t, loopback, &tls.Config{Certificates: []tls.Certificate{b.tls()}})
		hello := certificates()
		hello.CID, hello.RRC, hello.ServerName = true, true, "somebody.else"
		s := serverAt(a, name)
		v, err := s.Say(limited(t, patience), hello)
		m := next(t, seen)
		if err != nil || !v.Done || m.name != name || len(m.extensions) == 0 || slices.Contains(m.extensions, connectionID) || slices.Contains(m.extensions, routability) {
			t.Errorf("%v, heard %q, extensions %v", err, m.name, m.extensions)
		}
	}
	var randoms [][]byte
	heard := make(chan []byte, 2)
	a := listen(t, loopback, func(conn net.Conn) {
		buf := make([]byte, 1<<12)
		n, _ := io.ReadAtLeast(conn, buf, 5+4+2+32)
		heard <- buf[:n][5+4+2:][:32]
	})
	s := serverAt(a, "")
	for range 2 {
		if _, err := s.Say(limited(t, patience), certificates()); err != nil {
			t.Fatal(err)
		}
		randoms = append(randoms, <-heard)
	}
	if bytes.Equal(randoms[0], randoms[1]) || bytes.Equal(randoms[0], make([]byte, 32)) {
		t.Errorf("randoms %x", randoms)
	}
}

// However a peer answers, the look at it ends, and says what was seen.
func TestLookingAtPeersThatMisbehave(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer []byte
		stays  bool
		want   flight.State
		ended  bool
	}{
		"hangs up":              {nil, false, flight.Nothing, true},
		"silent":                {nil, true, flight.Nothing, false},
		"text":                  {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), true, flight.NotDTLS, false},
		"an alert":              {record(21, 2, 80), true, flight.Alerted, false},
		"half a record":         {[]byte{22, 3, 3, 0, 90, 2, 0}, true, flight.Began, false},
		"half, and hangs up":    {[]byte{22, 3, 3, 0, 90, 2, 0}, false, flight.Began, true},
		"an unreadable hello":   {record(22, 2, 0, 0, 3, 9, 9, 9), true, flight.Garbled, false},
		"an endless flight":     {bytes.Repeat(record(22, 0, 0, 0, 0), 60_000), true, flight.Began, false},
		"an endless warning":    {bytes.Repeat(record(21, 1, 90), 60_000), true, flight.Began, false},
		"one record, too long":  {[]byte{22, 3, 3, 0xFF, 0xFF}, true, flight.Garbled, false},
		"a message, too long":   {record(22, 11, 0xFF, 0xFF, 0xFF), true, flight.Garbled, false},
		"data before the hello": {record(23, 1, 2, 3), true, flight.Keyed, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := patience
			if c.stays && len(c.answer) < maxBytes && c.want != flight.Alerted && c.want != flight.NotDTLS && c.want != flight.Garbled {
				limit = time.Second
			}
			began := time.Now()
			v, err := serverAt(raw(t, c.answer, c.stays), "").Say(limited(t, limit), certificates())
			if err != nil || v.State() != c.want || v.Ended != c.ended {
				t.Errorf("%v, state %s, %+v", err, v.State(), v)
			}
			if took := time.Since(began); took > patience/2 || len(v.Warnings) > 8 {
				t.Errorf("it took %s, %d warnings", took, len(v.Warnings))
			}
		})
	}
}

// It is not waited for beyond the caller's time; one that has answered before has its own measure, and at least a moment.
func TestHowLongASilentServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		known hail.Known
		want  time.Duration
	}{
		"a stranger":               {hail.Known{}, time.Minute},
		"one that was quick":       {hail.Known{Met: true, Slowest: time.Millisecond}, minWait},
		"one that was slow":        {hail.Known{Met: true, Slowest: 2 * time.Second}, 20 * time.Second},
		"one that was slower yet":  {hail.Known{Met: true, Slowest: 20 * time.Second}, time.Minute},
		"one that all was said to": {hail.Known{Packets: hail.MaxPackets}, 0},
	} {
		for _, how := range []string{"silent", "unreachable"} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				dials, done := 0, make(chan struct{})
				s := serverAt(netip.MustParseAddrPort("192.0.2.7:8883"), "")
				s.Known = c.known
				s.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
					dials++
					if how == "unreachable" {
						close(done)
						<-ctx.Done()
						return nil, ctx.Err()
					}
					near, far := net.Pipe()
					go func() {
						defer close(done)
						_, _ = io.Copy(io.Discard, far)
					}()
					return near, nil
				}
				began := time.Now()
				v, err := s.Say(ctx, certificates())
				took := time.Since(began)
				if c.want > 0 {
					<-done
				}
				if err != nil || took != c.want || v.State() != flight.Nothing || (dials > 0) != (c.want > 0) {
					t.Errorf("%s, %s: %v after %s, %d dials, %+v", name, how, err, took, dials, v)
				}
			})
		}
	}
}

// A port where nothing listens is seen; what the network says beside that is an error.
func TestWhatTheNetworkSays(t *testing.T) { // not in parallel: another test could get the port that was closed
	l, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	closed := at(t, l.Addr().String())
	_ = l.Close()
	s := serverAt(closed, "")
	if v, err := s.Say(t.Context(), certificates()); err != nil || v.State() != flight.Refused || s.Packets != 0 || s.Met {
		t.Errorf("%v, %+v, %+v", err, v, s.Known)
	}
	if LetIn(t.Context(), serverAt(closed, ""), Suites()) {
		t.Error("a closed port let somebody in")
	}
	broken := errors.New("no way there")
	s.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, broken }
	if v, err := s.Say(t.Context(), certificates()); !errors.Is(err, broken) || v.State() != flight.Nothing {
		t.Errorf("%v, %+v", err, v)
	}
}

// Only a server that insists on no certificate lets somebody in who has none; it gets an empty list.
func TestWhoIsLetInWithoutACertificate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		args  []string
		takes []flight.Suite
		want  bool
	}{
		"it never asks":             {nil, flight.Modem(), true},
		"it asks":                   {[]string{"-verify", "2"}, flight.Modem(), true},
		"it demands":                {mutual(), flight.Modem(), false},
		"no suite of this computer": {nil, []flight.Suite{0xC024, 0xC0AE}, false},
		"a suite that it lacks":     {[]string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"}, []flight.Suite{0xC02B}, false},
		"it demands, and has 1.3":   {mutual("-tls1_3"), flight.Modem(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			far := b.openssl(t, c.args...)
			s := serverAt(at(t, far.Addr), "localhost")
			if got := LetIn(limited(t, patience), s, c.takes); got != c.want {
				t.Errorf("let in: %v\n%s", got, far.Output())
			}
			if spoke := c.takes[0] != 0xC024; (s.Packets > 0) != spoke {
				t.Errorf("%d packets", s.Packets)
			}
		})
	}
	for _, auth := range []tls.ClientAuthType{tls.RequestClientCert, tls.RequireAnyClientCert} {
		a, seen := goServer(t, loopback, &tls.Config{Certificates: []tls.Certificate{b.tls()}, ClientAuth: auth})
		got := LetIn(limited(t, patience), serverAt(a, "localhost"), Suites())
		if m := next(t, seen); got != (auth == tls.RequestClientCert) || (m.err == nil) != got || len(m.shown) > 0 || m.name != "localhost" {
			t.Errorf("%s: let in %v, the server: %v, saw %d certificates, heard %q", auth, got, m.err, len(m.shown), m.name)
		}
	}
	if LetIn(limited(t, time.Second), serverAt(raw(t, nil, true), ""), Suites()) {
		t.Error("a silent peer let somebody in")
	}
	spent := serverAt(raw(t, nil, true), "")
	spent.Packets = hail.MaxPackets
	if LetIn(limited(t, patience), spent, Suites()) || spent.Packets != hail.MaxPackets {
		t.Error("somebody was asked who was asked enough")
	}
}
