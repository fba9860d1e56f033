package sim

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"example.org/sectag/device/sim/host"
	"example.org/sectag/device/sim/wire"
)

// ErrUnplugged ends Serve when a fault took the unit's power. It is started again on its next line.
var ErrUnplugged = errors.New("the virtual modem was unplugged")

const (
	// stride is how often a paced reply is handed on, so that the far end sees it come.
	stride = 16 * time.Millisecond
	// mostCredit bounds the lateness that is made good, so that a stalled machine is not taken for a slow timer.
	mostCredit = 20 * time.Millisecond
	// chatterEvery is the pause between two lines of a log, eventEvery that between two unsolicited lines.
	chatterEvery = 250 * time.Millisecond
	eventEvery   = time.Second
)

// chunk is what one Read returned.
type chunk struct {
	data  []byte
	at    time.Time // when it was read
	epoch int64     // how many replies had been sent by then
}

// line drives the host and the modem over one connection. Time on it is ideal: at is when the byte in hand has gone over the
// wire or the flash is done, and the real clock only waits for it. A timer that fires late delays what is seen, not what
// follows: the lateness of a reply is credited to the command that answers it. So a driver that wastes no time meets the
// floor of Counters.Floor and not one timer tick more for each exchange. Bytes arrive at arrived; an echo goes out beside them.
type line struct {
	bell    <-chan struct{} // rings when the unit starts
	news    <-chan struct{} // rings when it has something to say
	m       *Modem
	rw      io.ReadWriteCloser
	in      chan chunk
	dead    chan struct{} // closed when nothing more can be read
	quit    chan struct{} // closed when Serve ends
	err     error         // why dead; read after in is closed
	epoch   atomic.Int64
	baud    int           // 0: bytes take no time
	perByte time.Duration // on the wire
	at      time.Time
	arrived time.Time // when the last byte that came had gone over the wire
	out     time.Time // when the last byte that went has
	drained time.Time // when the far end of a cable without flow control has passed on what it holds
	echo    []byte    // to go out beside what comes in, the last byte at out
	credit  time.Duration
	kept    int  // bytes that came during the last command and are not lost
	garbled bool // what comes in is at another speed
}

// Serve is the unit's life on one line. It ends with nil when ctx ends or the other side closes, with ErrUnplugged when a
// fault cuts it; rw is then closed. A command that had arrived whole is carried out though nobody hears the answer. Close of
// rw must end a Read that waits, as it does for network connections, pipes and wire.PTY. A second Serve of the same
// unit waits for the first to end.
func (m *Modem) Serve(ctx context.Context, rw io.ReadWriteCloser) error {
	var once sync.Once
	shut := func() { once.Do(func() { rw.Close() }) }
	defer shut()
	defer context.AfterFunc(ctx, shut)()
	select {
	case m.onLine <- struct{}{}:
		defer func() { <-m.onLine }()
	case <-ctx.Done():
		return nil
	}
	m.wake()
	news, hangUp := m.news.attend()
	defer hangUp()
	l := &line{news: news, m: m, rw: rw, in: make(chan chunk, 16), dead: make(chan struct{}), quit: make(chan struct{}), at: time.Now(), bell: m.attend()}
	l.setSpeed()
	go l.read()
	err := l.loop(ctx)
	close(l.quit)
	shut()
	<-l.dead
	if err == nil || !errors.Is(err, ErrUnplugged) && (ctx.Err() != nil || wire.Gone(err)) {
		return nil
	}
	return err
}

// wake starts a unit that lost power.
func (m *Modem) wake() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.off {
		m.boot()
	}
}

// Pipe puts the unit on a line in memory and returns the host's end. Closing it, or the end of ctx, takes the unit off.
func (m *Modem) Pipe(ctx context.Context) io.ReadWriteCloser {
	ours, theirs := wire.Pipe()
	go func() { _ = m.Serve(ctx, ours) }() // the host sees the line end
	return theirs
}

func (l *line) read() {
	defer close(l.in)
	defer close(l.dead)
	buf := make([]byte, 4096)
	for {
		n, err := l.rw.Read(buf)
		if n > 0 {
			c := chunk{data: append([]byte(nil), buf[:n]...), at: time.Now(), epoch: l.epoch.Load()}
			select {
			case l.in <- c:
			case <-l.quit:
				return
			}
		}
		if err != nil {
			l.err = err
			return
		}
	}
}

