package sim

import (
	"bytes"
	"context"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim/host"
	"example.org/sectag/device/sim/network"
	"example.org/sectag/device/sim/nrf91"
	"example.org/sectag/device/sim/socket"
)

// news is what the unit says when nobody asked: a late answer of the network, data on a socket. What is said while nobody is on
// the line is lost, as on a UART.
type news struct {
	mu    sync.Mutex
	bell  chan struct{} // made by the line that is served, whatever clock it lives by
	lines []byte
}

// say takes whole lines. It may be called at any time.
func (n *news) say(lines string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bell == nil {
		return
	}
	n.lines = append(n.lines, lines...)
	select {
	case n.bell <- struct{}{}:
	default: // it has rung
	}
}

// attend begins a line. Until its end the channel tells when there is something to take.
func (n *news) attend() (bell <-chan struct{}, end func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.bell, n.lines = make(chan struct{}, 1), nil
	return n.bell, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.bell = nil
	}
}

func (n *news) take() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	lines := n.lines
	n.lines = nil
	return lines
}

// unasked puts on the line what the unit says by itself.
func (l *line) unasked(ctx context.Context) error {
	if l.has("silent") || l.has("not-at") {
		return nil
	}
	var out []byte
	for one := range bytes.Lines(l.m.news.take()) {
		out = append(out, l.host(func(h host.Host) []byte { return h.Event(one) })...)
	}
	return l.send(ctx, out, false)
}

// disconnect closes the sockets: LTE is off, or the unit starts anew. The caller holds the lock.
func (m *Modem) disconnect() {
	if m.sockets != nil {
		m.sockets.Close()
	}
}

// search waits for a slow network, beside all else. The caller holds the lock.
func (m *Modem) search(w network.Wait) {
	if w.For == 0 {
		return
	}
	time.AfterFunc(w.For, func() {
		m.mu.Lock()
		lines := m.core.Answered(w.Began)
		m.mu.Unlock()
		m.news.say(lines)
	})
}

// forSockets tells whether the host carries the command out itself, with its sockets.
func (m *Modem) forSockets(cmd []byte) bool { return m.sockets != nil && m.sockets.Takes(cmd) }

// converse carries out a command of the sockets. It waits for the far end without holding the unit's lock, until the line ends.
func (l *line) converse(ctx context.Context, cmd []byte) (a nrf91.Answer) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-l.dead:
			cancel()
		case <-ctx.Done():
		}
	}()
	m := l.m
	m.mu.Lock()
	a, spoilt := m.spoilt(cmd)
	u := m.unit()
	m.mu.Unlock()
	if spoilt {
		return a
	}
	got := m.sockets.Exec(ctx, cmd, u)
	m.mu.Lock()
	defer m.mu.Unlock()
	if got.Crashed {
		return nrf91.Answer{Raw: m.crash(cmd)}
	}
	if h, takes := m.host.(interface{ EnterData(whole int) }); takes && got.Data {
		h.EnterData(got.Length)
	}
	return nrf91.Answer{Raw: got.Raw}
}

// unit is what the sockets have to know of the modem. The caller holds the lock.
func (m *Modem) unit() socket.Unit {
	has, store := m.core.Abilities(), m.core.State()
	u := socket.Unit{
		Registered: has.Registered, CipherUsed: has.CipherUsed, ConnectionID: has.ConnectionID, Fragments: has.Fragments,
		NoNames: m.faults.Has("dns-fails"), ChainCrash: m.faults.Has("chain-crash"), Content: store.Content,
	}
	for _, item := range store.Slots {
		u.HasRoot = u.HasRoot || item.Type == cred.RootCA
	}
	return u
}
