package scout

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/host"
	"example.org/sectag/device/port"
	"example.org/sectag/device/sound"
)

// whoLimit is what a modem may take to say who it is: six answers, each of which may take its own limit.
const whoLimit = 45 * time.Second

// Modem asks ports by opening them and attaching to the modem there, which is then left as it was found.
type Modem struct {
	Open  func(ctx context.Context, name string) (device.Line, error) // a Dialer's
	Who   bool                                                        // ask the modem who it is; takes longer than Limit where a modem is slow
	Trace func(device.Trace)                                          // the masked transcript; nil: none
}

// Ask asks one port. It takes no longer than Limit unless a modem is asked who it is: a line that takes longer to let go is let
// go of behind our back. A modem that has said OK by then is one, however slow it is with the rest.
func (m Modem) Ask(ctx context.Context, name string) Answer {
	done := make(chan Answer, 1)
	t := &tap{name: name}
	inner, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		a, modem := m.attach(inner, name, t)
		if modem == nil {
			done <- a
			return
		}
		if m.Who {
			m.who(inner, modem, &a)
		}
		done <- a
		_ = modem.Close() // what it cannot put back a unit forgets when it is switched off
	}()
	limit := time.NewTimer(Limit)
	defer limit.Stop()
	select {
	case a := <-done:
		return a
	case <-ctx.Done():
	case <-limit.C:
		switch spoke := t.spoke(); {
		case spoke && m.Who:
			return <-done
		case spoke:
			return Answer{}
		}
	}
	f := cut(name, t)
	cancel()
	return t.answer(f)
}

// attach opens a port and looks for an AT host.
func (m Modem) attach(ctx context.Context, name string, t *tap) (Answer, *device.Modem) {
	l, err := m.Open(ctx, name)
	if err != nil {
		return Answer{Fault: cred.AsFault(err)}, nil
	}
	t.on(l)
	modem, err := device.Attach(ctx, t, device.Options{Trace: m.Trace})
	if err != nil {
		return t.answer(cred.AsFault(err)), nil
	}
	return Answer{}, modem
}

// cut is the fault of a port that did not say what it is in time.
func cut(name string, t *tap) *cred.Fault {
	opened, heard := t.state()
	if !opened {
		return cred.Failed("port.busy", fmt.Sprintf("the port %s does not open", name), "its driver waits for something: unplug the unit and plug it in again")
	}
	return cred.AsFault(host.Silent(name, heard))
}

// who asks the modem who it is, and whether its firmware and the one before it can be worked with.
func (m Modem) who(ctx context.Context, modem *device.Modem, a *Answer) {
	ctx, cancel := context.WithTimeout(ctx, whoLimit)
	defer cancel()
	id, err := modem.Identify(ctx)
	if err == nil {
		err = modem.FirmwareOK()
	}
	if err == nil {
		err = modem.RoomOK()
	}
	a.Who, a.Doubt = &id, cred.AsFault(err)
}

// tap is a line that remembers how it began. What was heard is judged and never shown: it may be the
// rest of what another program had on the line.
type tap struct {
	device.Line
	name string // that it was asked for by

	mu          sync.Mutex
	open        bool
	heard, sent []byte
}

// earshot is how much of the beginning is remembered.
const earshot = 2048

func (t *tap) on(l device.Line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Line, t.open = l, true
}

// Name is what the line was opened as.
func (t *tap) Name() string {
	if n, ok := t.Line.(port.Named); ok {
		return n.Name()
	}
	return t.name
}

// Baud is the speed of the line.
func (t *tap) Baud() int { return port.Baud(t.Line) }

// SetBaud changes it: a Serial Modem that somebody left at a raised speed is found here as by every verb.
func (t *tap) SetBaud(baud int) error { return port.SetBaud(t.Line, baud) }

// Read hears.
func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Line.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard = append(t.heard, p[:min(n, earshot-len(t.heard))]...)
	return n, err
}

// Write remembers the beginning.
func (t *tap) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.sent = append(t.sent, p[:min(len(p), earshot-len(t.sent))]...)
	t.mu.Unlock()
	return t.Line.Write(p)
}

// spoke tells whether anything was answered with OK.
func (t *tap) spoke() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return okLine.Match(t.heard)
}

var okLine = regexp.MustCompile(`(?:^|[\r\n])OK\r?\n`)

func (t *tap) state() (opened bool, heard []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open, bytes.Clone(t.heard)
}

// answer is that of a port on which no AT host spoke.
func (t *tap) answer(f *cred.Fault) Answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := Answer{Fault: f}
	if t.open {
		a.Sound = sound.Listen(t.heard, t.sent)
	}
	return a
}
