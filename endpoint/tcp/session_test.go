package tcp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/session"
	"example.org/sectag/internal/peers"
)

// connect makes one connection with the server's own address and no judgement of the server.
func connect(t *testing.T, a netip.AddrPort, id session.Identity) (Result, *cred.Fault) {
	t.Helper()
	return Connect(limited(t, patience), a, id, Options{Server: endpointOf(a, ""), Judge: anyServer})
}

// openSSLNames are the suites as s_server names them. One that Suites gained and that is not here fails the test.
var openSSLNames = map[flight.Suite]string{
	0xC02B: "ECDHE-ECDSA-AES128-GCM-SHA256", 0xC023: "ECDHE-ECDSA-AES128-SHA256", 0xC00A: "ECDHE-ECDSA-AES256-SHA", 0xC009: "ECDHE-ECDSA-AES128-SHA",
	0xC030: "ECDHE-RSA-AES256-GCM-SHA384", 0xC02F: "ECDHE-RSA-AES128-GCM-SHA256", 0xC027: "ECDHE-RSA-AES128-SHA256",
	0xC014: "ECDHE-RSA-AES256-SHA", 0xC013: "ECDHE-RSA-AES128-SHA",
}

// Each suite is made with a server that has no other.
func TestEverySuiteIsMade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	long := b.servers.Issue(t, peers.Spec{RSA: 2048})
	if len(Suites()) != len(openSSLNames) {
		t.Fatalf("%d suites, and %d are known here", len(Suites()), len(openSSLNames))
	}
	for _, s := range Suites() {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			c := b.server
			if strings.Contains(s.String(), "_RSA_") {
				c = long
			}
			far := peers.OpenSSLTCP(t, append([]string{"-cert", c.CertFile, "-key", c.KeyFile, "-CAfile", b.units.CertFile, "-tls1_2", "-cipher", openSSLNames[s]}, mutual()...)...)
			r, f := connect(t, at(t, far.Addr), b.identity(t, b.unit))
			if f != nil || suiteOf(r.View) != s || r.Took <= 0 || !r.View.Finished || len(r.Findings)+len(r.Alerts) > 0 || r.Alert != nil {
				t.Errorf("%v, %s, took %s, findings %+v, alerts %+v\n%s", f, suiteOf(r.View), r.Took, r.Findings, r.Alerts, far.Output())
			}
			if far.WaitFor(t, "CIPHER is "+openSSLNames[s]); !strings.Contains(far.Output(), unitName) {
				t.Errorf("the server did not see the unit:\n%s", far.Output())
			}
		})
	}
}

// What a server has that this computer has not is told apart from what the modem has not.
func TestSuitesThatCannotBeMade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		cipher      string
		code, finds string
		alert       int
	}{
		"the modem has it":  {"ECDHE-ECDSA-AES256-SHA384", "", "dtls.suite-untested", -1},
		"it has not: CCM_8": {"ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0", "dtls.no-common-suite", "", 40},
		"it has not: GCM":   {"ECDHE-ECDSA-AES256-GCM-SHA384", "dtls.no-common-suite", "", 40},
		"it has not: a PSK": {"PSK-AES256-CCM", "dtls.no-common-suite", "", 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			far := b.openssl(t, mutual("-tls1_2", "-cipher", c.cipher, "-psk", "00112233445566778899aabbccddeeff")...)
			r, f := connect(t, at(t, far.Addr), b.identity(t, b.unit))
			found, alert := "", -1
			for _, x := range r.Findings {
				found += x.Code
			}
			if r.Alert != nil {
				alert = int(*r.Alert)
			}
			if code(f) != c.code || found != c.finds || alert != c.alert || r.Took != 0 {
				t.Errorf("%v, findings %q, alert %d, took %s\n%s", f, found, alert, r.Took, far.Output())
			}
		})
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		args []string
		code string
		want flight.Version
	}{
		{[]string{"-tls1_2"}, "", flight.TLS12},
		{nil, "", flight.TLS12}, // it has 1.3 as well
		{[]string{"-tls1_3"}, "dtls.70", 0},
		{[]string{"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}, "dtls.70", 0},
		{[]string{"-tls1", "-cipher", "ALL:@SECLEVEL=0"}, "dtls.70", 0},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			far := b.openssl(t, mutual(c.args...)...)
			r, f := connect(t, at(t, far.Addr), b.identity(t, b.unit))
			var got flight.Version
			if r.View.Hello != nil {
				got = r.View.Hello.Version
			}
			if code(f) != c.code || got != c.want || (r.Took > 0) != (c.code == "") {
				t.Errorf("%v, version %s, took %s\n%s", f, got, r.Took, far.Output())
			}
		})
	}
}

