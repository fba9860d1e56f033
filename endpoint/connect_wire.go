package endpoint

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pion/dtls/v3/pkg/protocol/alert"
	"github.com/pion/logging"

	"example.org/sectag/endpoint/flight"
)

// wire is a connected UDP socket that shows every datagram to seen, both ways. Connected, so that "nothing listens here" is
// heard at once.
type wire struct {
	net.Conn
	seen *flight.Seen
	tell *teller

	mu    sync.Mutex
	until time.Time // the library's read deadline
}

// linger is how long a datagram is looked for behind "connection refused": long enough for one that is there.
const linger = 20 * time.Millisecond

// ReadFrom reads a datagram; part of net.PacketConn.
func (w *wire) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := w.Read(b)
	if errors.Is(err, syscall.ECONNREFUSED) {
		w.seen.PortUnreachable()
		n, err = w.behind(b, err)
	}
	if err == nil {
		w.seen.Incoming(b[:n])
		w.tell.look(w.seen.View())
	}
	return n, w.RemoteAddr(), err
}

// behind looks for the last word of a server that closed its port: the system tells the refusal before what came earlier.
func (w *wire) behind(b []byte, refused error) (int, error) {
	if w.seen.View().Received == 0 {
		return 0, refused
	}
	w.mu.Lock()
	_ = w.Conn.SetReadDeadline(time.Now().Add(linger))
	w.mu.Unlock()
	n, err := w.Read(b)
	w.mu.Lock()
	_ = w.Conn.SetReadDeadline(w.until)
	w.mu.Unlock()
	if err != nil {
		return 0, refused
	}
	return n, nil
}

// SetReadDeadline is the library's; behind borrows it for a moment.
func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = t
	return w.Conn.SetReadDeadline(t)
}

// SetDeadline sets both.
func (w *wire) SetDeadline(t time.Time) error {
	if err := w.SetReadDeadline(t); err != nil {
		return err
	}
	return w.SetWriteDeadline(t)
}

// WriteTo sends a datagram to the server, the only address that the socket knows; part of net.PacketConn. A refusal that is
// told here belongs to an earlier datagram: this one was not sent, so it is sent now, and reading tells what there is to tell.
func (w *wire) WriteTo(b []byte, _ net.Addr) (int, error) {
	out := plainAlert(b, w.seen.View().Hello)
	w.seen.Outgoing(out)
	w.tell.look(w.seen.View())
	_, err := w.Write(out)
	if errors.Is(err, syscall.ECONNREFUSED) {
		w.seen.PortUnreachable()
		if w.seen.View().Received > 0 {
			_, err = w.Write(out)
		}
	}
	return len(b), err
}

// plainAlert repairs an alert in clear of a session with a Connection ID. The library (v3.1.15) writes it as a tls12_cid record,
// which no server can read: "plaintext payloads never use the new record format" (RFC 9146, section 3). The server would not learn
// why we leave.
func plainAlert(b []byte, h *flight.ServerHello) []byte {
	const typeAlert, typeCID, cidAt, header = 21, 25, 11, 13
	if h == nil || len(b) != header+h.ConnectionIDLength+3 || b[0] != typeCID || b[3] != 0 || b[4] != 0 || b[len(b)-1] != typeAlert {
		return b
	}
	out := append([]byte{typeAlert}, b[1:cidAt]...)
	return append(out, 0, 2, b[len(b)-3], b[len(b)-2])
}

// teller puts into words what changed on the wire, for the progress line of a screen.
type teller struct {
	mu   sync.Mutex
	last flight.View
	say  func(string)
}

func (t *teller) look(v flight.View) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range changes(t.last, v) {
		t.say(line)
	}
	t.last = v
}

// stop keeps what still runs in the library from talking after the connection is over.
func (t *teller) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.say = func(string) {}
}

func (t *teller) line(s string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.say(s)
}

// changes names the steps between two views of the same session, in the order of a handshake.
func changes(a, b flight.View) []string {
	var out []string
	when := func(happened bool, line string) {
		if happened {
			out = append(out, line)
		}
	}
	when(a.Sent == 0 && b.Sent > 0, "-> hello")
	when(b.Sent > a.Sent && a.Sent > 0 && b.Received == 0, "-> hello again")
	when(b.Cookies > a.Cookies, "<- cookie")
	when(b.Cookies > 0 && b.Sent == a.Sent+1 && a.Hello == nil, "-> hello with the cookie")
	if a.Hello == nil && b.Hello != nil {
		out = append(out, "<- server hello, "+b.Hello.Suite.String())
	}
	if a.Chain == nil && b.Chain != nil {
		out = append(out, fmt.Sprintf("<- %d certificates", len(b.Chain)))
	}
	when(a.Request == nil && b.Request != nil, "<- asks for our certificate")
	when(!a.Done && b.Done, "<- hello done")
	when(!a.Finished && b.Finished, "-> our certificate and Finished")
	when(!a.Encrypted && b.Encrypted, "<- Finished")
	if a.Alert == nil && b.Alert != nil {
		out = append(out, "<- alert "+b.Alert.String())
	}
	when(b.Foreign > a.Foreign, "<- something that is no DTLS")
	return out
}

// ear listens to the library's own trace for the one thing that it tells nowhere else: the number of an alert that came under
// the session's keys. All the rest is dropped.
type ear struct {
	mu    sync.Mutex
	heard *uint8
}

// NewLogger hands out the ear itself; part of logging.LoggerFactory, as all below of logging.LeveledLogger.
func (e *ear) NewLogger(string) logging.LeveledLogger { return e }

// Tracef hears "client: <- Alert Fatal: UnknownCA" (pion/dtls v3.1.15, conn.go; a test holds it).
func (e *ear) Tracef(format string, args ...any) {
	if len(args) != 2 || !strings.Contains(format, "<-") {
		return
	}
	text, ok := args[1].(string)
	if !ok || !strings.HasPrefix(text, "Alert ") {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = alertNamed(text)
}

func (e *ear) alert() *uint8 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard
}

// alertNamed finds the number of an alert that the library wrote in words; nil for one that it has no word for.
func alertNamed(text string) *uint8 {
	for n := range 256 {
		a := alert.Alert{Level: alert.Warning, Description: alert.Description(n)}
		b := alert.Alert{Level: alert.Fatal, Description: alert.Description(n)}
		if (text == a.String() || text == b.String()) && !strings.Contains(text, "Invalid") {
			number := uint8(n)
			return &number
		}
	}
	return nil
}

func (*ear) Trace(string)          {}
func (*ear) Debug(string)          {}
func (*ear) Debugf(string, ...any) {}
func (*ear) Info(string)           {}
func (*ear) Infof(string, ...any)  {}
func (*ear) Warn(string)           {}
func (*ear) Warnf(string, ...any)  {}
func (*ear) Error(string)          {}
func (*ear) Errorf(string, ...any) {}
