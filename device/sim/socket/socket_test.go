package socket_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim/socket"
)

const (
	okay  = "\r\nOK\r\n"
	wrong = "\r\nERROR\r\n"
)

// session is a far end in memory that answers each message with itself, in capitals.
type session struct {
	in   chan []byte
	once sync.Once
	end  chan struct{}
}

func newSession() *session { return &session{in: make(chan []byte, 100), end: make(chan struct{})} }

func (s *session) Read(p []byte) (int, error) {
	select {
	case b := <-s.in:
		return copy(p, b), nil
	case <-s.end:
		return 0, io.EOF
	}
}

func (s *session) Write(p []byte) (int, error) {
	s.in <- []byte(strings.ToUpper(string(p)))
	return len(p), nil
}

func (s *session) Close() error {
	s.once.Do(func() { close(s.end) })
	return nil
}

func (s *session) Suite() uint16                 { return 0xc023 }
func (s *session) ConnectionID() (down, up bool) { return true, false }

// dialer keeps what it was asked for.
type dialer struct {
	asked  []socket.Conf
	opened []*session
	stuck  bool // no handshake ever ends
}

func (d *dialer) Dial(ctx context.Context, c socket.Conf) (socket.Session, error) {
	d.asked = append(d.asked, c)
	if d.stuck {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s := newSession()
	d.opened = append(d.opened, s)
	return s, nil
}

// bench is a set of sockets, and what it said by itself.
type bench struct {
	set    *socket.Set
	dialer *dialer
	unit   socket.Unit

	mu   sync.Mutex
	said string
}

func newBench(form socket.Form) *bench {
	b := &bench{dialer: &dialer{}}
	b.set = socket.New(socket.Config{
		Form: form, Dialer: b.dialer,
		Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
			if host == "nowhere" {
				return nil, errors.New("no such host")
			}
			return []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}, nil
		},
		Say: func(line string) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.said += line
		},
	})
	slots := map[cred.Slot]string{{SecTag: 42, Kind: cred.PSK}: "00ff", {SecTag: 42, Kind: cred.PSKID}: "unit-1"}
	b.unit = socket.Unit{
		Registered: true, CipherUsed: true, ConnectionID: true, Fragments: true,
		Content: func(s cred.Slot) ([]byte, bool) { c, has := slots[s]; return []byte(c), has },
	}
	return b
}

// heard is what was said since the last time; to be called when nothing moves.
func (b *bench) heard() string {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.said
	b.said = ""
	return said
}

// run carries out lines of "command | answer"; an answer of one line of information stands without its line ends and OK.
func (b *bench) run(t *testing.T, script string) {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(script)) {
		command, want, _ := strings.Cut(strings.TrimSpace(line), " | ")
		switch {
		case want == "OK":
			want = okay
		case want == "ERROR":
			want = wrong
		case strings.HasPrefix(want, "#XRECV"):
			want = "\r\n" + strings.ReplaceAll(want, " / ", "\r\n") + okay
		default:
			want = "\r\n" + strings.ReplaceAll(want, " / ", "\r\n\r\n") + "\r\n" + okay
		}
		synctest.Wait() // what was sent has come back
		if got := string(b.set.Exec(t.Context(), []byte(command), b.unit).Raw); got != want {
			t.Errorf("%s\n got %q\nwant %q", command, got, want)
		}
	}
}