// The certificate is shown to whoever asks, and to nobody else; what the server saw is its own word.
func TestWhoAsksForACertificateGetsIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		auth  tls.ClientAuthType
		names *peers.Cert // the authorities that it names
		shown bool
		finds string
	}{
		"it never asks":                  {tls.NoClientCert, b.units, false, ""},
		"it asks":                        {tls.RequestClientCert, b.units, true, ""},
		"it demands any":                 {tls.RequireAnyClientCert, b.units, true, ""},
		"it verifies if given":           {tls.VerifyClientCertIfGiven, b.units, true, ""},
		"it demands and verifies":        {tls.RequireAndVerifyClientCert, b.units, true, ""},
		"it asks for another's":          {tls.RequestClientCert, b.others, true, "dtls.ca-not-listed"},
		"it demands any, names another":  {tls.RequireAnyClientCert, b.others, true, "dtls.ca-not-listed"},
		"it demands any, and names none": {tls.RequireAnyClientCert, nil, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := &tls.Config{Certificates: []tls.Certificate{b.tls()}, ClientAuth: c.auth}
			if c.names != nil {
				config.ClientCAs = pool(c.names)
			}
			a, seen := goServer(t, loopback, config)
			r, f := connect(t, a, b.identity(t, b.unit))
			m, found := next(t, seen), ""
			for _, x := range r.Findings {
				found += x.Code
			}
			if f != nil || m.err != nil || found != c.finds || (r.View.Request != nil) != c.shown || !r.View.Finished || r.Took <= 0 {
				t.Fatalf("%v, the server: %v, findings %q, %+v", f, m.err, found, r.View)
			}
			if shown := len(m.shown) == 1 && m.shown[0].Equal(b.unit.X509); shown != c.shown || !c.shown && len(m.shown) > 0 {
				t.Errorf("the server saw %d certificates", len(m.shown))
			}
		})
	}
}

// A server's refusal is known by its number, its moment and its sender, from OpenSSL and from crypto/tls.
func TestAlertsOfServers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	old := b.units.Issue(t, peers.Spec{CN: unitName, Client: true, Begin: time.Now().Add(-48 * time.Hour), End: time.Now().Add(-time.Hour)})
	bare := func(certs, key []byte) session.Identity {
		id, fault := session.Bare(certs, key, b.servers.PEM)
		if fault != nil {
			t.Fatal(fault)
		}
		return id
	}
	demanding := &tls.Config{Certificates: []tls.Certificate{b.tls()}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool(b.units)}
	for name, c := range map[string]struct {
		id              session.Identity
		openssl, native uint8
	}{
		"another authority's": {b.identity(t, b.others.Unit(t, unitName)), 48, 48},
		"it has ended":        {b.identity(t, old), 45, 45},
		"none":                {bare(nil, nil), 40, 40},
		"another key":         {bare(b.unit.PEM, b.others.Unit(t, unitName).KeyPEM), 51, 51},
	} {
		for _, whose := range []string{"OpenSSL", "crypto/tls"} {
			t.Run(name+", "+whose, func(t *testing.T) {
				t.Parallel()
				var a netip.AddrPort
				want := c.openssl
				if whose == "OpenSSL" {
					a = at(t, b.openssl(t, mutual()...).Addr)
				} else {
					a, _ = goServer(t, loopback, demanding)
					want = c.native
				}
				r, f := connect(t, a, c.id)
				if code(f) != fmt.Sprintf("dtls.%d", want) || r.Alert == nil || *r.Alert != want || r.Took != 0 {
					t.Fatalf("%v, alert %v, took %s", f, r.Alert, r.Took)
				}
				if len(r.Alerts) != 1 || r.Alerts[0].Number != want || r.Alerts[0].From != session.FromServer || !r.Alerts[0].Fatal || r.Alerts[0].When != "when it was shown the unit's certificate" {
					t.Errorf("%+v", r.Alerts)
				}
			})
		}
	}
}

