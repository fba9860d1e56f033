// Package wizard ties the questions that make a profile to the bench that judges and writes it.
package wizard

import (
	"os"

	"example.org/sectag/bench/profile"
	bench "example.org/sectag/bench/setup"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cred"
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

// Outcome is how it ended.
type Outcome struct {
	Act     way.Act
	Note    string // for the next screen
	Written bool   // the profile's file is another one now
}

// Run asks for a profile, or for other values of the one that is there. What is being made or written comes to its end before it
// returns. Faults: config.file, config.value, of a file that cannot be read.
func Run(c *console.Console, on Stage, edit bool, p paint.Palette) (out Outcome, err error) {
	file := name(c)
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

func name(c *console.Console) string {
	if c.ProfileFile == "" {
		return profile.DefaultName
	}
	return c.ProfileFile
}

// Mendable says with the fault of a profile how its values can be opened (--way profile), where they can.
func Mendable(c *console.Console, fault error) error {
	src, err := os.ReadFile(name(c))
	if err != nil {
		return fault
	}
	if _, err := profile.Values(src); err != nil {
		return fault // its lines cannot be told apart
	}
	f := cred.AsFault(fault)
	return cred.Because(fault, f.Code, f.Text, f.Hint+"; sectag --way profile opens its values")
}