func (l *line) loop(ctx context.Context) error {
	talk, stop := l.monologue()
	defer stop()
	if l.has("not-at") {
		if err := l.send(ctx, []byte(chatter(0)), false); err != nil {
			return err
		}
	}
	for lines := 1; ; {
		if l.m.started() { // what a start prints comes before anything else
			if err := l.greet(ctx); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.bell:
		case <-l.news:
			if err := l.unasked(ctx); err != nil {
				return err
			}
		case <-talk:
			if err := l.send(ctx, l.remark(lines), false); err != nil {
				return err
			}
			lines++
		case c, more := <-l.in:
			if !more {
				return l.err
			}
			if err := l.take(ctx, c); err != nil {
				return err
			}
		}
	}
}

// monologue ticks when the unit says something that nobody asked for.
func (l *line) monologue() (<-chan time.Time, func()) {
	every := chatterEvery
	switch {
	case l.has("rx-dead"):
		every = eventEvery
	case !l.has("not-at"):
		return nil, func() {}
	}
	t := time.NewTicker(every)
	return t.C, t.Stop
}

// remark is the n-th thing that the unit says by itself.
func (l *line) remark(n int) []byte {
	if l.has("rx-dead") {
		return l.host(func(h host.Host) []byte { return h.Event([]byte(event)) })
	}
	return []byte(chatter(n))
}

// greet prints what the host prints when it starts, at the speed that it starts with.
func (l *line) greet(ctx context.Context) error {
	l.setSpeed()
	if l.has("silent") || l.has("not-at") {
		return nil
	}
	return l.send(ctx, l.host(host.Host.Banner), false)
}

// setSpeed takes over the speed that the unit has.
func (l *line) setSpeed() {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	l.baud, l.perByte = l.m.baud, 0
	if l.baud > 0 {
		l.perByte = byteTime(l.baud)
	}
}

// take is the arrival of bytes, one after the other.
func (l *line) take(ctx context.Context, c chunk) error {
	idle := c.epoch == l.epoch.Load()
	from := c.at
	if idle {
		from, l.kept = from.Add(-l.credit), 0
		l.arrived = latest(l.arrived, l.at)
	}
	l.arrived, l.credit = latest(l.arrived, from), 0
	drop, unplug, overrun := l.fault("drop"), l.fault("unplug"), l.fault("overrun")
	room := l.backlog()
	l.garbled = l.apart()
	for _, b := range c.data {
		n := l.m.counters.in.Add(1)
		if overrun > 0 && l.overrun(c.at, overrun) {
			l.m.counters.lost.Add(1)
			continue
		}
		l.arrived = l.arrived.Add(l.perByte)
		l.m.counters.wire.Add(int64(l.perByte))
		busy := c.epoch != l.epoch.Load()
		if busy && l.kept < room {
			busy = false
			l.kept++
		}
		var err error
		if busy || n == drop {
			l.m.counters.lost.Add(1)
		} else {
			l.at = latest(l.at, l.arrived)
			err = l.feed(ctx, b, n == unplug)
		}
		if err == nil && n == unplug {
			err = l.unplugged(ctx)
		}
		if err != nil {
			return err
		}
	}
	return l.flush(ctx)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// overrun tells whether a byte finds no room at the far end of a cable without flow control: that passes bytes on at the
// line's speed, or at 115200 if the line has none, and holds so many.
func (l *line) overrun(at time.Time, holds int64) bool {
	per := l.perByte
	if per == 0 {
		per = byteTime(115200)
	}
	l.drained = latest(l.drained, at)
	if l.drained.Sub(at) >= time.Duration(holds)*per {
		return true
	}
	l.drained = l.drained.Add(per)
	return false
}

// backlog is how many bytes may come while a command is at work.
func (l *line) backlog() int {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	return l.m.host.Backlog()
}

// host asks the host for something.
func (l *line) host(ask func(host.Host) []byte) []byte {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	return ask(l.m.host)
}

// unplugged takes the power away.
func (l *line) unplugged(ctx context.Context) error {
	if err := l.wait(ctx, l.at); err != nil {
		return err
	}
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	l.m.off = true
	l.m.disconnect()
	return ErrUnplugged
}

// wait waits until t. It stops early when the other side is gone, for then nobody can tell the difference.
func (l *line) wait(ctx context.Context, t time.Time) error {
	d := time.Until(t)
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.dead:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func (l *line) has(name string) bool {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	return l.m.faults.Has(name)
}

// fault is the number of a fault, 0 when the unit has it not.
func (l *line) fault(name string) int64 {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	f, _ := l.m.faults.Get(name)
	return f.N
}