// In answer to the hello the same number means something else, and no alert is heard for another.
func TestAlertsInAnswerToTheHello(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, n := range []byte{0, 10, 40, 42, 70, 71, 80, 112, 200} {
		for _, level := range []byte{1, 2} {
			if level == 1 && n == 112 {
				continue // a warning that servers send and go on
			}
			r, f := connect(t, raw(t, record(21, level, n), false), b.identity(t, b.unit))
			if code(f) != fmt.Sprintf("dtls.%d", n) || r.Alert == nil || *r.Alert != n || len(r.Alerts) != 1 || r.Alerts[0].When != "in answer to the hello" {
				t.Errorf("level %d, alert %d: %v, %+v", level, n, f, r.Alerts)
			}
		}
	}
}

// What Judge says of the server ends the handshake; the unit has shown nothing by then, and the server hears an alert.
func TestAServerThatIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, seen := goServer(t, loopback, &tls.Config{Certificates: []tls.Certificate{b.tls()}, ClientAuth: tls.RequireAnyClientCert})
	no := cred.Failed("chain.untrusted", "it is another's", "ask its owner")
	var judged [][]byte
	r, f := Connect(limited(t, patience), a, b.identity(t, b.unit), Options{Server: endpointOf(a, ""), Judge: func(raw [][]byte) *cred.Fault {
		judged = raw
		return no
	}})
	m := next(t, seen)
	if f != no || len(judged) != 1 || !bytes.Equal(judged[0], b.server.X509.Raw) || r.Took != 0 || r.View.Finished || r.Alert != nil {
		t.Errorf("%v, judged %d, took %s, %+v", f, len(judged), r.Took, r.View)
	}
	if len(r.Alerts) != 1 || r.Alerts[0].Number != 42 || r.Alerts[0].From != session.FromUnit {
		t.Errorf("%+v", r.Alerts)
	}
	if m.err == nil || !strings.Contains(m.err.Error(), "bad certificate") || len(m.shown) > 0 {
		t.Errorf("the server heard %v and saw %d certificates", m.err, len(m.shown))
	}
}

