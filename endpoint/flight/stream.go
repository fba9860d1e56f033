package flight

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/crypto/cryptobyte"
)

// The record header of TLS (RFC 5246, section 6.2.1), and the longest record that a server may send.
const (
	streamHeader = 5
	maxRecord    = 1<<14 + 2048
	recordData   = 23
)

// Stream is what [Seen] is, for TLS over TCP: it looks at the bytes of one connection as they come and go. It never fails and is safe
// for concurrent use; the zero value is ready.
type Stream struct {
	mu      sync.Mutex
	view    View
	in, out half
	message []byte // handshake messages that are not whole yet
}

// half is one direction: bytes that are no whole record yet, and what the records before them decided.
type half struct {
	rest []byte
	keys bool // ChangeCipherSpec was said: what follows is encrypted
	lost bool // it is no TLS, or cannot be read: nothing more is looked at
}

// Record writes the hello as one record of TLS. The record's own version is that of TLS 1.0, as old servers want it (RFC 5246,
// appendix E.1).
func (h Hello) Record() ([]byte, error) {
	if h.Version == 0 {
		h.Version = TLS12
	}
	body, err := h.body()
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddUint8(recordHandshake)
	b.AddUint16(uint16(TLS10))
	b.AddUint16LengthPrefixed(func(r *cryptobyte.Builder) {
		r.AddUint8(typeClientHello)
		r.AddUint24LengthPrefixed(func(m *cryptobyte.Builder) { m.AddBytes(body) })
	})
	return b.Bytes()
}

// View is a copy of what was seen.
func (s *Stream) View() View {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view
	v.Stream = true
	v.Chain, v.Warnings = slices.Clone(v.Chain), slices.Clone(v.Warnings)
	return v
}

// PortRefused notes that nothing listens.
func (s *Stream) PortRefused() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.Refused = true
}

// End notes that the server closed the connection.
func (s *Stream) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.Ended = true
}

// Outgoing notes bytes of ours.
func (s *Stream) Outgoing(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.Sent++
	_ = s.out.split(b, func(_ uint8, _ []byte, encrypted bool) error {
		s.view.Finished = s.view.Finished || encrypted
		return nil
	})
}

// Incoming notes bytes of the server's.
func (s *Stream) Incoming(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b) == 0 {
		return
	}
	s.view.Received++
	if s.in.lost {
		if s.view.Foreign > 0 { // it never was TLS
			s.view.Foreign++
		}
		return
	}
	if len(s.in.rest) == 0 && s.view.Received == 1 && !looksLikeTLS(b) {
		s.in.lost = true
		s.view.Foreign++
		return
	}
	if err := s.in.split(b, s.record); err != nil {
		s.in.lost = true
		if s.view.Garbled == nil {
			s.view.Garbled = err
		}
	}
}

// looksLikeTLS tells whether bytes begin as a record of a server does.
func looksLikeTLS(b []byte) bool {
	if b[0] < recordCCS || b[0] > recordData {
		return false
	}
	return len(b) < 2 || b[1] == 3
}

// split hands out the records that are whole by now.
func (h *half) split(b []byte, take func(typ uint8, payload []byte, encrypted bool) error) error {
	if h.lost {
		return nil
	}
	h.rest = append(h.rest, b...)
	for len(h.rest) >= streamHeader {
		typ, n := h.rest[0], int(binary.BigEndian.Uint16(h.rest[3:]))
		if typ < recordCCS || typ > recordData || h.rest[1] != 3 || n > maxRecord {
			h.lost, h.rest = true, nil
			return fmt.Errorf("a record header cannot be read")
		}
		if len(h.rest) < streamHeader+n {
			return nil
		}
		payload := h.rest[streamHeader : streamHeader+n]
		h.rest = h.rest[streamHeader+n:]
		if typ == recordCCS {
			h.keys = true
			continue
		}
		if err := take(typ, payload, h.keys); err != nil {
			h.lost, h.rest = true, nil
			return err
		}
	}
	return nil
}

func (s *Stream) record(typ uint8, payload []byte, encrypted bool) error {
	switch {
	case encrypted || typ == recordData:
		s.view.Encrypted = true
	case typ == recordAlert && len(payload) == 2:
		s.view.alert(Alert{Fatal: payload[0] == levelFatal, Number: payload[1]})
	case typ == recordAlert:
		return fmt.Errorf("an alert has %d bytes", len(payload))
	case typ == recordHandshake:
		s.message = append(s.message, payload...)
		return s.messages()
	}
	return nil
}

// messages reads the handshake messages that are whole by now: one may span records, and a record hold several.
func (s *Stream) messages() error {
	for len(s.message) >= 4 {
		typ, n := s.message[0], int(s.message[1])<<16|int(s.message[2])<<8|int(s.message[3])
		if typ == typeCertificate && s.view.Announced == 0 {
			s.view.Announced = n
		}
		if n > maxMessage {
			return fmt.Errorf("a handshake message of %d bytes is announced", n)
		}
		if len(s.message) < 4+n {
			return nil
		}
		body := s.message[4 : 4+n]
		s.message = s.message[4+n:]
		if err := s.view.take(typ, slices.Clone(body)); err != nil {
			return err
		}
	}
	return nil
}
