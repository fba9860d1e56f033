package device

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/host"
	"example.org/sectag/device/port"
	"example.org/sectag/device/shelf"
)

// Modem is one nRF91 modem behind an AT host, for as long as its line lives. It is used by one goroutine at a time.
type Modem struct {
	s           *at.Session
	name        string // of the port, for people
	restoreCMEE bool   // +CMEE was 0 and is put back
	mode        int    // the functional mode that Offline found, or noMode
	id          Identity
	cut         bool              // the whole list does not fit the host's buffer
	multiline   bool              // something with line ends is to be written
	repeats     map[cred.Slot]int // how often a slot was written again, more slowly
	shelf       shelf.Shelf       // what the store is believed to hold
	notice      func(context.Context, Notice) error
	speed       speed
}

const (
	noMode     = -1
	closeLimit = 20 * time.Second // for putting things back at the end: four answers, each just inside its limit
)

// Attach finds out that a modem answers on the line and prepares it: AT, then +CMEE=1 so that refusals have numbers. Within
// three seconds it succeeds or fails with line.no-answer (silence) or line.not-at (something else is there). The line
// belongs to the Modem from now on; when Attach fails it is closed.
func Attach(ctx context.Context, l Line, o Options) (*Modem, error) {
	m := &Modem{name: "the port", mode: noMode, repeats: map[cred.Slot]int{}, notice: o.Notice}
	if n, ok := l.(port.Named); ok {
		m.name = n.Name()
	}
	m.s = at.New(l, at.Options{URC: o.URC, Trace: o.Trace, Wait: o.Wait, Now: o.Now})
	err := m.probe(ctx)
	if err == nil {
		err = m.numbers(ctx)
	}
	if err != nil {
		_ = m.s.Close()
		return nil, err
	}
	return m, nil
}

// probe looks for an AT host, and says what is there when there is none.
func (m *Modem) probe(ctx context.Context) error {
	err := host.Detect(ctx, m.s, resyncQueries()...)
	if err == nil {
		return nil
	}
	if errors.Is(err, at.ErrNoAnswer) && !errors.Is(err, at.ErrStuck) {
		return host.Silent(m.name, m.s.Heard())
	}
	return m.place(err)
}

// numbers makes refusals say why. The setting is put back at the end.
func (m *Modem) numbers(ctx context.Context) error {
	line, err := m.ask(ctx, query{text: "AT+CMEE?", shape: cmeeAnswer, prefix: "+CMEE:", first: true, usual: cmeeUsual})
	if err != nil {
		return err
	}
	switch line {
	case "+CMEE: 1":
		return nil
	case "+CMEE: 0":
		m.restoreCMEE = true
		return m.order(ctx, at.Command{Text: "AT+CMEE=1"})
	}
	return host.Stranger(m.name) // other makes have a 2, and answer with words
}

var cmeeAnswer = regexp.MustCompile(`^\+CMEE: \d$`)

func cmeeUsual(line string) bool { return line == "+CMEE: 0" || line == "+CMEE: 1" }

// doubt is how long the answer to the first question may stay out once a result without one came.
const doubt = time.Second

// acquaint follows a first question that was answered with a result alone. It may be that of a command of a program before us. If
// another question gets no more than that, what is here answers AT, as many devices do, and is no modem of ours.
func (m *Modem) acquaint(ctx context.Context) error {
	q := resyncQueries()[1]
	q.Doubt = doubt
	err := m.s.Resync(ctx, doubt, q)
	if errors.Is(err, at.ErrNoAnswer) && !errors.Is(err, at.ErrStuck) && ctx.Err() == nil {
		return host.Stranger(m.name)
	}
	return m.place(err)
}

// place adds the port's name to a fault of the line, where it has none.
func (m *Modem) place(err error) error {
	var f *cred.Fault
	if !errors.As(err, &f) || strings.Contains(f.Text, m.name) {
		return err
	}
	switch f.Code {
	case "port.lost", "line.no-answer":
		return cred.Because(err, f.Code, f.Text+" on "+m.name, f.Hint)
	}
	return err
}

// resyncQueries are answered by every firmware, each with a line that names itself.
func resyncQueries() []at.Query {
	return []at.Query{
		{Text: "AT+CMEE?", Answers: at.Answers{Prefix: "+CMEE:"}},
		{Text: "AT+CFUN?", Answers: at.Answers{Prefix: "+CFUN:"}},
		{Text: "AT+CGSN=3", Answers: at.Answers{Prefix: "+CGSN:"}},
	}
}

// resync brings the two sides in step after a missing answer, or the session is over.
func (m *Modem) resync(ctx context.Context) error {
	return m.place(m.s.Resync(ctx, at.ResyncLimit, resyncQueries()...))
}

// silent tells whether an error is a missing answer after which the line can be brought in step.
func (m *Modem) silent(ctx context.Context, err error) bool {
	return errors.Is(err, at.ErrNoAnswer) && m.s.Err() == nil && ctx.Err() == nil
}

// InStep tells whether the line lives and the next command may be sent: after a missing answer, that the silence was gone about
// and the list decided.
func (m *Modem) InStep() bool { return m.s.InStep() }

// Session is the conversation under it, for the rooms that have commands of their own (device/socket).
func (m *Modem) Session() *at.Session { return m.s }

// Host is the firmware between the UART and the modem, as it was found.
func (m *Modem) Host() at.Host { return m.s.Host() }

// Stats is what went over the line so far.
func (m *Modem) Stats() Stats { return m.s.Stats() }

// Close puts +CMEE, the functional mode and the speed of the line back if the line still lives, within twenty seconds, and closes the line. What
// cannot be put back on a line that is gone is no error: the unit starts anew when it gets power again. A unit that took the
// place of the one that Identify found is left as it is.
func (m *Modem) Close() error {
	if m.s.Err() != nil {
		_ = m.s.Close()
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	var err error
	if !m.s.InStep() {
		err = m.s.Resync(ctx, closeLimit, resyncQueries()...)
	}
	if err == nil && !m.swapped(ctx) {
		err = m.putBack(ctx)
	}
	if m.s.Err() == nil && m.s.InStep() {
		err = errors.Join(err, m.slow(ctx))
	}
	return errors.Join(err, m.s.Close())
}

// putBack puts back what this session changed.
func (m *Modem) putBack(ctx context.Context) error {
	if err := m.Restore(ctx); err != nil || !m.restoreCMEE {
		return err
	}
	return m.order(ctx, at.Command{Text: "AT+CMEE=0"})
}

// swapped tells whether another unit than the identified one is on the line. Only a functional mode that is still owed makes the
// question worth its bytes.
func (m *Modem) swapped(ctx context.Context) bool {
	if m.mode == noMode {
		return false
	}
	err := m.still(ctx)
	return err != nil && cred.AsFault(err).Code == "store.swapped"
}
