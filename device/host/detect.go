package host

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
)

// The times of the search. All of it takes less than three seconds where nobody answers. Each knock is given a little time; a modem
// that takes its whole second for an AT is heard while the next ones go out, which its host then loses or takes one by one.
const (
	whole      = 2700 * time.Millisecond
	farHello   = 300 * time.Millisecond // for the first AT, on a line that does not know its speed: it may lead far away
	nearHello  = 150 * time.Millisecond // on a port of this computer
	farStill   = 150 * time.Millisecond // for the second answer to one knock
	nearStill  = 60 * time.Millisecond
	shellKnock = at.ProbeLimit + 50*time.Millisecond
	queryKnock = at.QueryLimit + 250*time.Millisecond
	fastKnock  = 150 * time.Millisecond // at another speed, which no slow modem is looked for at
	dataQuiet  = 100 * time.Millisecond // for #XDATAMODE, which no modem is asked for
	plainKnock = 300 * time.Millisecond // then the host is taken for stuck; a slow modem's answer is still heard
	promptWait = 300 * time.Millisecond
	rounds     = 3 // how often a question is put whose answer makes no sense
)

const (
	del        = "\x7f"
	ctrlC      = "\x03"
	leaveData  = "+++"
	leaveShell = "\x18\x11" // Ctrl-X Ctrl-Q ends modem_shell's AT command mode
)

// Detect finds out which firmware is at the other end of a session's line and tells the session. The usual one, AT Host with CR,
// answers the first AT and costs no byte more. Then come the other line ends, a data mode, and a host that stands in an open quote or
// has a full buffer. A shell shows itself by its prompt.
// When nobody answers, the error is at.ErrNoAnswer and Heard tells what came instead. Faults: store.not-the-modem,
// line.not-at, line.shell-wildcard, line.crashed, port.lost. The queries are those of at.Session.Resync.
func Detect(ctx context.Context, s *at.Session, queries ...at.Query) error {
	f := &finder{s: s, until: time.Now().Add(whole), queries: queries}
	h, err := f.find(ctx)
	if err != nil {
		return err
	}
	s.SetHost(h)
	return nil
}

// finder is one search.
type finder struct {
	s       *at.Session
	until   time.Time
	heard   []byte // all that came, for the framing
	queries []at.Query
	alive   bool // somebody said OK: what is asked now has the time of any question
}

// left is how long a question may take.
func (f *finder) left(limit time.Duration) time.Duration {
	if f.alive {
		return limit
	}
	return min(limit, time.Until(f.until))
}

// near tells whether the line leads to a port of this computer, where an answer takes no more than the modem's time.
func (f *finder) near() bool { return f.s.Baud() != 0 }

// settle waits until nothing comes any more.
func (f *finder) settle(ctx context.Context) {
	still := farStill
	if f.near() {
		still = nearStill
	}
	if !f.alive {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, f.until)
		defer cancel()
	}
	f.s.Settle(ctx, still)
}

// errNobody says that the search goes on.
var errNobody = errors.New("nobody answered")

func (f *finder) find(ctx context.Context) (at.Host, error) {
	for _, look := range []func(context.Context) (at.Host, error){f.usual, f.ends, f.fast, f.data, f.stuck} {
		h, err := look(ctx)
		if !errors.Is(err, errNobody) {
			return h, err
		}
		if f.s.Crashed() {
			return nil, at.Stopped("AT")
		}
	}
	return nil, cred.Because(at.ErrNoAnswer, "line.no-answer", "nobody answers AT", "switch the unit on and choose the board's first port")
}

// say sends bytes and hears until a host shows itself.
func (f *finder) say(ctx context.Context, show, wire string, limit time.Duration) (sign, error) {
	heard, err := f.s.Listen(ctx, show, []byte(wire), f.left(limit), func(b []byte) bool { return read(b) != nothing })
	f.heard = append(f.heard, heard...)
	if err != nil {
		return nothing, err
	}
	f.alive = f.alive || read(heard) == okay
	return read(heard), nil
}

