package tui

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	_ "example.org/sectag/tui/guard" // before Bubble Tea: it must not question the terminal
	"example.org/sectag/tui/way"
)

// Options are what the program needs to know of its surroundings.
type Options struct {
	In  io.Reader // the terminal
	Out io.Writer // the terminal
	Now func() time.Time

	Mouse bool // clicks and the wheel are ours: the terminal selects text only with its own key held (mostly shift)
}

// Program shows one way at a time on a terminal.
type Program struct {
	root *root
	opts Options

	mu   sync.Mutex
	next way.Way
	wake chan struct{} // there is a next
	left chan way.Act
}

// New makes a program; Run shows it. Until a way is opened it says that it is starting.
func New(o Options) *Program {
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Program{opts: o, wake: make(chan struct{}, 1), left: make(chan way.Act, 1)}
	p.root = &root{clock: o.Now, w: 80, h: 24, leave: p.leave, ring: p.ring, copy: p.copy}
	return p
}

// Open shows a way instead of the one before, which is closed. It may be called from any goroutine, before Run too; it does not wait.
func (p *Program) Open(w way.Way) {
	p.mu.Lock()
	p.next = w
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default: // already woken
	}
}

// Left tells what a way was left for, when it was not for good. The program shows its last window until another one is opened.
func (p *Program) Left() <-chan way.Act { return p.left }

func (p *Program) leave(to way.Act) {
	select {
	case p.left <- to:
	default: // it is known already
	}
}

// ring sounds the terminal's bell. It is one byte, which no other write can be torn by.
func (p *Program) ring() {
	if p.opts.Out != nil {
		_, _ = p.opts.Out.Write([]byte{'\a'}) // a bell that nobody hears is no failure
	}
}

// copy asks the terminal to put a text into its clipboard (OSC 52). It is one write, which the screen's own writes stand before or behind:
// a file takes one at a time. A terminal that does not know the sequence, or does not allow it, drops it.
func (p *Program) copy(text string) {
	if p.opts.Out != nil {
		_, _ = p.opts.Out.Write([]byte("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a")) // the note says that it may be refused
	}
}

func (p *Program) opened() way.Way {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next
}

// fps is how often the window is drawn at most. At the library's sixty, a key alone could take a sixtieth of a second to be seen.
const fps = 120

// Run shows the program until the user has quit or the context has ended. It returns nil after a quit, the context's error when
// that ended it, and otherwise what went wrong with the terminal. The terminal is as it was before.
func (p *Program) Run(ctx context.Context) error {
	options := []tea.ProgramOption{
		tea.WithContext(ctx), tea.WithInput(p.opts.In), tea.WithOutput(p.opts.Out), tea.WithAltScreen(), tea.WithoutSignalHandler(), tea.WithFPS(fps),
	}
	if p.opts.Mouse {
		options = append(options, tea.WithMouseCellMotion())
	}
	t := tea.NewProgram(p.root, options...)
	done := make(chan struct{})
	var pump sync.WaitGroup
	pump.Go(func() { p.pump(done, t.Send) })
	_, err := t.Run()
	close(done)
	pump.Wait()
	p.root.close()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled):
		return ctx.Err()
	}
	return fmt.Errorf("showing the screens: %w", err)
}

// pump carries to the terminal's goroutine that a way was opened, and that its bench has sent something.
func (p *Program) pump(done <-chan struct{}, send func(tea.Msg)) {
	var wake <-chan struct{}
	for {
		select {
		case <-done:
			return
		case <-p.wake:
			w := p.opened()
			wake = w.Wake()
			send(openMsg{w})
		case <-wake:
			send(comeMsg{})
		}
	}
}
