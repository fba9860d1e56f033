package gang_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/bench/gang"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/port/board"
	"example.org/sectag/device/sim"
)

// plugged are the ports of a bench: two units, one of them at two ports, a log, silence, a busy one and a device of another kind.
func plugged() (out []port.Info) {
	for _, name := range []string{"a", "log", "b", "a again", "silent", "busy", "other"} {
		p := port.Info{Name: name, Role: port.Unknown}
		p.Busy = name == "busy"
		if name == "other" {
			p.Kind = board.Other
		}
		out = append(out, p)
	}
	return out
}

// letGo is longer than it takes until all ports have told who is there.
const letGo = 8 * time.Second

// shelf opens units by the first word of a port, and counts the lines that are open.
type shelf struct {
	modems map[string]*sim.Modem
	lines  atomic.Int64
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{modems: map[string]*sim.Modem{}}
	for name, fault := range map[string]string{"a": "", "b": "", "log": "not-at", "silent": "silent", "busy": "", "other": ""} {
		c := sim.Config{Baud: 115200}
		if fault != "" {
			f, err := sim.ParseFault(fault)
			if err != nil {
				t.Fatal(err)
			}
			c.Faults = []sim.Fault{f}
		}
		m, err := sim.New(c)
		if err != nil {
			t.Fatal(err)
		}
		s.modems[name] = m
	}
	return s
}

func (s *shelf) open(_ context.Context, name string) (device.Line, error) {
	name, _, _ = strings.Cut(name, " ")
	if name == "busy" || name == "other" {
		return nil, cred.Failed("port.busy", "nobody may open this", "leave it")
	}
	s.lines.Add(1)
	return &counted{s.modems[name].Pipe(context.Background()), s}, nil
}

type counted struct {
	device.Line
	of *shelf
}

// Close takes its time, as a modem may whose settings are put back.
func (c *counted) Close() error {
	<-time.After(letGo) // virtual
	c.of.lines.Add(-1)
	return c.Line.Close()
}

// TestAllAreThePortsWithAUnit: one port of each unit, in their order, and all of them free again. The virtual unit speaks on one line at a
// time, so the other of its two ports is silent while the first has it; which one is first nobody decides.
func TestAllAreThePortsWithAUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t)
		got, err := gang.Find(t.Context(), plugged(), s.open)
		if err != nil || !slices.Equal(got, []string{"a", "b"}) && !slices.Equal(got, []string{"b", "a again"}) {
			t.Errorf("%v, %v", got, err)
		}
		if n := s.lines.Load(); n != 0 {
			t.Errorf("%d lines are still open", n)
		}
	})
}

func TestNoUnitAtAllIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(t)
		none := slices.DeleteFunc(plugged(), func(p port.Info) bool { return p.Name[0] == 'a' || p.Name == "b" })
		_, err := gang.Find(t.Context(), none, s.open)
		if f := cred.AsFault(err); f == nil || f.Code != "port.missing" || !strings.Contains(f.Hint, "sectag doctor") {
			t.Errorf("%v", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := gang.Find(gone, none, s.open); cred.AsFault(err).Code != "store.stopped" {
			t.Errorf("%v", err)
		}
		<-time.After(time.Minute) // what was let go of behind our back ends
	})
}
