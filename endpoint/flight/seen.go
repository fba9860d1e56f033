package flight

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
)

// Seen looks at the datagrams of one DTLS session as they come and go and remembers what was said in clear. Feed it from the
// socket, both ways, before the library gets them. It never fails and is safe for concurrent use; the zero value is ready.
type Seen struct {
	mu    sync.Mutex
	view  View
	parts assembly
}

// View is what was seen until now.
type View struct {
	Sent     int  // datagrams that we sent
	Received int  // datagrams that came back
	Foreign  int  // of these, such as are no DTLS at all, or a client's hello: ours, echoed
	Refused  bool // the host said that nothing listens on the port (ICMP port unreachable)

	Cookies int    // HelloVerifyRequests
	Cookie  []byte // the newest one's

	Announced int                 // length of the Certificate message as its first piece said, whatever came of it; 0 without any
	Hello     *ServerHello        // nil until it came
	Chain     [][]byte            // the Certificate message, DER as sent; nil until it came, empty if the server sent none
	Exchange  []byte              // the ServerKeyExchange message, unread: see [View.Key]; nil without any
	Request   *CertificateRequest // nil unless the server asked for a certificate of ours
	Done      bool                // ServerHelloDone, and all that was said before it: the flight is whole
	Alert     *Alert              // the first alert in clear that ends a handshake: fatal, or close_notify
	Warnings  []Alert             // other alerts, at most 8
	Encrypted bool                // the server sent a record under the new keys: it has accepted our Finished, or speaks in an alert that cannot be read
	Shown     bool                // we sent our Certificate message, or the first piece of a long one: a server may judge it before our flight is out
	Finished  bool                // we sent a record under the new keys: our certificate and Finished are out

	Garbled error // the first thing that looked like DTLS and could not be read

	Stream bool // it is TLS over TCP, seen by a [Stream]
	Ended  bool // the server closed the connection; TCP only
}

// State is how far the server came.
type State uint8

// The states, from nothing to all. What a server did last decides, except that an alert and a refusal speak louder.
const (
	Nothing State = iota // no datagram, no refusal
	Refused              // nothing listens on the port
	NotDTLS              // something answered, and it was no DTLS
	Cookie               // a HelloVerifyRequest, and no word after the cookie came back
	Began                // some of the first flight, mostly a ServerHello, and not the whole
	Whole                // the whole first flight
	Keyed                // records under the new keys
	Alerted              // an alert in clear that ends the handshake
	Garbled              // DTLS in shape, and unreadable
)

// String is the state in a few words.
func (s State) String() string {
	return [...]string{
		"nothing", "refused", "not DTLS", "a cookie only", "began", "the whole first flight", "keyed", "alert", "garbled",
	}[min(s, Garbled)]
}

// State folds the view.
func (v View) State() State {
	switch {
	case v.Alert != nil:
		return Alerted
	case v.Encrypted:
		return Keyed
	case v.Done && v.Hello != nil:
		return Whole
	case v.Garbled != nil:
		return Garbled
	case v.Hello != nil || v.Chain != nil:
		return Began
	case v.Cookies > 0:
		return Cookie
	case v.Received > v.Foreign: // a warning, or pieces of something
		return Began
	case v.Foreign > 0:
		return NotDTLS
	case v.Refused:
		return Refused
	}
	return Nothing
}

// Refusal is the alert that ended the session: the one that says so, or a warning with nothing else said. RFC 5246 has no refusal
// by warning, but that is how such a one is meant; unrecognized_name is a warning that servers send and go on (RFC 6066).
func (v View) Refusal() *Alert {
	if v.Alert != nil || v.State() != Began || v.Hello != nil || v.Announced > 0 {
		return v.Alert
	}
	for _, a := range v.Warnings {
		if a.Number != UnrecognizedName {
			return &a
		}
	}
	return nil
}

// View is a copy of what was seen.
func (s *Seen) View() View {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view
	v.Cookie = bytes.Clone(v.Cookie)
	v.Chain = slices.Clone(v.Chain)
	v.Warnings = slices.Clone(v.Warnings)
	v.Done = v.Done && s.parts.unbroken()
	return v
}

// PortUnreachable notes that the socket said "connection refused".
func (s *Seen) PortUnreachable() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.Refused = true
}

// Outgoing notes a datagram of ours.
func (s *Seen) Outgoing(datagram []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.Sent++
	records, _ := splitRecords(datagram)
	for _, r := range records {
		switch {
		case r.epoch > 0:
			s.view.Finished = true
		case r.typ == recordHandshake && len(r.payload) > 0 && r.payload[0] == typeCertificate:
			s.view.Shown = true
		}
	}
}

// Incoming notes a datagram of the server's.
func (s *Seen) Incoming(datagram []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.Received++
	if !looksLikeDTLS(datagram) {
		s.view.Foreign++
		return
	}
	records, err := splitRecords(datagram)
	if slices.ContainsFunc(records, clientHello) { // what only clients say: an echo, however late
		s.view.Foreign++
		return
	}
	for _, r := range records {
		if e := s.record(r); err == nil {
			err = e
		}
	}
	if err != nil && s.view.Garbled == nil {
		s.view.Garbled = err
	}
}

func clientHello(r record) bool {
	return r.epoch == 0 && r.typ == recordHandshake && len(r.payload) > 0 && r.payload[0] == typeClientHello
}

func (s *Seen) record(r record) error {
	switch {
	case r.epoch > 0:
		s.view.Encrypted = true
	case r.typ == recordAlert && len(r.payload) == 2:
		s.view.alert(Alert{Fatal: r.payload[0] == levelFatal, Number: r.payload[1]})
	case r.typ == recordAlert:
		return fmt.Errorf("an alert has %d bytes", len(r.payload))
	case r.typ == recordHandshake:
		fragments, err := splitFragments(r.payload)
		for _, f := range fragments {
			if e := s.fragment(f); err == nil {
				err = e
			}
		}
		return err
	}
	return nil
}

func (s *Seen) fragment(f fragment) error {
	// A cookie may be asked for again and again under the same message number, and is never in pieces.
	if f.typ == typeHelloVerifyRequest && len(f.body) == f.length {
		cookie, err := readHelloVerifyRequest(f.body)
		if err != nil {
			return err
		}
		s.view.Cookies++
		s.view.Cookie = bytes.Clone(cookie)
		return nil
	}
	if f.typ == typeCertificate && s.view.Announced == 0 {
		s.view.Announced = f.length
	}
	if f.length > maxMessage {
		return fmt.Errorf("a handshake message of %d bytes is announced", f.length)
	}
	body, whole, err := s.parts.add(f)
	if err != nil || !whole {
		return err
	}
	return s.view.take(f.typ, body)
}

// take reads a handshake message that is whole.
func (v *View) take(typ uint8, body []byte) (err error) {
	switch typ {
	case typeServerHello:
		h, err := readServerHello(body)
		if err != nil {
			return err
		}
		v.Hello = &h
	case typeCertificate:
		v.Chain, err = readCertificate(body)
	case typeServerKeyExchange:
		v.Exchange = bytes.Clone(body)
	case typeCertificateRequest:
		r, err := readCertificateRequest(body)
		if err != nil {
			return err
		}
		v.Request = &r
	case typeServerHelloDone:
		v.Done = true
	}
	return err
}

func (v *View) alert(a Alert) {
	switch {
	case a.Fatal || a.Number == CloseNotify:
		if v.Alert == nil {
			v.Alert = &a
		}
	case len(v.Warnings) < 8:
		v.Warnings = append(v.Warnings, a)
	}
}