// usual sends AT and CR, as AT Host and Serial Modem are shipped to take it. The first command after power-up may end in
// ERROR: noise stood before it (nrf91.md, section 3.5).
func (f *finder) usual(ctx context.Context) (at.Host, error) {
	limit := farHello
	if f.near() {
		limit = nearHello
	}
	for range 2 {
		got, err := f.say(ctx, "AT", "AT\r", limit)
		switch {
		case err != nil:
			return nil, err
		case got == prompt:
			return f.shell(ctx)
		case got == dead || got == refused && f.s.Crashed():
			return nil, at.Stopped("AT")
		case got == okay && echoed(f.heard):
			return f.echoing(ctx)
		case got == okay:
			return f.framed(ctx, CR)
		case got == nothing:
			return nil, errNobody
		}
	}
	return nil, errNobody // ERROR, and ERROR again
}

// echoing is a host that answers and sends back what it is sent: a host with its echo on, or modem_shell in its AT command mode.
func (f *finder) echoing(ctx context.Context) (at.Host, error) {
	got, err := f.say(ctx, "(leaving an AT command mode)", leaveShell, promptWait)
	if err != nil {
		return nil, err
	}
	if got == prompt {
		return f.shell(ctx)
	}
	if _, err := f.s.Listen(ctx, "(taking it back)", []byte(del+del), 0, always); err != nil {
		return nil, err
	}
	return f.framed(ctx, CR)
}

// FastBaud is the speed that a Serial Modem's line is raised to for writes, the highest that AT+IPR takes (nrf91.md, section 3.1).
const FastBaud = 1000000

// fast looks for a Serial Modem whose line was raised by a program that did not put it back, and puts it back. Only a line that
// can change its speed needs this.
func (f *finder) fast(ctx context.Context) (at.Host, error) {
	usual := f.s.Baud()
	if usual == 0 || usual == FastBaud || f.s.SetBaud(FastBaud, 0) != nil {
		return nil, errNobody
	}
	got, err := f.say(ctx, "AT (at another speed)", erase+knock, fastKnock)
	var h at.Host
	if err == nil {
		h, err = f.answered(ctx, got)
	}
	if sm, ok := h.(SerialModem); ok {
		f.s.SetHost(sm)
		for range 2 {
			var r at.Reply
			if r, err = f.do(ctx, at.Command{Text: "AT+IPR=" + strconv.Itoa(usual)}); err != nil || r.OK() {
				break
			}
		}
	}
	if e := f.s.SetBaud(usual, 0); err == nil {
		err = e
	}
	return h, err
}

// data leaves the data mode of a Serial Modem or SLM that wants silence behind what ends it.
func (f *finder) data(ctx context.Context) (at.Host, error) {
	heard, err := f.s.Listen(ctx, leaveData, []byte(leaveData), dataQuiet, func(b []byte) bool { return bytes.Contains(b, []byte("#XDATAMODE")) })
	f.heard = append(f.heard, heard...)
	if err != nil {
		return nil, err
	}
	return nil, errNobody
}

// erase takes back more characters than any of the questions here has.
const erase = del + del + del + del + del + del + del + del + del + del + del + del + del + del + del + del

// knock is AT for every line end, each on an empty line: whoever hears it answers one of them with OK.
const knock = erase + "AT" + CR + erase + "AT" + LF + erase + "AT" + CRLF + erase + "AT" + NUL

// ends knocks with every line end: most of those that did not hear the first AT have another one. A data mode is left on the way, and
// Ctrl-C ends what a shell may be in the middle of.
func (f *finder) ends(ctx context.Context) (at.Host, error) {
	got, err := f.say(ctx, "AT (with every line end)", leaveData+ctrlC+knock, plainKnock)
	if err != nil {
		return nil, err
	}
	return f.answered(ctx, got)
}

// stuck frees a host that stands inside an open quote, with a full buffer or not, without running what is in it, and knocks. A
// host whose quote went with the characters hears the first knock, one whose quote must be closed hears the second.
func (f *finder) stuck(ctx context.Context) (at.Host, error) {
	free := at.ATHost{}.Free(true)
	all := free[:len(free)-2]
	wire := append(append([]byte(nil), all...), knock+erase...)
	wire = append(wire, at.ATHost{}.Free(false)...)
	if time.Until(f.until) < plainKnock {
		return nil, errNobody
	}
	got, err := f.say(ctx, "(freeing an open quote) AT (with every line end)", string(append(wire, knock...)), whole)
	if err != nil {
		return nil, err
	}
	if got == nothing { // as it was
		if _, err := f.s.Listen(ctx, "(closing the quote)", at.ATHost{}.Free(false), 0, always); err != nil {
			return nil, err
		}
	}
	return f.answered(ctx, got)
}

