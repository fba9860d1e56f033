package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
	"example.org/sectag/tui/form"
	_ "example.org/sectag/tui/guard" // before Bubble Tea: it must not question the terminal
	"example.org/sectag/tui/paint"
)

// Options are what the program needs to know of its surroundings.
type Options struct {
	In       io.Reader // the terminal
	Out      io.Writer // the terminal
	Title    string    // the product's name
	Station  string    // the station's id
	ASCII    bool      // no character beyond ASCII
	NoColor  bool      // NO_COLOR is set: bold and reverse stay
	LastPort string    // offered first
	Now      func() time.Time
	Touch    func() // told of every key, not which: somebody is there
}

// Program shows the bench on a terminal. The bench's side may call Shot, Progress and Trace at any time, from any goroutine,
// before Run and after it: they never block, so a terminal that has stopped reading cannot stop the bench.
type Program struct {
	root *root
	opts Options
	in   inbox
}

// New makes a program; Run shows it.
func New(b Bench, o Options) *Program {
	clock := o.Now
	if clock == nil {
		clock = time.Now
	}
	if o.Touch == nil {
		o.Touch = func() {}
	}
	r := &root{
		touch: o.Touch, title: o.Title, station: o.Station, clock: clock,
		palette: paint.Palette{ASCII: o.ASCII, Mono: o.NoColor},
		sight:   sight{w: 80, h: 24, now: clock()},
		hand:    hand{bench: b, before: form.Before{Port: o.LastPort}},
	}
	return &Program{root: r, opts: o, in: inbox{wake: make(chan struct{}, 1)}}
}

// Shot shows what the bench published after an event. A shot with an error is the last one: the program ends.
func (p *Program) Shot(s flows.Shot[station.Bench], f flows.Facts) {
	p.show(shotMsg{machine: view{s.Machine}, event: s.Event, ignored: s.Ignored, over: s.Err != nil, facts: f})
}

func (p *Program) show(m shotMsg) { p.in.put(func(b *inbox) { b.shots = append(b.shots, m) }) }

// Progress shows what moves while an effect is in flight.
func (p *Program) Progress(x flows.Progress) {
	p.in.put(func(b *inbox) { b.progress = append(b.progress, x) })
}

// Trace adds a line to the transcript.
func (p *Program) Trace(x flows.TraceLine) { p.in.put(func(b *inbox) { b.trace = append(b.trace, x) }) }

// Run shows the program until the user has quit or the context has ended. It returns nil after a quit, the context's error when
// that ended it, and otherwise what went wrong with the terminal. The terminal is as it was before.
func (p *Program) Run(ctx context.Context) error {
	t := tea.NewProgram(p.root, tea.WithContext(ctx), tea.WithInput(p.opts.In), tea.WithOutput(p.opts.Out),
		tea.WithAltScreen(), tea.WithoutSignalHandler())
	done := make(chan struct{})
	var pump sync.WaitGroup
	pump.Go(func() { p.in.pump(done, t.Send) })
	_, err := t.Run()
	close(done)
	pump.Wait()
	p.root.hand.close()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled):
		return ctx.Err()
	}
	return fmt.Errorf("showing the screens: %w", err)
}

// inbox holds what the bench's side has sent until the terminal's side takes it. It is bounded: what is newest stays.
type inbox struct {
	mu       sync.Mutex
	shots    []shotMsg
	progress []flows.Progress
	trace    []flows.TraceLine
	wake     chan struct{}
}

// backlog is how many shots and pieces of progress wait; each shot carries the whole state, so older ones can go.
const backlog = 64

func (b *inbox) put(add func(*inbox)) {
	b.mu.Lock()
	add(b)
	b.shots = newest(b.shots, backlog)
	b.progress = newest(b.progress, backlog)
	b.trace = newest(b.trace, maxTrace)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // already woken
	}
}

func newest[T any](s []T, n int) []T {
	if len(s) <= n {
		return s
	}
	return append(s[:0:0], s[len(s)-n:]...)
}

// take empties the inbox.
func (b *inbox) take() (out []tea.Msg) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.shots {
		out = append(out, s)
	}
	for _, p := range b.progress {
		out = append(out, progressMsg(p))
	}
	if len(b.trace) > 0 {
		out = append(out, traceMsg(b.trace))
	}
	b.shots, b.progress, b.trace = nil, nil, nil
	return out
}

// pump carries the inbox to the program until done.
func (b *inbox) pump(done <-chan struct{}, send func(tea.Msg)) {
	for {
		select {
		case <-done:
			return
		case <-b.wake:
			for _, m := range b.take() {
				send(m)
			}
		}
	}
}

// Render is what a state looks like in a window of w by h cells, in plain text. A question that the machine asks by itself is open.
func Render(m station.Bench, f flows.Facts, w, h int) string {
	p := New(nil, Options{Now: func() time.Time { return time.Time{} }})
	p.root.palette.Bare = true
	p.root.sight.w, p.root.sight.h = w, h
	p.root.shot(shotMsg{machine: view{m}, facts: f})
	return p.root.View()
}
