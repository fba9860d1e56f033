package linear

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/tui/form"
	"example.org/sectag/tui/way"
)

// page is a way that says what a test wants and remembers what was pressed.
type page struct {
	mu      sync.Mutex
	says    way.Speech
	pressed strings.Builder
	wake    chan struct{}
	acts    map[rune]way.Act
	then    map[rune]way.Speech // what is said after a key
}

func newPage(s way.Speech) *page {
	return &page{says: s, wake: make(chan struct{}, 1), acts: map[rune]way.Act{'q': way.Quit, 'h': way.Home}, then: map[rune]way.Speech{}}
}

// esc stands for that key among what is said after keys.
const esc = 27

// say changes what is said, as a bench does.
func (p *page) say(s way.Speech) {
	p.mu.Lock()
	p.says = s
	p.mu.Unlock()
	p.wake <- struct{}{}
}

func (p *page) Speech() way.Speech {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.says
}

func (p *page) Press(k form.Key) way.Act {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch k.Name {
	case form.Char:
		p.pressed.WriteRune(k.Char)
	case form.Enter:
		p.pressed.WriteString("<enter>")
	case form.ClearLine:
		p.pressed.WriteString("<clear>")
	case form.Esc:
		p.pressed.WriteString("<esc>")
		k.Char = esc
	}
	if s, is := p.then[k.Char]; is {
		p.says = s
	}
	return p.acts[k.Char]
}

func (p *page) keys() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pressed.String()
}

func (p *page) Wake() <-chan struct{}  { return p.wake }
func (p *page) Come(time.Time) way.Act { return way.Nothing }
func (p *page) Tick(time.Time) way.Act { return way.Nothing }
func (p *page) Next() time.Duration    { return 0 }
func (p *page) Resize(int, int)        {}
func (p *page) View() string           { return "" }
func (p *page) Close()                 {}

// ear hears what is said, and waits for a text.
type ear struct {
	mu    sync.Mutex
	all   strings.Builder
	heard chan struct{}
}

func newEar() *ear { return &ear{heard: make(chan struct{}, 1)} }

func (e *ear) Write(b []byte) (int, error) {
	e.mu.Lock()
	e.all.Write(b)
	e.mu.Unlock()
	select {
	case e.heard <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (e *ear) text() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all.String()
}

// hears waits until all that was said ends so.
func (e *ear) hears(t *testing.T, end string) {
	t.Helper()
	for !strings.HasSuffix(e.text(), end) {
		select {
		case <-e.heard:
		case <-t.Context().Done():
			t.Fatal("it is over")
		case <-time.After(20 * time.Second): // a guard only
			t.Fatalf("waited for %q in\n%s", end, e.text())
		}
	}
}

// talking is a program that runs, with a keyboard that can be given up, as a terminal's can.
func talking(t *testing.T, w way.Way, secret func(string) ([]byte, error)) (*Program, *ear, func(string), func() error) {
	t.Helper()
	in, keyboard, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); keyboard.Close() })
	e := newEar()
	p := New(Options{In: in, Out: e, Secret: secret})
	p.Open(w)
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	return p, e, func(s string) {
		if _, err := keyboard.WriteString(s); err != nil {
			t.Error(err)
		}
	}, func() error { keyboard.Close(); return <-done }
}