func always([]byte) bool { return true }

// answered goes on from what a knock brought.
func (f *finder) answered(ctx context.Context, got sign) (at.Host, error) {
	switch {
	case got == nothing:
		return nil, errNobody
	case got == prompt:
		return f.shell(ctx)
	case got == dead || got == refused && f.s.Crashed():
		return nil, at.Stopped("AT")
	}
	f.settle(ctx)
	return f.asked(ctx)
}

// The questions whose answers tell the line end: each has its own answer, and each stands on an empty line for hosts with
// another line end. All firmware knows them (nrf91.md, sections 1.2 and 1.3).
const (
	askCR   = "AT+CMEE?"
	askLF   = "AT+CFUN?"
	askCRLF = "AT+CFUN=?"
	askNUL  = "AT+CGSN=?"
	askAll  = erase + askCR + CR + erase + askLF + LF + erase + askCRLF + CRLF + erase + askNUL + NUL
)

// asked finds the line end of a host that is known to answer. It may take longer than the search: somebody is there.
func (f *finder) asked(ctx context.Context) (at.Host, error) {
	for range rounds {
		began := time.Now()
		heard, err := f.s.Listen(ctx, "AT+CMEE? (and others, to learn the line end)", []byte(askAll), f.left(queryKnock),
			func(b []byte) bool { return read(b) != nothing })
		f.heard = append(f.heard, heard...)
		if err != nil {
			return nil, err
		}
		end, ok := ending(heard)
		f.settle(ctx)
		if took := time.Since(began); f.alive && (!ok || took > 2*plainKnock) {
			if err := f.arrears(ctx); err != nil {
				return nil, err
			}
		}
		if ok {
			return f.framed(ctx, end)
		}
		if read(heard) == nothing { // the freeing may have opened a quote
			if _, err := f.s.Listen(ctx, "(freeing an open quote)", at.ATHost{}.Free(false), 0, always); err != nil {
				return nil, err
			}
		}
	}
	return nil, errNobody
}

// arrears waits until a slow modem has answered all that its host kept of the search, so that no answer is taken for a later one's.
func (f *finder) arrears(ctx context.Context) error {
	for range 8 {
		heard, err := f.s.Listen(ctx, "", nil, queryKnock, func(b []byte) bool { return len(b) > 0 })
		if err != nil || len(heard) == 0 {
			return err
		}
	}
	return nil
}

// framed tells AT Host from Serial Modem and SLM, which put an empty line before a result, and then asks what they are called.
func (f *finder) framed(ctx context.Context, end string) (at.Host, error) {
	if !emptyBefore(f.heard) {
		return plain(end), nil
	}
	sm, slm := SerialModem{End: end}, SLM{End: end}
	order := []interface {
		at.Host
		Version() at.Command
	}{sm, slm}
	if end == CRLF { // as SLM is shipped
		order[0], order[1] = slm, sm
	}
	f.s.SetHost(plain(end))
	for _, h := range order {
		for range 2 { // one that the line damaged is refused too
			r, err := f.do(ctx, h.Version())
			if err != nil {
				return nil, err
			}
			if r.OK() && len(r.Info) > 0 {
				return h, nil
			}
			if r.Crashed {
				return nil, at.Stopped("AT")
			}
		}
	}
	return plain(end), nil
}

// do asks a question of a host that is known to answer, once more if it does not.
func (f *finder) do(ctx context.Context, q at.Command) (at.Reply, error) {
	for range 2 {
		r, err := f.s.Do(ctx, q)
		if !errors.Is(err, at.ErrNoAnswer) || f.s.Err() != nil || ctx.Err() != nil {
			return r, err
		}
		if err := f.s.Resync(ctx, at.ResyncLimit, f.queries...); err != nil {
			return r, err
		}
	}
	return at.Reply{}, nil
}

func plain(end string) at.ATHost {
	if end == CR {
		return at.ATHost{}
	}
	return at.ATHost{End: end}
}
