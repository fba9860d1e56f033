package main

import (
	"context"

	"example.org/sectag/bench/profile"
	bench "example.org/sectag/bench/setup"
	"example.org/sectag/cred"
	"example.org/sectag/flows/setup"
	screens "example.org/sectag/tui/setup"
	"example.org/sectag/tui/way"
)

// setUp asks for a profile, question by question, or for other values of the one that is there. What is being written comes to its end
// before the way is left; then the house lives by the new file.
func (h *house) setUp(ctx context.Context, edit bool) (way.Act, error) {
	file := h.ProfileFile
	if file == "" {
		file = profile.DefaultName
	}
	desk, err := bench.Open(file, edit, h.Tool.Built, h.Now)
	if err != nil {
		return way.Quit, err
	}
	written := false
	h.on.Open(screens.New(desk, setup.New(desk.Exists(), edit, false), desk.Draft(), screens.Options{
		File: file, Palette: h.palette(), Over: func(note string, saved bool) { h.note, written = note, saved },
	}))
	to := h.on.over()
	desk.Close()
	if written {
		return to, h.reload(ctx)
	}
	return to, nil
}

// reload reads the profile again and opens its ledger in the place of the one before.
func (h *house) reload(ctx context.Context) error {
	p, found, err := h.Profile()
	if err != nil {
		return err
	}
	h.job.Close() // the new profile may name the same ledger, which has one writer
	j, err := h.app.job(ctx, p, found)
	if err != nil {
		h.note = "the profile is saved, its ledger cannot be opened: " + cred.AsFault(err).Text
		p.Ledger = ""
		j, err = h.app.job(ctx, p, found)
	}
	if err == nil {
		h.job, h.found = j, found
	}
	return err
}