func TestOnlyWhatIsNewIsSaid(t *testing.T) {
	w := newPage(way.Speech{Lines: []string{"unit: here", "asking who is there"}, Works: true})
	_, e, _, end := talking(t, w, nil)
	e.hears(t, "unit: here\nasking who is there\n> ")
	w.say(way.Speech{Lines: []string{"unit: here", "asking who is there", "352656100367872"}, Keys: []string{"enter confirm"}})
	e.hears(t, "> \n352656100367872\nkeys: enter confirm\n> ")
	w.say(way.Speech{Lines: []string{"credentials: here", "352656100367872"}, Keys: []string{"enter start"}})
	e.hears(t, "> \ncredentials: here\n352656100367872\nkeys: enter start\n> ")
	if n := strings.Count(e.text(), "asking who is there"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}

func TestALineIsAKeyItsNameOrAnAnswer(t *testing.T) {
	w := newPage(way.Speech{Lines: []string{"port: here"}, Keys: []string{"enter start", "r retry", "l list ports"}})
	w.then['r'] = way.Speech{Lines: []string{"port: here", "which?"}, Asks: "port"}
	w.then['x'] = way.Speech{Lines: []string{"port: here"}, Keys: []string{"q quit"}}
	_, e, types, end := talking(t, w, nil)
	e.hears(t, "> ")
	types("\nlist ports\nretry\n")
	e.hears(t, "which?\nport: ")
	types("/dev/x\n")
	e.hears(t, "keys: q quit\n> ")
	if got, want := w.keys(), "<enter>lr<clear>/dev/x<enter>"; got != want {
		t.Errorf("pressed %q, want %q", got, want)
	}
	types("quit\n")
	if err := end(); err != nil {
		t.Error(err)
	}
}

// A word that is no key's name does nothing, though each of its letters is a key and its end would be Enter.
func TestAWordThatNobodyKnowsPressesNothing(t *testing.T) {
	w := newPage(way.Speech{Lines: []string{"credentials: here"}, Keys: []string{"enter start", "s slots"}})
	_, e, types, end := talking(t, w, nil)
	e.hears(t, "> ")
	types("stop this\n")
	e.hears(t, "that is no key here: nothing was done\n> ")
	w.then['s'] = way.Speech{Lines: []string{"station"}, Types: true, Keys: []string{"q quit"}}
	types("slots\n")
	e.hears(t, "keys: q quit\n> ")
	w.then['2'] = way.Speech{Lines: []string{"credentials: here"}, Asks: "sec_tag"}
	types("352\n")
	e.hears(t, "sec_tag: ")
	w.then[esc] = way.Speech{Lines: []string{"it is over"}, Keys: []string{"q quit"}}
	types("esc\n")
	e.hears(t, "it is over\nkeys: q quit\n> ")
	if got, want := w.keys(), "s352<enter><esc>"; got != want {
		t.Errorf("pressed %q, want %q", got, want)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}

// The second answer of a modem is said though it is the first again.
func TestALineThatComesOnceMoreIsSaidOnceMore(t *testing.T) {
	one := []string{"console", "> AT", "< OK "}
	if got := fresh(one, append(one, "> AT", "< OK", "")); strings.Join(got, "|") != "> AT|< OK" {
		t.Errorf("said %q", got)
	}
	if got := fresh(append(one, "> AT", "< OK"), one); len(got) > 0 {
		t.Errorf("said %q", got)
	}
}

// TestALineThatCameBeforeItsQuestionAnswersIt: nothing is read while the way does not know yet what it asks next.
func TestALineThatCameBeforeItsQuestionAnswersIt(t *testing.T) {
	w := newPage(way.Speech{Lines: []string{"1 of 2"}, Asks: "product"})
	w.then['x'] = way.Speech{Lines: []string{"1 of 2"}, Asks: "product", Works: true, Holds: true}
	w.then['3'] = way.Speech{Lines: []string{"done"}, Keys: []string{"q quit"}}
	_, e, types, end := talking(t, w, nil)
	e.hears(t, "product: ")
	types("x\n3\n")
	for w.keys() != "<clear>x<enter>" {
		runtime.Gosched()
	}
	w.say(way.Speech{Lines: []string{"2 of 2"}, Asks: "station"})
	e.hears(t, "keys: q quit\n> ")
	if got, want := w.keys(), "<clear>x<enter><clear>3<enter>"; got != want || strings.Count(e.text(), "product: ") != 1 {
		t.Errorf("pressed %q, want %q:\n%s", got, want, e.text())
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}

// TestASecretIsReadByTheWayThatDoesNotShowIt also where it is asked for while another line is being read.
func TestASecretIsReadByTheWayThatDoesNotShowIt(t *testing.T) {
	defer goleak.VerifyNone(t)
	w := newPage(way.Speech{Lines: []string{"authority: here"}, Keys: []string{"q quit"}})
	read, asked := make(chan struct{}), make(chan string, 1)
	_, e, types, end := talking(t, w, func(prompt string) ([]byte, error) { asked <- prompt; <-read; return []byte("open sesame"), nil })
	e.hears(t, "> ")
	w.then['e'] = way.Speech{Lines: []string{"authority: done"}, Keys: []string{"q quit"}}
	w.say(way.Speech{Lines: []string{"authority: here", "its passphrase"}, Asks: "passphrase", Secret: true})
	if prompt := <-asked; prompt != "passphrase: " {
		t.Errorf("it prompts %q", prompt)
	}
	e.hears(t, "its passphrase\n")
	close(read)
	e.hears(t, "authority: done\nkeys: q quit\n> ")
	if got := w.keys(); got != "<clear>open sesame<enter>" {
		t.Errorf("pressed %q", got)
	}
	if strings.Contains(e.text(), "sesame") {
		t.Error("it was said")
	}
	types("q\n")
	if err := end(); err != nil {
		t.Error(err)
	}
}

func TestALineForSomethingElseIsNotTaken(t *testing.T) {
	w := newPage(way.Speech{Lines: []string{"here"}, Asks: "last four"})
	tk := &talk{Program: New(Options{Out: io.Discard}), reader: newReader(strings.NewReader(""), nil), shown: w}
	tk.typed(line{text: []byte("7872"), meant: "port"})
	if w.keys() != "" || !strings.Contains(tk.said.note, "not taken") {
		t.Errorf("pressed %q, note %q", w.keys(), tk.said.note)
	}
}

func TestForeignTextIsNoCommandToTheTerminal(t *testing.T) {
	w := newPage(way.Speech{Lines: []string{"evil\x1b[2J", "→ ok"}})
	_, e, _, end := talking(t, w, nil)
	e.hears(t, "> ")
	if strings.Contains(e.text(), "\x1b") {
		t.Errorf("%q", e.text())
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}

func TestItEndsWithItsTextAndWithItsContext(t *testing.T) {
	w := newPage(way.Speech{Lines: []string{"here"}})
	_, e, _, end := talking(t, w, nil)
	e.hears(t, "> ")
	if err := end(); err != nil {
		t.Errorf("at the end of the text: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	in, keyboard := io.Pipe()
	defer keyboard.Close()
	p := New(Options{In: in, Out: io.Discard})
	cancel()
	if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context: %v", err)
	}
}

func TestAWayIsLeftAndAnotherOneOpened(t *testing.T) {
	w := newPage(way.Speech{Lines: []string{"first"}, Keys: []string{"h home"}})
	p, e, types, end := talking(t, w, nil)
	e.hears(t, "> ")
	types("home\n")
	if do := <-p.Left(); do != way.Home {
		t.Errorf("left for %d", do)
	}
	p.Open(newPage(way.Speech{Lines: []string{"second"}, Keys: []string{"q quit"}}))
	e.hears(t, "second\nkeys: q quit\n> ")
	types("q\n")
	if err := end(); err != nil {
		t.Error(err)
	}
}
