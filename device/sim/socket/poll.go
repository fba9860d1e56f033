package socket

import (
	"context"
	"fmt"
)

// The events of #XAPOLL (nrf91.md, 4.2); the last is told always.
const (
	pollIn  = 1
	pollOut = 4
	pollHup = 16
)

// mostQueued is how much waits to be asked for; what comes then is lost, as datagrams are.
const mostQueued = 64

// read takes what the server sends until the session ends.
func (s *Set) read(k *sock, session Session) {
	buf := make([]byte, 1<<14)
	for {
		n, err := session.Read(buf)
		s.mu.Lock()
		told := ""
		if n > 0 && len(k.queue) < mostQueued {
			k.queue = append(k.queue, append([]byte(nil), buf[:n]...))
			if len(k.queue) == 1 {
				told = k.news(pollIn)
			}
		}
		if err != nil {
			if k.end == nil {
				k.end = err
			}
			told += k.news(pollHup)
		}
		k.wake()
		s.mu.Unlock()
		s.say(told)
		if err != nil {
			_ = session.Close()
			return
		}
	}
}

// news is the line that tells of an event, if somebody wants to be told. The caller holds the lock.
func (k *sock) news(event int) string {
	if k.polled < 0 || event&(k.polled|pollHup) == 0 {
		return ""
	}
	return fmt.Sprintf("#XAPOLL: %d,%d\r\n", k.handle, event&(k.polled|pollHup))
}

// say passes on what is said without being asked; never with the lock held.
func (s *Set) say(lines string) {
	if lines != "" && s.cfg.Say != nil {
		s.cfg.Say(lines)
	}
}

// poll is #XAPOLL=[<handle>],<0 stop, 1 start>[,<events>], in SLM #XAPOLL=<op>[,<events>[,<handle>…]]. What holds already is
// told at once.
func (s *Set) poll(_ context.Context, p []word, _ Unit) ([]string, error) {
	s.mu.Lock()
	told, err := s.subscribe(p)
	s.mu.Unlock()
	s.say(told)
	return nil, err
}

func (s *Set) subscribe(p []word) (told string, err error) {
	var handles []word
	if s.cfg.Form == Handles {
		if len(p) > 0 && p[0] != (word{}) {
			handles = p[:1]
		}
		p = p[min(1, len(p)):]
	} else if len(p) > 2 {
		handles, p = p[2:], p[:2]
	}
	if len(p) == 0 || len(p) > 2 {
		return "", errRefused
	}
	start, a := p[0].number(0, 1)
	events, b := numbered(p, 1, 0, 63, 0)
	chosen := s.open
	if len(handles) > 0 {
		chosen = nil
	}
	for _, w := range handles {
		handle, fits := w.number(0, mostSockets-1)
		k := s.find(handle)
		if !fits || k == nil {
			return "", errRefused
		}
		chosen = append(chosen, k)
	}
	if !a || !b || start == 1 && events == 0 {
		return "", errRefused
	}
	for _, k := range chosen {
		k.polled = -1
		if start == 1 {
			k.polled = events
			told += k.news(k.holds())
		}
	}
	return told, nil
}

// holds is the events that are true now.
func (k *sock) holds() (events int) {
	if len(k.queue) > 0 {
		events |= pollIn
	}
	switch {
	case k.end != nil:
		events |= pollHup
	case k.session != nil:
		events |= pollOut
	}
	return events
}
