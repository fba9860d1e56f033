package sim

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"example.org/sectag/device/sim/host"
	"example.org/sectag/device/sim/nrf91"
)

// bootTime is how long a Serial Modem takes from AT#XRESET to Ready (nrf91.md, 1.9).
const bootTime = 2 * time.Second

// event is the unsolicited line of the faults (nrf91.md, 3.7).
const event = "%CESQ: 62,3,12,1\r\n"

// feed gives one byte to the host and does what that leads to. With mute set the line is about to die: the command is carried
// out and not answered.
func (l *line) feed(ctx context.Context, b byte, mute bool) error {
	if l.has("silent") || l.has("not-at") || l.has("rx-dead") {
		return nil
	}
	if l.garbled {
		b = junk(1)[0]
	}
	l.m.mu.Lock()
	o := l.m.host.Take(b)
	l.m.mu.Unlock()
	if mute {
		if o.Command != nil {
			l.m.exec(o.Command)
		}
		return l.flush(ctx)
	}
	l.beside(o.Echo)
	if o.Command == nil && o.Reply == nil && o.Data == nil {
		return nil
	}
	if err := l.flush(ctx); err != nil {
		return err
	}
	if o.Data != nil {
		return l.send(ctx, l.m.sockets.Data(o.Data), true)
	}
	if o.Command != nil {
		return l.run(ctx, o.Command)
	}
	return l.own(ctx, o)
}

// own is an answer of the host itself, and what it does after it.
func (l *line) own(ctx context.Context, o host.Out) error {
	if err := l.send(ctx, o.Reply, false); err != nil {
		return err
	}
	if o.Baud > 0 && l.baud > 0 {
		l.m.mu.Lock()
		l.m.baud = o.Baud
		l.m.mu.Unlock()
		l.setSpeed()
	}
	if !o.Restart {
		return nil
	}
	l.m.Reboot()
	l.at = l.at.Add(bootTime)
	err := l.wait(ctx, l.at)
	l.epoch.Add(1) // what came meanwhile found nobody
	l.kept = l.backlog()
	return err
}

// run lets the modem carry out a command.
func (l *line) run(ctx context.Context, cmd []byte) error {
	if err := l.wait(ctx, l.at); err != nil {
		return err
	}
	if l.has("garbage") {
		return l.send(ctx, junk(12), true)
	}
	if l.m.forSockets(cmd) {
		a := l.converse(ctx, cmd)
		l.at = latest(l.at, time.Now()) // the far end took what it took
		return l.answer(ctx, a)
	}
	a, takes := l.m.exec(cmd)
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
	if err := l.send(ctx, l.disturbed(a.Raw), true); err != nil {
		return err
	}
	if l.has("log") && l.fault("log") == 0 {
		a.After = append(a.After, l.host(func(h host.Host) []byte { return h.Log([]byte(chatter(2))) })...)
	}
	if len(a.After) == 0 {
		return nil
	}
	return l.send(ctx, a.After, false)
}

// disturbed is a reply with what the faults put before it and into it.
func (l *line) disturbed(out []byte) []byte {
	if l.has("urc") {
		out = inserted(out, l.fault("urc"), l.host(func(h host.Host) []byte { return h.Event([]byte(event)) }))
	}
	if l.has("log") {
		out = inserted(out, l.fault("log"), []byte(chatter(1)))
	}
	if l.has("noise") {
		out = slices.Concat(junk(9), []byte("\r\n"), out)
	}
	return out
}

func inserted(b []byte, at int64, what []byte) []byte {
	at = min(at, int64(len(b)))
	return slices.Concat(b[:at], what, b[at:])
}

// beside puts an echo on the line: it goes out while other bytes come in.
func (l *line) beside(echo []byte) {
	if len(echo) == 0 {
		return
	}
	l.out = latest(l.out, l.at).Add(time.Duration(len(echo)) * l.perByte)
	l.echo = append(l.echo, echo...)
}

// flush lets the echo be seen.
func (l *line) flush(ctx context.Context) error {
	if len(l.echo) == 0 {
		return nil
	}
	b, clock := l.echo, l.out.Add(-time.Duration(len(l.echo))*l.perByte)
	l.echo = nil
	l.m.counters.echoed.Add(int64(len(b)))
	l.m.counters.wire.Add(-int64(len(b)) * int64(l.perByte)) // transmit counts them
	return l.transmit(ctx, b, &clock, false)
}

// send puts bytes on the line, after those that are on it.
func (l *line) send(ctx context.Context, b []byte, reply bool) error {
	l.at = latest(l.at, l.out)
	err := l.transmit(ctx, b, &l.at, reply)
	l.out = l.at
	return err
}

// transmit puts bytes on the line from the time on that the clock shows, and moves it. The end of a reply frees the host for
// the next command, just before it can be seen.
func (l *line) transmit(ctx context.Context, b []byte, clock *time.Time, reply bool) error {
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
		*clock = clock.Add(time.Duration(n) * l.perByte)
		if err := l.wait(ctx, *clock); err != nil {
			return err
		}
		if reply && n == len(b) && !dies {
			l.epoch.Add(1)
			l.credit = min(max(0, time.Since(*clock)), mostCredit)
		}
		if err := l.emit(b[:n], left); err != nil {
			return err
		}
		if dies {
			return l.unplugged(ctx)
		}
		b = b[n:]
	}
	return nil
}

// emit writes bytes, the first of which is the one after so many.
func (l *line) emit(b []byte, after int64) error {
	l.m.counters.out.Add(int64(len(b)))
	l.m.counters.wire.Add(int64(len(b)) * int64(l.perByte))
	if l.apart() {
		b = junk(len(b))
	}
	if i := l.fault("drop-reply") - after - 1; i >= 0 && i < int64(len(b)) {
		b = slices.Delete(bytes.Clone(b), int(i), int(i)+1)
	}
	if l.has("tx-dead") || len(b) == 0 {
		return nil
	}
	_, err := l.rw.Write(b)
	return err
}

// apart tells whether the other side is known to talk at another speed than a unit that can change its own. All others go
// along, so that a slow line can be tried with a program that knows one speed.
func (l *line) apart() bool {
	far, knows := l.rw.(interface{ Speed() int })
	if !knows || l.baud == 0 || !host.ChangesSpeed(l.m.cfg.Host) {
		return false
	}
	speed := far.Speed()
	return speed != 0 && speed != l.baud
}

// junk is bytes with the high bit set: no digit, no letter and no line end.
func junk(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(0x80 + rand.IntN(0x80))
	}
	return b
}