func TestSerialModem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(socket.Handles)
		b.run(t, `
AT#XSSOCKET=1,2,0,42 | #XSSOCKET: 0,2,273
AT#XSSOCKET=2,1,0,42,0,0 | #XSSOCKET: 1,1,258
AT#XSSOCKET=3,2,0,42 | ERROR
AT#XSSOCKET=1,3,0,42 | ERROR
AT#XSSOCKET=1,2,1,42 | ERROR
AT#XSSOCKET=1,2,0 | ERROR
AT#XSSOCKET=1,2,0,42,3 | ERROR
AT#XSSOCKET=1,2,0,42,2,1 | ERROR
AT#XSSOCKET=1,2,0,"42" | ERROR
AT#XSSOCKET=0 | ERROR
AT#XSSOCKET? | ERROR
AT#XSSOCKET=? | ERROR
AT#XSOCKET=0 | ERROR
AT#XSOCKETSELECT=0 | ERROR
AT#XSSOCKETOPT=0,0,5 | #XSSOCKETOPT: 0,2
AT#XSSOCKETOPT=1,0,5 | #XSSOCKETOPT: 1,0
AT#XSSOCKETOPT=2,0,5 | ERROR
AT#XSSOCKETOPT=0,0,4 | ERROR
AT#XSSOCKETOPT=0,0,15 | #XSSOCKETOPT: 0,0
AT#XSSOCKETOPT=0,1,2,"server.example" | OK
AT#XSSOCKETOPT=0,1,2,server.example | ERROR
AT#XSSOCKETOPT=0,1,14,3 | ERROR
AT#XSSOCKETOPT=0,1,14,2 | OK
AT#XSSOCKETOPT=0,0,14 | #XSSOCKETOPT: 0,2
AT#XSSOCKETOPT=0,1,15,1 | ERROR
AT#XSSOCKETOPT=0,1,18,30 | ERROR
AT#XSSOCKETOPT=0,1,18,31 | OK
AT#XSSOCKETOPT=0,1,12,1 | OK
AT#XSSOCKETOPT=0,1,13,1 | OK
AT#XSSOCKETOPT=0,1,22,1 | OK
AT#XSSOCKETOPT=0,1,19,1 | ERROR
AT#XSOCKETOPT=0,0,21 | #XSOCKETOPT: 0,30
AT#XSOCKETOPT=0,1,20,5 | OK
AT#XSOCKETOPT=0,0,20 | #XSOCKETOPT: 0,5
AT#XSEND=0,0,0,"early" | ERROR
AT#XRECV=0,0,0,1 | ERROR
AT#XCONNECT=0,"server.example",0 | ERROR
AT#XCONNECT=0,"nowhere",5684 | ERROR
AT#XCONNECT=0,"server.example",5684 | #XCONNECT: 0,1
AT#XCONNECT=0,"server.example",5684 | ERROR
AT#XSSOCKETOPT=0,0,4 | #XSSOCKETOPT: 0,0xc023
AT#XSSOCKETOPT=0,0,15 | #XSSOCKETOPT: 0,1
AT#XSSOCKETOPT=0,1,5,0 | ERROR
AT#XSEND=0,0,0,"word" | #XSEND: 0,0,4
AT#XSEND=0,1,0,"6a6B" | #XSEND: 0,0,2
AT#XSEND=0,1,0,"6a6" | ERROR
AT#XSEND=0,1,0,"6a",1 | ERROR
AT#XRECV=0,0,0,1,2 | #XRECV: 0,0,2 / WO
AT#XRECV=0,1,0,1 | #XRECV: 0,1,2 / 4a4b
AT#XRECV=0,0,64,0 | ERROR
AT#XCLOSE=0 | #XCLOSE: 0,0
AT#XCLOSE=0 | ERROR
AT#XSEND=0,0,0,"late" | ERROR
AT#XSSOCKET=1,2,0,42 | #XSSOCKET: 0,2,273
AT#XCLOSE | #XCLOSE: 1,0 / #XCLOSE: 0,0
AT#XGETADDRINFO="server.example" | #XGETADDRINFO: "2001:db8::1 192.0.2.1 192.0.2.2"
AT#XGETADDRINFO="server.example",1 | #XGETADDRINFO: "192.0.2.1 192.0.2.2"
AT#XGETADDRINFO="nowhere" | ERROR
AT#XGETADDRINFO="server.example",3 | ERROR`)
		c := b.dialer.asked[0]
		if c.Stream || c.Address != netip.MustParseAddrPort("192.0.2.1:5684") || c.Name != "server.example" || c.CID != 2 ||
			string(c.PSK) != "\x00\xff" || string(c.Identity) != "unit-1" || c.Chain != nil || c.Verify != nil {
			t.Errorf("asked for %+v", c)
		}
	})
}

func TestSLM(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(socket.Selected)
		b.run(t, `
AT#XSSOCKETOPT=0,5 | ERROR
AT#XSSOCKET=1,2,0,42 | #XSSOCKET: 0,2,273
AT#XSSOCKET=1,1,0,42,1 | #XSSOCKET: 1,1,258
AT#XSSOCKETOPT=0,5 | #XSSOCKETOPT: 1
AT#XSOCKETSELECT=0 | #XSOCKETSELECT: 0
AT#XSOCKETSELECT=2 | ERROR
AT#XSSOCKETOPT=0,5 | #XSSOCKETOPT: 2
AT#XSSOCKETOPT=1,14,1 | OK
AT#XCLOSE=0 | ERROR
AT#XCONNECT="192.0.2.9",5684 | #XCONNECT: 1
AT#XSEND="word",0 | #XSEND: 4
AT#XRECV=1 | #XRECV: 4 / WORD
AT#XAPOLL=1,1,0 | OK
AT#XSEND="more" | #XSEND: 4
AT#XRECV=1,64 | #XRECV: 4 / MORE
AT#XSOCKET=1,1,0 | ERROR
AT#XSSOCKET=0 | #XSSOCKET: 0,"closed"
AT#XSSOCKETOPT=0,5 | #XSSOCKETOPT: 1
AT#XSOCKET=0 | #XSOCKET: 0,"closed"
AT#XSOCKET=0 | ERROR`)
		if said := b.heard(); said != "#XAPOLL: 0,1\r\n" {
			t.Errorf("said %q", said)
		}
	})
}

