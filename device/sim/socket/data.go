package socket

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"
)

// The limits of data (nrf91.md, 4.2).
const (
	mostHex     = 1400
	mostReceive = 2048
)

// How the data of a Serial Modem are written.
const (
	asString = 0
	asHex    = 1
	asData   = 2
)

// dontWait is the flag of a receive that takes what is there.
const dontWait = 64

// errData is no failure: data mode begins.
var errData = errors.New("data mode")

// send is #XSEND=<handle>,<mode>,<flags>,"<data>", in SLM #XSEND="<data>"[,<flags>]; a bare #XSEND there is data mode.
func (s *Set) send(_ context.Context, p []word, _ Unit) ([]string, error) {
	s.mu.Lock()
	k, p, err := s.target(p)
	if err == nil && (k.session == nil || k.end != nil) {
		err = errRefused
	}
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	session := k.session
	s.filling = k.handle
	s.mu.Unlock()
	data, err := s.payload(p)
	if err != nil {
		return nil, err
	}
	n, err := session.Write(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRefused, err)
	}
	if s.cfg.Form == Handles {
		return []string{fmt.Sprintf("#XSEND: %d,0,%d", k.handle, n)}, nil
	}
	return []string{fmt.Sprintf("#XSEND: %d", n)}, nil
}

// payload reads what to send; errData begins data mode.
func (s *Set) payload(p []word) ([]byte, error) {
	if s.cfg.Form == Selected {
		if len(p) == 0 {
			return nil, errData
		}
		if _, fits := numbered(p, 1, 0, math.MaxInt16, 0); !fits || len(p) > 2 || p[0].text == "" {
			return nil, errRefused
		}
		return []byte(p[0].text), nil
	}
	if len(p) < 2 || len(p) > 3 {
		return nil, errRefused
	}
	mode, a := p[0].number(asString, asData)
	if _, b := p[1].number(0, math.MaxInt16); !a || !b {
		return nil, errRefused
	}
	if mode == asData {
		if _, fits := numbered(p, 2, 0, mostReceive, 0); !fits {
			return nil, errRefused
		}
		return nil, errData
	}
	if len(p) != 3 || p[2].text == "" {
		return nil, errRefused
	}
	if mode == asString {
		return []byte(p[2].text), nil
	}
	b, err := hex.DecodeString(p[2].text)
	if err != nil || len(b) > mostHex {
		return nil, errRefused
	}
	return b, nil
}

// length is how much data mode takes, 0 until the escape.
func (s *Set) length(p []word) int {
	if s.cfg.Form == Selected {
		return 0
	}
	n, _ := numbered(p, 3, 0, mostReceive, 0)
	return n
}

// Data sends what data mode took, as one datagram, and returns what ends data mode on the line.
func (s *Set) Data(payload []byte) []byte {
	s.mu.Lock()
	k := s.find(s.filling)
	var session Session
	if k != nil && k.end == nil {
		session = k.session
	}
	s.filling = -1
	s.mu.Unlock()
	if session != nil && len(payload) > 0 {
		if _, err := session.Write(payload); err == nil {
			return []byte("\r\n#XDATAMODE: 0\r\n")
		}
	}
	return []byte("\r\n#XDATAMODE: -1\r\n")
}

// receive is #XRECV=<handle>,<mode>,<flags>,<timeout>[,<length>], in SLM #XRECV=<timeout>[,<flags>]. A timeout of 0 waits for
// ever. The number in the answer is that of the bytes, in hex too.
func (s *Set) receive(ctx context.Context, p []word, _ Unit) ([]string, error) {
	s.mu.Lock()
	k, p, err := s.target(p)
	s.mu.Unlock()
	if err != nil || len(p) == 0 {
		return nil, errRefused
	}
	mode, flags, length := asString, 0, mostReceive
	a, b, c, d := true, true, true, true
	if s.cfg.Form == Handles {
		if len(p) < 3 || len(p) > 4 {
			return nil, errRefused
		}
		mode, a = p[0].number(asString, asHex)
		flags, b = p[1].number(0, math.MaxInt16)
		length, c = numbered(p, 3, 1, mostReceive, mostReceive)
		p = p[2:]
	} else {
		flags, b = numbered(p, 1, 0, math.MaxInt16, 0)
	}
	seconds, d := p[0].number(0, math.MaxInt16)
	if !(a && b && c && d) {
		return nil, errRefused
	}
	data, err := s.await(ctx, k, flags&dontWait != 0, time.Duration(seconds)*time.Second, length)
	if err != nil {
		return nil, err
	}
	text := string(data)
	if mode == asHex {
		text = fmt.Sprintf("%x", data)
	}
	head := s.addressed(k, "#XRECV", itoa(len(data)))
	if s.cfg.Form == Handles {
		head = fmt.Sprintf("#XRECV: %d,%d,%d", k.handle, mode, len(data))
	}
	return []string{head + "\r\n" + text}, nil
}

// await takes what came first, and waits for it if need be. What of a datagram does not fit is lost, of a stream it stays.
func (s *Set) await(ctx context.Context, k *sock, now bool, limit time.Duration, length int) ([]byte, error) {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	for {
		s.mu.Lock()
		if len(k.queue) > 0 {
			data := k.take(length)
			told := ""
			if len(k.queue) > 0 {
				told = k.news(pollIn)
			}
			s.mu.Unlock()
			s.say(told)
			return data, nil
		}
		over, changed := now || k.session == nil || k.end != nil, k.changed
		s.mu.Unlock()
		if over {
			return nil, errRefused
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errRefused
		}
	}
}

// take is the first of the queue, cut to length; the caller holds the lock.
func (k *sock) take(length int) []byte {
	data := k.queue[0]
	if len(data) > length && k.kind == stream {
		k.queue[0] = data[length:]
		return data[:length]
	}
	k.queue = k.queue[1:]
	return data[:min(len(data), length)]
}
