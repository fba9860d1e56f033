package device

import (
	"context"
	"errors"
	"regexp"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/at/mask"
	"example.org/sectag/device/host"
)

// tries is how often a question is put when its answer comes back damaged.
const tries = 3

// query is a question whose answer is one line of a known shape.
type query struct {
	text   string
	shape  *regexp.Regexp
	prefix string                 // empty: the shape alone tells the answer
	first  bool                   // the first question on a line: what a program before us asked may still be answered
	usual  func(line string) bool // an answer that is not is believed only when it is given twice; nil: all are usual
}

// ask puts a question until its answer can be believed: exactly one line of the shape, usual, and nothing unknown beside it;
// or else the same line twice. A missing answer is asked for again once, after the line was brought in step. A refusal, of
// which the line's damage to the question may be the cause, is a *refusal when it is given twice.
func (m *Modem) ask(ctx context.Context, q query) (string, error) {
	cmd := at.Command{Text: q.text, Answers: at.Answers{Prefix: q.prefix}, Named: q.first}
	if q.first {
		cmd.Doubt = doubt
	}
	if q.prefix == "" {
		cmd.Answers.Bare = q.shape.MatchString
	}
	last, no, most := "", at.Result(0), tries
	if q.usual != nil {
		most++ // two answers are needed, and a damaged one may cost the next its place
	}
	for range most {
		r, err := m.again(ctx, cmd)
		if err != nil {
			return "", err
		}
		if !r.OK() {
			if no == r.Final || r.Crashed {
				return "", refuse(q.text, r)
			}
			no = r.Final
			continue
		}
		if len(r.Info) == 0 { // a result without an answer: it may be an older command's
			if err := m.resync(ctx); err != nil {
				return "", err
			}
			continue
		}
		if len(r.Info) != 1 || !q.shape.MatchString(r.Info[0]) {
			continue
		}
		if r.Clean && (q.usual == nil || q.usual(r.Info[0])) || r.Info[0] == last {
			return r.Info[0], nil
		}
		last = r.Info[0]
	}
	return "", garbled(mask.Command(q.text))
}

// again sends a command that may be repeated without harm, a second time if the first has no answer.
func (m *Modem) again(ctx context.Context, cmd at.Command) (at.Reply, error) {
	r, err := m.s.Do(ctx, cmd)
	if !m.silent(ctx, err) {
		return r, m.place(err)
	}
	step := m.resync
	if errors.Is(err, at.ErrNameless) {
		step = m.acquaint
	}
	if err := step(ctx); err != nil {
		return r, err
	}
	if r.Full {
		return r, cutOff(mask.Command(cmd.Text), len(r.Info))
	}
	r, err = m.s.Do(ctx, cmd)
	if errors.Is(err, at.ErrNameless) {
		return r, host.Stranger(m.name)
	}
	if m.silent(ctx, err) {
		if e := m.resync(ctx); e != nil {
			return r, e
		}
	}
	return r, m.place(err)
}

// order sends a command that answers OK, again if there is no answer.
func (m *Modem) order(ctx context.Context, cmd at.Command) error {
	r, err := m.again(ctx, cmd)
	if err == nil && doubtful(r) {
		r, err = m.again(ctx, cmd)
	}
	if err != nil {
		return err
	}
	if !r.OK() {
		return refuse(mask.Command(cmd.Text), r)
	}
	return nil
}

// doubtful tells whether a refusal is one that a command gets whose bytes were damaged on the line: it is given once more.
// The vendor's own numbers are about what the command asks.
func doubtful(r at.Reply) bool {
	return !r.Crashed && (r.Final == at.Error || r.Final == at.CME && r.CME < 512)
}

// CheckCommand says of a person's own command why it is not sent: it changes the modem's own range of tags (store.reserved), or the
// unit's host could not take it (line.bad-command, line.too-long).
func CheckCommand(cmd string) error {
	if changes, tags := mask.ChangesStore(cmd); changes {
		for _, t := range tags {
			if t.Reserved() {
				return reserved(t)
			}
		}
	}
	return at.Check(at.ATHost{}, at.Parse(cmd))
}

// Raw sends a command of a person's own, if CheckCommand has nothing against it. limit 0 is the usual one for such a command. The
// reply is masked like the transcript. A missing answer is followed by bringing the line in step.
func (m *Modem) Raw(ctx context.Context, cmd string, limit time.Duration) (Reply, error) {
	if err := CheckCommand(cmd); err != nil {
		return Reply{}, err
	}
	c := at.Parse(cmd)
	if limit > 0 {
		c.Limit = limit
	}
	r, err := m.s.Do(ctx, c)
	if m.silent(ctx, err) {
		if e := m.resync(ctx); e != nil {
			err = e
		}
	}
	r.Info = r.Shown
	return r, m.place(err)
}

// refusal is a modem's no: what it answered, and the fault that this is to people.
type refusal struct {
	reply at.Reply
	fault *cred.Fault
}

func refuse(what string, r at.Reply) *refusal { return &refusal{r, refused(what, r)} }

func (r *refusal) Error() string { return r.fault.Error() }

// Unwrap is the fault.
func (r *refusal) Unwrap() error { return r.fault }

// isRefusal tells whether the modem answered no, and with what.
func isRefusal(err error) (at.Reply, bool) {
	var r *refusal
	if errors.As(err, &r) {
		return r.reply, true
	}
	return at.Reply{}, false
}