func TestEightSockets(t *testing.T) {
	b := newBench(socket.Handles)
	for want := range 9 {
		got := string(b.set.Exec(t.Context(), []byte("AT#XSSOCKET=1,2,0,42"), b.unit).Raw)
		if (got == wrong) != (want == 8) {
			t.Errorf("socket %d: %q", want, got)
		}
	}
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(socket.Handles)
		name := strings.Repeat("n", 128)
		b.run(t, "AT#XSSOCKET=1,2,0,42 | #XSSOCKET: 0,2,273\nAT#XCONNECT=0,\""+name+"n\",1 | ERROR\nAT#XSSOCKETOPT=0,1,2,\""+name+"n\" | ERROR\n"+
			"AT#XSSOCKETOPT=0,1,2,\""+name+"\" | OK\nAT#XCONNECT=0,\""+name+"\",1 | #XCONNECT: 0,1\n"+
			"AT#XSEND=0,1,0,\""+strings.Repeat("00", 1401)+"\" | ERROR\nAT#XSEND=0,1,0,\""+strings.Repeat("00", 1400)+"\" | #XSEND: 0,0,1400\nAT#XRECV=0,1,0,1,2049 | ERROR")
		b.set.Close()
	})
}

// Waiting costs the time that the command says and no more, and the end of the line ends it.
func TestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(socket.Handles)
		took := func(command string, want time.Duration) {
			t.Helper()
			start := time.Now()
			if got := string(b.set.Exec(t.Context(), []byte(command), b.unit).Raw); got != wrong || time.Since(start) != want {
				t.Errorf("%s: %q after %v", command, got, time.Since(start))
			}
		}
		b.run(t, "AT#XSSOCKET=1,2,0,42 | #XSSOCKET: 0,2,273\nAT#XCONNECT=0,\"192.0.2.1\",1 | #XCONNECT: 0,1\nAT#XSSOCKET=1,2,0,42 | #XSSOCKET: 1,2,273")
		took("AT#XRECV=0,1,0,10", 10*time.Second)
		took("AT#XRECV=0,1,64,10", 0)
		b.dialer.stuck = true
		took(`AT#XCONNECT=1,"192.0.2.1",1`, 123*time.Second)
		b.run(t, "AT#XSSOCKETOPT=1,1,18,7 | OK")
		took(`AT#XCONNECT=1,"192.0.2.1",1`, 7*time.Second)
		b.unit.Registered = false
		took(`AT#XCONNECT=1,"192.0.2.1",1`, 0)
		took(`AT#XGETADDRINFO="192.0.2.1"`, 0)
		b.unit.Registered, b.unit.NoNames, b.dialer.stuck = true, true, false
		took(`AT#XCONNECT=1,"server.example",1`, 0)
		b.run(t, `AT#XCONNECT=1,"192.0.2.1",1 | #XCONNECT: 1,1`)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Hour, cancel)
		if got := string(b.set.Exec(ctx, []byte("AT#XRECV=0,1,0,0"), b.unit).Raw); got != wrong {
			t.Errorf("received %q", got)
		}
		b.set.Close()
	})
}

func TestPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(socket.Handles)
		step := func(script, want string) {
			t.Helper()
			b.run(t, script)
			if said := b.heard(); said != want {
				t.Errorf("after %s said %q, not %q", script, said, want)
			}
		}
		step("AT#XSSOCKET=1,2,0,42 | #XSSOCKET: 0,2,273\nAT#XAPOLL=0,1,5 | OK", "")
		step(`AT#XCONNECT=0,"192.0.2.1",1 | #XCONNECT: 0,1`, "#XAPOLL: 0,4\r\n")
		step(`AT#XSEND=0,0,0,"a" | #XSEND: 0,0,1`, "#XAPOLL: 0,1\r\n")
		step(`AT#XSEND=0,0,0,"b" | #XSEND: 0,0,1`, "") // it was told that there is something
		step("AT#XRECV=0,0,0,1 | #XRECV: 0,0,1 / A", "#XAPOLL: 0,1\r\n")
		step("AT#XAPOLL=,1,1 | OK", "#XAPOLL: 0,1\r\n")
		step("AT#XRECV=0,0,0,1 | #XRECV: 0,0,1 / B", "")
		step("AT#XAPOLL=0,0 | OK\nAT#XSEND=0,0,0,\"c\" | #XSEND: 0,0,1", "")
		step("AT#XAPOLL=0,1 | ERROR\nAT#XAPOLL=1,1,1 | ERROR\nAT#XAPOLL=0,1,64 | ERROR\nAT#XAPOLL | ERROR", "")
		step("AT#XAPOLL=0,1,1 | OK", "#XAPOLL: 0,1\r\n")
		b.dialer.opened[0].Close()
		step("AT#XRECV=0,0,0,1 | #XRECV: 0,0,1 / C\nAT#XRECV=0,0,0,1 | ERROR\nAT#XSEND=0,0,0,\"d\" | ERROR", "#XAPOLL: 0,16\r\n")
	})
}

