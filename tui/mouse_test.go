package tui

import (
	"reflect"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"go.uber.org/goleak"

	"example.org/sectag/tui/form"
	"example.org/sectag/tui/way"
)

// clicked is a page that remembers clicks and keys.
type clicked struct {
	*page
	keys   []form.Name
	clicks [][2]int
}

func (c *clicked) Press(k form.Key) way.Act {
	c.keys = append(c.keys, k.Name)
	return way.Nothing
}

func (c *clicked) Click(x, y int) way.Act {
	c.clicks = append(c.clicks, [2]int{x, y})
	return way.Home
}

// TestClicksAndTheWheelReachTheShownWay, and nothing else that a mouse does.
func TestClicksAndTheWheelReachTheShownWay(t *testing.T) {
	p := New(Options{})
	send := func(b tea.MouseButton, a tea.MouseAction) {
		p.root.Update(tea.MouseMsg{X: 7, Y: 3, Button: b, Action: a})
	}
	send(tea.MouseButtonLeft, tea.MouseActionPress) // nothing is shown yet
	c := &clicked{page: newPage("a page")}
	p.root.Update(openMsg{c})
	send(tea.MouseButtonLeft, tea.MouseActionRelease)
	send(tea.MouseButtonLeft, tea.MouseActionMotion)
	send(tea.MouseButtonRight, tea.MouseActionPress)
	send(tea.MouseButtonWheelUp, tea.MouseActionPress)
	send(tea.MouseButtonWheelDown, tea.MouseActionPress)
	if c.clicks != nil {
		t.Errorf("clicked at %v", c.clicks)
	}
	send(tea.MouseButtonLeft, tea.MouseActionPress)
	send(tea.MouseButtonLeft, tea.MouseActionPress) // the way was left by the first
	if want := [][2]int{{7, 3}}; !reflect.DeepEqual(c.clicks, want) {
		t.Errorf("clicked at %v", c.clicks)
	}
	if want := []form.Name{form.WheelUp, form.WheelDown}; !reflect.DeepEqual(c.keys, want) {
		t.Errorf("keys %v", c.keys)
	}
	p.root.Update(openMsg{newPage("cannot be clicked")})
	send(tea.MouseButtonLeft, tea.MouseActionPress)
}

// TestTheMouseIsGivenBack: it is asked for only where it is wanted, and not left behind.
func TestTheMouseIsGivenBack(t *testing.T) {
	defer goleak.VerifyNone(t)
	const on, off = "\x1b[?1002h", "\x1b[?1002l"
	for _, mouse := range []bool{true, false} {
		in, typed := typing(t, "q")
		out := newScreenful("starting")
		p := New(Options{In: in, Out: out, Mouse: mouse})
		done := make(chan error, 1)
		go func() { done <- p.Run(t.Context()) }()
		<-out.seen
		typed()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		said := out.all.String()
		if strings.Contains(said, on) != mouse || mouse && strings.LastIndex(said, off) < strings.LastIndex(said, on) {
			t.Errorf("with the mouse %t the terminal was told %q", mouse, said)
		}
	}
}