// Peers that are no servers, or bad ones: each has its code, and none keeps a unit longer than it has time.
func TestPeersThatMisbehave(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	hello := record(22, append([]byte{2, 0, 0, 38, 3, 3}, append(make([]byte, 32), 0, 0xC0, 0x2B, 0)...)...)
	id := b.identity(t, b.unit)
	for name, c := range map[string]struct {
		answer []byte
		stays  bool
		code   string
	}{
		"hangs up":                    {nil, false, "dtls.not-dtls"},
		"silent":                      {nil, true, "dtls.silent"},
		"text":                        {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), false, "dtls.not-dtls"},
		"text, and stays":             {[]byte("220 mail.example ESMTP\r\n"), true, "dtls.not-dtls"},
		"noise":                       {bytes.Repeat([]byte{0xA5, 0x16, 0x03}, 5000), true, "dtls.not-dtls"},
		"one byte":                    {[]byte{22}, true, "dtls.began-silent"},
		"half a record":               {[]byte{22, 3, 3, 0, 90, 2, 0}, true, "dtls.began-silent"},
		"a hello and no more":         {hello, true, "dtls.began-silent"},
		"a hello, and hangs up":       {hello, false, "dtls.began-silent"},
		"a hello, and noise":          {append(slices.Clone(hello), bytes.Repeat([]byte{0xA5}, 100)...), true, "dtls.garbled"},
		"an unreadable hello":         {record(22, 2, 0, 0, 3, 9, 9, 9), true, "dtls.garbled"},
		"an alert of three bytes":     {record(21, 2, 40, 0), true, "dtls.garbled"},
		"a certificate of two MB":     {append(slices.Clone(hello), record(22, 11, 0x20, 0, 0)...), true, "chain.too-long"},
		"an older version":            {record(22, append([]byte{2, 0, 0, 38, 3, 2}, append(make([]byte, 32), 0, 0xC0, 0x13, 0)...)...), true, "dtls.version"},
		"a suite that nobody offered": {record(22, append([]byte{2, 0, 0, 38, 3, 3}, append(make([]byte, 32), 0, 0x00, 0x2F, 0)...)...), true, "dtls.began-silent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := patience
			if c.stays {
				limit = time.Second
			}
			began := time.Now()
			a := raw(t, c.answer, c.stays)
			r, f := Connect(limited(t, limit), a, id, Options{Server: endpointOf(a, ""), Judge: anyServer})
			if code(f) != c.code || r.Took != 0 {
				t.Errorf("%v, took %s", f, r.Took)
			}
			if took := time.Since(began); took > patience/2 {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// A server that has all of the unit's flight and says nothing to it is told apart from one that hangs up.
func TestAServerThatIsLostBehindTheCertificate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		auth  tls.ClientAuthType
		stays bool
		text  string
	}{
		"silent":              {tls.RequireAnyClientCert, true, "fell silent after the unit showed its certificate"},
		"hangs up":            {tls.RequireAnyClientCert, false, "hung up after the unit showed its certificate"},
		"silent, never asked": {tls.NoClientCert, true, "fell silent after the unit's Finished"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := listen(t, loopback, func(conn net.Conn) {
				// Its own Finished is never written: after the first flight nothing is.
				s := tls.Server(&muzzled{Conn: conn, stays: c.stays}, &tls.Config{Certificates: []tls.Certificate{b.tls()}, ClientAuth: c.auth, SessionTicketsDisabled: true})
				_ = s.Handshake()
				if c.stays {
					_, _ = io.Copy(io.Discard, conn)
				}
			})
			limit := patience
			if c.stays {
				limit = 3 * time.Second
			}
			r, f := Connect(limited(t, limit), a, b.identity(t, b.unit), Options{Server: endpointOf(a, ""), Judge: anyServer})
			if code(f) != "dtls.began-silent" || !strings.Contains(f.Text, c.text) || !r.View.Finished || r.View.Encrypted || r.Took != 0 {
				t.Errorf("%v, took %s, %+v", f, r.Took, r.View)
			}
		})
	}
}

// muzzled lets one write through, and then none.
type muzzled struct {
	net.Conn
	stays  bool
	writes int
}

func (m *muzzled) Write(b []byte) (int, error) {
	m.writes++
	switch {
	case m.writes == 1:
		return m.Conn.Write(b)
	case m.stays:
		return len(b), nil
	}
	return 0, errors.New("muzzled")
}

// Whoever changes a server's flight on its way is noticed: the signature over the key exchange no longer fits.
func TestAFlightThatWasChangedOnItsWay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	behind, _ := goServer(t, loopback, &tls.Config{Certificates: []tls.Certificate{b.tls()}, ClientAuth: tls.RequireAnyClientCert})
	for name, spoil := range map[string]func([]byte){
		"nothing":       func([]byte) {},
		"the signature": func(flight []byte) { spoilMessage(flight, 12) },
	} {
		a := listen(t, loopback, func(conn net.Conn) {
			far, err := net.Dial("tcp", behind.String())
			if err != nil {
				return
			}
			defer far.Close()
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = io.Copy(far, conn)
				_ = far.(*net.TCPConn).CloseWrite()
			}()
			first := make([]byte, 1<<14)
			n, _ := far.Read(first)
			spoil(first[:n])
			_, _ = conn.Write(first[:n])
			_, _ = io.Copy(conn, far)
			_ = conn.Close()
			<-done
		})
		want := "dtls.garbled"
		if name == "nothing" {
			want = ""
		}
		if r, f := connect(t, a, b.identity(t, b.unit)); code(f) != want || (r.Took > 0) != (want == "") || want != "" && r.View.Finished {
			t.Errorf("%s: %v, took %s, %+v", name, f, r.Took, r.View)
		}
	}
}

