package sim

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"example.org/sectag/device/sim/nrf91"
	"example.org/sectag/device/sim/wire"
)

// ErrUnplugged ends Serve when a fault took the unit's power. It is started again on its next line.
var ErrUnplugged = errors.New("the virtual modem was unplugged")

const (
	// stride is how often a paced reply is handed on, so that the far end sees it come.
	stride = 16 * time.Millisecond
	// mostCredit bounds the lateness that is made good, so that a stalled machine is not taken for a slow timer.
	mostCredit = 20 * time.Millisecond
	// chatterEvery is the pause between two lines of a log.
	chatterEvery = 250 * time.Millisecond
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
// floor of Counters.Floor and not one timer tick more for each exchange.
type line struct {
	m       *Modem
	rw      io.ReadWriteCloser
	in      chan chunk
	dead    chan struct{} // closed when nothing more can be read
	quit    chan struct{} // closed when Serve ends
	err     error         // why dead; read after in is closed
	epoch   atomic.Int64
	perByte time.Duration // on the wire
	at      time.Time
	credit  time.Duration
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
	l := &line{m: m, rw: rw, in: make(chan chunk, 16), dead: make(chan struct{}), quit: make(chan struct{}), at: time.Now()}
	if m.cfg.Baud > 0 {
		l.perByte = byteTime(m.cfg.Baud)
	}
	go l.read()
	err := l.loop(ctx)
	close(l.quit)
	shut()
	<-l.dead
	if err == nil || ctx.Err() != nil || wire.Gone(err) {
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
	go m.Serve(ctx, ours) //nolint:errcheck // the host sees the line end
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
	var log <-chan time.Time
	if l.has("not-at") {
		t := time.NewTicker(chatterEvery)
		defer t.Stop()
		log = t.C
		if err := l.send(ctx, []byte(chatter(0)), false); err != nil {
			return err
		}
	}
	for lines := 1; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-log:
			if err := l.send(ctx, []byte(chatter(lines)), false); err != nil {
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

// take is the arrival of bytes, one after the other.
func (l *line) take(ctx context.Context, c chunk) error {
	if at := c.at.Add(-l.credit); c.epoch == l.epoch.Load() && at.After(l.at) {
		l.at = at
	}
	l.credit = 0
	drop, unplug := l.fault("drop"), l.fault("unplug")
	for _, b := range c.data {
		busy := c.epoch != l.epoch.Load()
		if !busy {
			l.at = l.at.Add(l.perByte)
		}
		n := l.m.counters.in.Add(1)
		var err error
		if busy || n == drop {
			l.m.counters.lost.Add(1)
		} else {
			err = l.feed(ctx, b, n == unplug)
		}
		if err == nil && n == unplug {
			err = l.unplugged(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// feed gives one byte to the host and runs the command that it ends. With mute set the line is about to die: the command is
// carried out and not answered.
func (l *line) feed(ctx context.Context, b byte, mute bool) error {
	if l.has("silent") || l.has("not-at") {
		return nil
	}
	l.m.mu.Lock()
	echo, cmd := l.m.host.Take(b)
	l.m.mu.Unlock()
	if len(echo) > 0 && !mute {
		if err := l.send(ctx, echo, false); err != nil {
			return err
		}
	}
	if cmd == nil {
		return nil
	}
	if err := l.wait(ctx, l.at); err != nil {
		return err
	}
	if l.has("garbage") {
		return l.send(ctx, junk(12), true)
	}
	a, takes := l.m.exec(cmd)
	if mute {
		return nil
	}
	l.at = l.at.Add(takes)
	if err := l.wait(ctx, l.at); err != nil {
		return err
	}
	if a.Dies {
		return l.unplugged(ctx)
	}
	return l.answer(ctx, a)
}

func (l *line) answer(ctx context.Context, a nrf91.Answer) error {
	l.m.mu.Lock()
	out := l.m.host.Frame(a.Raw)
	l.m.mu.Unlock()
	if l.has("urc") {
		out = append([]byte("%CESQ: 62,3,12,1\r\n"), out...)
	}
	if l.has("noise") {
		out = append(append(junk(9), '\r', '\n'), out...)
	}
	if err := l.send(ctx, out, true); err != nil || len(a.After) == 0 {
		return err
	}
	return l.send(ctx, a.After, false)
}

// send puts bytes on the line. The end of a reply frees the host for the next command, just before it can be seen.
func (l *line) send(ctx context.Context, b []byte, reply bool) error {
	step := len(b)
	if l.perByte > 0 {
		step = max(1, int(stride/l.perByte))
	}
	cut := l.fault("unplug-reply")
	for len(b) > 0 {
		n := min(step, len(b))
		left := l.m.counters.out.Load()
		dies := cut > left && cut <= left+int64(n)
		if dies {
			n = int(cut - left)
		}
		l.at = l.at.Add(time.Duration(n) * l.perByte)
		if err := l.wait(ctx, l.at); err != nil {
			return err
		}
		if reply && n == len(b) && !dies {
			l.epoch.Add(1)
			l.credit = min(max(0, time.Since(l.at)), mostCredit)
		}
		l.m.counters.out.Add(int64(n))
		if _, err := l.rw.Write(b[:n]); err != nil {
			return err
		}
		if dies {
			return l.unplugged(ctx)
		}
		b = b[n:]
	}
	return nil
}

// unplugged takes the power away.
func (l *line) unplugged(ctx context.Context) error {
	if err := l.wait(ctx, l.at); err != nil {
		return err
	}
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	l.m.off = true
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

// junk is bytes with the high bit set: no digit, no letter and no line end.
func junk(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(0x80 + rand.IntN(0x80))
	}
	return b
}
