// Package linear is the other shell: it says the ways line by line and reads lines of text, instead of drawing a window and taking
// keys. Nothing that was said is ever changed, so a screen reader, a braille line or a teletype can follow; nothing moves.
//
// Read linear.go (the loop), say.go (what is new of what a way says), reader.go (one line at a time, shown or not).
package linear

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"example.org/sectag/tui/form"
	"example.org/sectag/tui/way"
)

// Options are what the program needs to know of its surroundings.
type Options struct {
	In     io.Reader                           // lines of text
	Out    io.Writer                           // what is said
	Secret func(prompt string) ([]byte, error) // reads a line that is not shown while it is typed; it prompts once nothing is shown
	Now    func() time.Time                    // nil: the system's clock
	ASCII  bool                                // no character beyond ASCII
}

// Program says one way at a time.
type Program struct {
	Options
	mu     sync.Mutex
	next   way.Way
	opened chan struct{}
	left   chan way.Act
}

// New makes a program; Run lets it speak.
func New(o Options) *Program {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Program{Options: o, opened: make(chan struct{}, 1), left: make(chan way.Act, 1)}
}

// Open says a way instead of the one before, which is closed. It may be called from any goroutine, before Run too; it does not wait.
func (p *Program) Open(w way.Way) {
	p.mu.Lock()
	p.next = w
	p.mu.Unlock()
	select {
	case p.opened <- struct{}{}:
	default: // it is known already
	}
}

// Left tells what a way was left for, when it was not for good.
func (p *Program) Left() <-chan way.Act { return p.left }

// Run speaks until a person has quit, the text has ended or the context has. It returns nil after a quit, the context's error when
// that ended it, and otherwise why nothing can be read or said any more.
func (p *Program) Run(ctx context.Context) error {
	t := &talk{Program: p, reader: newReader(p.In, p.Secret)}
	defer t.close()
	var wake <-chan struct{}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.opened:
			wake = t.open()
		case <-wake:
			t.do(t.shown.Come(p.Now()))
		case l := <-t.reader.lines:
			t.reader.took()
			t.said.prompt = false // its line has ended
			if l.err == io.EOF {
				return nil
			}
			if l.err != nil {
				return fmt.Errorf("reading what is typed: %w", l.err)
			}
			t.typed(l)
		}
		if t.over {
			return nil
		}
		if err := t.speak(); err != nil {
			return fmt.Errorf("saying the screens: %w", err)
		}
	}
}

// talk is a program that runs.
type talk struct {
	*Program
	reader *reader
	shown  way.Way // nil before the first
	gone   bool    // it was left; another one comes
	over   bool    // a person has quit
	said   speech
}

// open says another way.
func (t *talk) open() <-chan struct{} {
	t.close()
	t.mu.Lock()
	t.shown, t.gone = t.next, false
	t.mu.Unlock()
	t.said = speech{}
	t.do(t.shown.Come(t.Now()))
	return t.shown.Wake()
}

func (t *talk) close() {
	if t.shown != nil {
		t.shown.Close()
	}
}

// do is what a way wants after a message.
func (t *talk) do(a way.Act) {
	switch {
	case t.gone || a == way.Nothing:
	case a == way.Quit:
		t.over = true
	default:
		t.gone = true
		select {
		case t.left <- a:
		default: // it is known already
		}
	}
}

// typed gives a line to the way: an answer as it was typed, a key by itself, or a key by its name. A line that was begun before the
// question changed is not taken: it was meant for something else. Nor is a word that nobody knows: each of its letters is a key.
func (t *talk) typed(l line) {
	defer clear(l.text)
	if t.shown == nil || t.gone {
		return
	}
	s := speechOf(t.shown)
	if l.meant != meant(s) {
		t.said.note = "that was not taken: something else is asked now"
		return
	}
	text := string(l.text)
	if s.Asks == "" {
		if key, is := keyOf(text, s.Keys); is {
			t.press(key)
			if !t.gone && !t.over {
				t.do(t.shown.Tick(t.Now())) // nothing follows: the line is whole
			}
			return
		}
		if !s.Types {
			t.said.note = "that is no key here: nothing was done"
			return
		}
	} else if strings.TrimSpace(text) == "esc" {
		t.press(form.Key{Name: form.Esc}) // in a window, too, the one key that is no answer
		return
	}
	if s.Asks != "" && text != "" {
		t.press(form.Key{Name: form.ClearLine}) // what was offered, or typed before and wrong
	}
	for _, r := range text {
		t.press(form.Of(r))
	}
	t.press(form.Key{Name: form.Enter})
}

func (t *talk) press(k form.Key) { t.do(t.shown.Press(k)) }

// keyOf is the key that a line stands for: nothing typed is Enter, one character is itself, and so is the name of what can be done.
func keyOf(text string, keys []string) (form.Key, bool) {
	text = strings.TrimSpace(text)
	named := map[string]form.Key{
		"": {Name: form.Enter}, "enter": {Name: form.Enter}, "esc": {Name: form.Esc}, "tab": {Name: form.Tab},
		"up": {Name: form.Up}, "down": {Name: form.Down}, "left": {Name: form.Left}, "right": {Name: form.Right},
	}
	if k, is := named[text]; is {
		return k, true
	}
	if rs := []rune(text); len(rs) == 1 {
		return form.Of(rs[0]), true
	}
	for _, k := range keys {
		if key, name, _ := strings.Cut(k, " "); name == text && key != text {
			return keyOf(key, nil)
		}
	}
	return form.Key{}, false
}

// speechOf is what a way says; one that cannot speak says its window.
func speechOf(w way.Way) way.Speech {
	if s, can := w.(way.Speaker); can {
		return s.Speech()
	}
	return way.Speech{Lines: strings.Split(w.View(), "\n")}
}