// spoilMessage changes the last byte of a handshake message that is a record of its own, as crypto/tls writes them.
func spoilMessage(flight []byte, typ byte) {
	for len(flight) > 5 {
		n := 5 + int(flight[3])<<8 + int(flight[4])
		if flight[0] == 22 && flight[5] == typ {
			flight[n-1] ^= 1
			return
		}
		flight = flight[n:]
	}
}

// Where there is no connection at all.
func TestWhereNoConnectionIsOpened(t *testing.T) { // not in parallel: another test could get the port that was closed
	b := newBench(t)
	l, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	closed := at(t, l.Addr().String())
	_ = l.Close()
	if r, f := connect(t, closed, b.identity(t, b.unit)); code(f) != "dtls.closed" || !strings.Contains(f.Text, "TCP port "+closed.String()) || r.View.Sent > 0 {
		t.Errorf("%v, %+v", f, r.View)
	}
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"no way there": {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}, session.NoRoute},
		"no answer":    {nil, "dtls.silent"},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			_, f := Connect(ctx, closed, b.identity(t, b.unit), Options{Server: endpointOf(closed, ""), Judge: anyServer, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				if network != "tcp" || address != closed.String() {
					t.Errorf("%s: dialled %s %s", name, network, address)
				}
				if c.err != nil {
					return nil, c.err
				}
				<-ctx.Done()
				return nil, ctx.Err()
			}})
			if took := time.Since(began); code(f) != c.code || c.err == nil && took != time.Minute || c.err != nil && took != 0 {
				t.Errorf("%s: %v after %s", name, f, took)
			}
		})
	}
}

// The time is the caller's to the end, also for a peer that says a byte of its hello now and then.
func TestNobodyIsWaitedForLonger(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, drip := range map[string]bool{"silence": false, "a byte every second": true} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer far.Close()
				second := time.NewTicker(time.Second) // of the bubble's time
				defer second.Stop()
				_, err := far.Read(make([]byte, 1<<12))
				for _, c := range slices.Concat([]byte{22, 3, 3, 0x3F, 0xFF, 2, 0, 0x3F, 0xFB, 3, 3}, make([]byte, 1<<13)) {
					if !drip || err != nil {
						break
					}
					<-second.C
					_, err = far.Write([]byte{c})
				}
				_, _ = io.Copy(io.Discard, far)
			}()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			a := netip.MustParseAddrPort("192.0.2.7:8883")
			_, f := Connect(ctx, a, b.identity(t, b.unit), Options{Server: endpointOf(a, ""), Judge: anyServer, Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil }})
			want := map[bool]string{false: "dtls.silent", true: "dtls.began-silent"}[drip]
			took := time.Since(began)
			<-done
			if code(f) != want || took != time.Minute {
				t.Errorf("%s: %v after %s", name, f, took)
			}
		})
	}
}

// Behind the handshake a server has a second to say no after all; one that speaks first has let the unit in.
func TestTheSecondBehindTheHandshake(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		then func(*tls.Conn)
		code string
		took time.Duration
	}{
		"it waits":        {func(s *tls.Conn) { _, _ = io.Copy(io.Discard, s) }, "", time.Second},
		"it greets":       {func(s *tls.Conn) { _, _ = s.Write([]byte("220 ready\r\n")); _, _ = io.Copy(io.Discard, s) }, "", 0},
		"it says good-by": {func(s *tls.Conn) { _ = s.Close() }, "dtls.0", 0},
		"it hangs up":     {func(s *tls.Conn) { _ = s.NetConn().Close() }, "dtls.0", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				s := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{b.tls()}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool(b.units), Time: func() time.Time { return b.unit.X509.NotBefore.Add(time.Hour) }})
				if err := s.Handshake(); err != nil {
					t.Errorf("%s: the server: %v", name, err)
				}
				c.then(s)
				_ = far.Close()
			}()
			a := netip.MustParseAddrPort("192.0.2.7:8883")
			began := time.Now()
			r, f := Connect(t.Context(), a, b.identity(t, b.unit), Options{Server: endpointOf(a, ""), Judge: anyServer, Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil }})
			took := time.Since(began)
			<-done
			if code(f) != c.code || took != c.took || !r.View.Encrypted {
				t.Errorf("%s: %v after %s, %+v", name, f, took, r.View)
			}
			if c.code != "" && (r.Alert == nil || *r.Alert != 0 || len(r.Alerts) != 1 || r.Alerts[0].Fatal || r.Alerts[0].When != "in the open session") {
				t.Errorf("%s: %+v", name, r.Alerts)
			}
		})
	}
}

