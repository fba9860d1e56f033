// Package wizard ties the questions that make a profile to the bench that judges and writes it.
package wizard

import (
	"example.org/sectag/bench/profile"
	bench "example.org/sectag/bench/setup"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/paint"
	screens "example.org/sectag/tui/setup"
	"example.org/sectag/tui/way"
)

// Stage is what shows the questions.
type Stage interface {
	Open(way.Way)
	Over() way.Act // waits until what is shown was left
}

// Terminal is a stage of its own, which is given back.
type Terminal interface {
	Stage
	Hide() error // gives it back, and tells what went wrong with it
}

// Outcome is how it ended.
type Outcome struct {
	Act     way.Act
	Note    string // for the next screen
	Written bool   // the profile's file is another one now
}

// Run asks for a profile, or for other values of the one that is there. What is being made or written comes to its end before it
// returns. Faults: config.file, config.value, of a file that cannot be read.
func Run(c *console.Console, on Stage, edit bool, p paint.Palette) (out Outcome, err error) {
	file := c.ProfileFile
	if file == "" {
		file = profile.DefaultName
	}
	desk, err := bench.Open(file, edit, c.Tool.Built, c.Now)
	if err != nil {
		return Outcome{Act: way.Quit}, err
	}
	on.Open(screens.New(desk, setup.New(desk.Exists(), edit, false), desk.Draft(), screens.Options{
		File: file, Palette: p, Over: func(note string, written bool) { out.Note, out.Written = note, written },
	}))
	out.Act = on.Over()
	desk.Close()
	return out, nil
}

// Mend shows the values of a profile that cannot be used, with what is said against each, and reads it again once it was written. Who
// leaves it as it is gets the fault that it has.
func Mend(c *console.Console, on Terminal, fault error, p paint.Palette) (profile.Profile, bool, error) {
	out, err := Run(c, on, true, p)
	if e := on.Hide(); err == nil {
		err = e
	}
	switch {
	case err != nil:
		return profile.Profile{}, false, err
	case !out.Written:
		return profile.Profile{}, false, fault
	}
	return c.Profile()
}
