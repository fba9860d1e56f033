package tui

import (
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"go.uber.org/goleak"

	"example.org/sectag/tui/form"
	"example.org/sectag/tui/way"
)

// page is a way that shows a text and remembers what it was told.
type page struct {
	text   string
	inbox  *way.Inbox
	leaves map[rune]way.Act
	told   []string
	closed chan struct{}
	busy   bool
	rings  bool
	copies string
}

func newPage(text string) *page {
	return &page{text: text, inbox: way.NewInbox(4), leaves: map[rune]way.Act{'q': way.Quit, 'h': way.Home}, closed: make(chan struct{})}
}

func (p *page) Wake() <-chan struct{} { return p.inbox.Wake() }

func (p *page) Come(time.Time) way.Act {
	for _, m := range p.inbox.Take() {
		p.told = append(p.told, m.(string))
		if m == "over" {
			return way.Quit
		}
	}
	return way.Nothing
}

func (p *page) Press(k form.Key) way.Act {
	p.told = append(p.told, "key "+string(k.Char))
	return p.leaves[k.Char]
}

func (p *page) Tick(time.Time) way.Act {
	p.told = append(p.told, "tick")
	return way.Nothing
}

func (p *page) Rings() bool { return p.rings }
func (p *page) Copies() string {
	text := p.copies
	p.copies = ""
	return text
}

func (p *page) Next() time.Duration {
	if p.busy {
		return time.Second
	}
	return 0
}
func (p *page) Resize(w, h int) { p.told = append(p.told, "size") }
func (p *page) View() string    { return p.text }
func (p *page) Close()          { close(p.closed) }

// screenful is a terminal that tells when a text was shown.
type screenful struct {
	mu   sync.Mutex
	all  strings.Builder
	want string
	seen chan struct{}
}

func newScreenful(want string) *screenful { return &screenful{want: want, seen: make(chan struct{})} }

func (s *screenful) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.Write(b)
	if s.want != "" && strings.Contains(s.all.String(), s.want) {
		s.want = ""
		close(s.seen)
	}
	return len(b), nil
}

// typing is a keyboard for a program that runs: its keys, once and for all.
func typing(t *testing.T, keys string) (io.Reader, func()) {
	t.Helper()
	in, keyboard := io.Pipe()
	return in, func() {
		if _, err := keyboard.Write([]byte(keys)); err != nil {
			t.Error(err)
		}
		if err := keyboard.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAWayIsLeftAndAnotherOneOpened(t *testing.T) {
	defer goleak.VerifyNone(t)
	in, typed := typing(t, "h")
	out := newScreenful("first page")
	p := New(Options{In: in, Out: out})
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	first, second := newPage("first page"), newPage("second page")
	p.Open(first)
	<-out.seen
	typed()
	if do := <-p.Left(); do != way.Home {
		t.Errorf("left for %d", do)
	}
	p.Open(second)
	<-first.closed
	second.inbox.Put(0, "over")
	if err := <-done; err != nil {
		t.Errorf("Run says %v", err)
	}
	<-second.closed
}

func TestRunQuitsOnAKey(t *testing.T) {
	defer goleak.VerifyNone(t)
	in, typed := typing(t, "q")
	out := newScreenful("starting")
	p := New(Options{In: in, Out: out})
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	<-out.seen
	typed()
	if err := <-done; err != nil {
		t.Errorf("Run says %v after a quit", err)
	}
	p.Open(newPage("late")) // after Run it must not block
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := newScreenful("starting")
	p := New(Options{In: nil, Out: out})
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	<-out.seen
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run says %v", err)
	}
}

// TestEachMessageHasOneAddressee sends one message of each kind to the shell.
func TestEachMessageHasOneAddressee(t *testing.T) {
	p := New(Options{})
	shown := newPage("a page")
	p.root.Update(openMsg{shown})
	shown.told = nil
	shown.inbox.Put(0, "news")
	for _, m := range []tea.Msg{tea.WindowSizeMsg{Width: 50, Height: 20}, tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("x")}, comeMsg{}, tickMsg{n: p.root.ticks}, struct{}{}} {
		p.root.Update(m)
	}
	if want := []string{"size", "key x", "news", "tick"}; !reflect.DeepEqual(shown.told, want) {
		t.Errorf("it was told %v, want %v", shown.told, want)
	}
}

func TestAWayThatWasLeftIsToldNothingMore(t *testing.T) {
	p := New(Options{})
	shown := newPage("a page")
	p.root.Update(openMsg{shown})
	press := func(r rune) tea.Cmd {
		_, cmd := p.root.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		return cmd
	}
	press('h')
	told := len(shown.told)
	press('x')
	p.root.Update(comeMsg{})
	if len(shown.told) != told {
		t.Errorf("it was told %v", shown.told[told:])
	}
	if cmd := press('q'); cmd == nil {
		t.Error("q must leave all the same")
	}
}

func TestTheClockTicksWhileAWayIsBusy(t *testing.T) {
	p := New(Options{})
	shown := newPage("a page")
	if _, cmd := p.root.Update(openMsg{shown}); cmd != nil {
		t.Error("it ticks at rest")
	}
	shown.busy = true
	if _, cmd := p.root.Update(comeMsg{}); cmd == nil {
		t.Error("it does not tick")
	}
	if _, cmd := p.root.Update(comeMsg{}); cmd != nil {
		t.Error("it ticks twice")
	}
	shown.busy = false
	shown.told = nil
	if p.root.Update(tickMsg{n: p.root.ticks - 1}); shown.told != nil {
		t.Error("a tick that was overtaken counts")
	}
	if _, cmd := p.root.Update(tickMsg{n: p.root.ticks}); cmd != nil || shown.told == nil {
		t.Error("it goes on ticking, or was not told")
	}
}

func TestSeveralCharactersInOneMessage(t *testing.T) {
	got := keysOf(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("ab")})
	if want := []form.Key{form.Of('a'), form.Of('b')}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	for _, k := range []tea.KeyMsg{{Type: tea.KeyRunes, Runes: []rune("t"), Alt: true}, {Type: tea.KeyF1}, {Type: tea.KeyEnter, Alt: true}} {
		if got := keysOf(k); len(got) != 1 || got[0].Name != form.Other {
			t.Errorf("%v means %v", k, got)
		}
	}
	if got := keysOf(tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}); len(got) != 1 || got[0].Char != ' ' {
		t.Errorf("space means %v", got)
	}
}

func TestTheBellRingsWhenAWayAsksForIt(t *testing.T) {
	out := newScreenful("\a")
	p := New(Options{Out: out})
	shown := newPage("a page")
	p.root.Update(openMsg{shown})
	shown.rings = true
	_, cmd := p.root.Update(comeMsg{})
	if cmd == nil {
		t.Fatal("nothing rings")
	}
	cmd()
	select {
	case <-out.seen:
	default:
		t.Error("no bell was heard")
	}
}

// TestACopyGoesToTheTerminalOnce: in one write, as OSC 52, whatever the text holds.
func TestACopyGoesToTheTerminalOnce(t *testing.T) {
	out := newScreenful("")
	p := New(Options{Out: out})
	w := newPage("x")
	w.copies = "a \x1b\a\n"
	p.root.shown = w
	for range 2 {
		if cmd := p.root.clip(); cmd != nil {
			cmd()
		}
	}
	if got, want := out.all.String(), "\x1b]52;c;YSAbBwo=\a"; got != want {
		t.Errorf("the terminal got %q, want %q", got, want)
	}
	New(Options{}).copy("nobody is there")
}