// The name goes along where a person gave one, an address never does (RFC 6066, section 3).
func TestTheServersNameIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, address := range []string{loopback, "[::1]:0"} {
		for _, name := range []string{"localhost", ""} {
			a, seen := goServer(t, address, &tls.Config{Certificates: []tls.Certificate{b.tls()}, ClientAuth: tls.RequireAnyClientCert})
			r, f := Connect(limited(t, patience), a, b.identity(t, b.unit), Options{Server: endpointOf(a, name), Judge: anyServer})
			if m := next(t, seen); f != nil || r.Took <= 0 || m.err != nil || m.name != name {
				t.Errorf("%s: %v, the server: %v, heard %q", endpointOf(a, name), f, m.err, m.name)
			}
		}
	}
	// Asked for what else it has, a server is given the name as well.
	for _, name := range []string{"localhost", ""} {
		a, seen := goServer(t, loopback, &tls.Config{Certificates: []tls.Certificate{b.tls()}, CipherSuites: []uint16{0xC02C}, MaxVersion: tls.VersionTLS12})
		if _, f := Connect(limited(t, patience), a, b.identity(t, b.unit), Options{Server: endpointOf(a, name), Judge: anyServer}); code(f) != "dtls.no-common-suite" {
			t.Errorf("%q: %v", name, f)
		}
		for i := range 3 {
			if m := next(t, seen); m.name != name {
				t.Errorf("hello %d had the name %q, not %q", i, m.name, name)
			}
		}
	}
	// A server that knows only another name says so.
	far := b.openssl(t, mutual("-servername", "other.example", "-servername_fatal", "-cert2", b.server.CertFile, "-key2", b.server.KeyFile)...)
	for name, want := range map[string]string{"localhost": "dtls.112", "other.example": ""} {
		if _, f := Connect(limited(t, patience), at(t, far.Addr), b.identity(t, b.unit), Options{Server: endpointOf(at(t, far.Addr), name), Judge: anyServer}); code(f) != want {
			t.Errorf("%s: %v\n%s", name, f, far.Output())
		}
	}
}

func TestOpenSSLOverIPv6(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	far := peers.OpenSSLTCP6(t, append([]string{"-cert", b.server.CertFile, "-key", b.server.KeyFile, "-CAfile", b.units.CertFile}, mutual()...)...)
	r, f := connect(t, at(t, far.Addr), b.identity(t, b.unit))
	if f != nil || r.Took <= 0 || !strings.HasPrefix(far.Addr, "[::1]:") {
		t.Errorf("%s: %v\n%s", far.Addr, f, far.Output())
	}
	s := serverAt(at(t, far.Addr), "")
	if v, err := s.Say(limited(t, patience), certificates()); err != nil || !v.Done || v.Request == nil {
		t.Errorf("%v, %+v\n%s", err, v, far.Output())
	}
	if LetIn(limited(t, patience), s, Suites()) {
		t.Error("it let in who shows nothing")
	}
}

// The steps are told in their order, each once.
func TestTheStepsAreTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := at(t, b.openssl(t, mutual()...).Addr)
	var told []string
	_, f := Connect(limited(t, patience), a, b.identity(t, b.unit), Options{Server: endpointOf(a, ""), Judge: anyServer, Flight: func(line string) { told = append(told, line) }})
	want := []string{
		"-> hello", "<- server hello, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "<- 1 certificates", "<- asks for our certificate", "<- hello done",
		"-> our certificate and Finished", "<- Finished",
	}
	if d := cmp.Diff(want, told); f != nil || d != "" {
		t.Errorf("%v\n%s", f, d)
	}
}