// With certificates, what is judged is asked here too: the whole is tried against real servers in cmd/sectag/air.
func TestDataModeAndCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(socket.Handles)
		b.run(t, "AT#XSEND=0,2,0 | ERROR\nAT#XSSOCKET=1,2,0,42 | #XSSOCKET: 0,2,273\nAT#XSEND=0,2,0 | ERROR\nAT#XCONNECT=0,\"192.0.2.1\",1 | #XCONNECT: 0,1")
		a := b.set.Exec(t.Context(), []byte("AT#XSEND=0,2,0,3"), b.unit)
		if !a.Data || a.Length != 3 || string(a.Raw) != okay {
			t.Errorf("data mode is %+v", a)
		}
		if got := string(b.set.Data([]byte("a\"b"))); got != "\r\n#XDATAMODE: 0\r\n" {
			t.Errorf("data mode ended with %q", got)
		}
		if got := string(b.set.Data([]byte("x"))); got != "\r\n#XDATAMODE: -1\r\n" {
			t.Errorf("data for nobody ended with %q", got)
		}
		b.run(t, "AT#XRECV=0,0,0,1 | #XRECV: 0,0,3 / A\"B")
		b.set.Close()
	})
}

// Older firmware lacks options.
func TestOlderFirmware(t *testing.T) {
	b := newBench(socket.Handles)
	b.unit.CipherUsed, b.unit.ConnectionID, b.unit.Fragments = false, false, false
	for _, command := range []string{"AT#XSSOCKETOPT=0,0,4", "AT#XSSOCKETOPT=0,1,14,1", "AT#XSSOCKETOPT=0,0,15", "AT#XSSOCKETOPT=0,1,22,1"} {
		b.set.Exec(t.Context(), []byte("AT#XSSOCKET=1,2,0,42"), b.unit)
		if got := string(b.set.Exec(t.Context(), []byte(command), b.unit).Raw); got != wrong {
			t.Errorf("%s: %q", command, got)
		}
	}
}

// The judgement goes with the clock of this computer.
func TestExpiredServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a bubble begins in the year 2000
		b := newBench(socket.Handles)
		root := self(t, time.Now().Add(time.Hour))
		b.unit.HasRoot = true
		b.unit.Content = func(s cred.Slot) ([]byte, bool) {
			return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}), s.Kind == cred.RootCA
		}
		verify := func() error {
			b.run(t, "AT#XSSOCKET=1,2,0,42 | #XSSOCKET: 0,2,273\nAT#XCONNECT=0,\"192.0.2.1\",1 | #XCONNECT: 0,1\nAT#XCLOSE=0 | #XCLOSE: 0,0")
			return b.dialer.asked[len(b.dialer.asked)-1].Verify([][]byte{root})
		}
		if err := verify(); err != nil {
			t.Error(err)
		}
		<-time.After(2 * time.Hour)
		if err := verify(); err == nil {
			t.Error("an expired server is let pass")
		}
	})
}

func self(t *testing.T, end time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "server"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: end,
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// Any command has one final result, and closes what it opens.
func FuzzExec(f *testing.F) {
	for _, s := range []string{
		"AT#XSSOCKET=1,2,0,42", "AT#XSSOCKETOPT=0,1,2,\"x\"", "AT#XCONNECT=0,\"192.0.2.1\",5684", "AT#XSEND=0,1,0,\"40\"", "AT#XRECV=0,1,64,1",
		"AT#XAPOLL=,1,1", "AT#XCLOSE", "AT#XSOCKET=0", "AT#XGETADDRINFO=\"x\"", "AT#XSEND", "AT#", "AT#X=,", "AT#XSEND=0,2,0,9", "AT#XSOCKETOPT=0,0,20",
	} {
		f.Add(false, s, "AT#XSSOCKET=1,2,0,42")
		f.Add(true, "AT#XSSOCKET=1,2,0,42", s)
	}
	f.Fuzz(func(t *testing.T, selected bool, first, second string) {
		b := newBench(socket.Handles)
		if selected {
			b = newBench(socket.Selected)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nothing waits
		for _, command := range []string{first, second} {
			raw := string(b.set.Exec(ctx, []byte(command), b.unit).Raw)
			if !strings.HasSuffix(raw, okay) && raw != wrong {
				t.Fatalf("%q gave %q", command, raw)
			}
		}
		b.set.Close()
	})
}
