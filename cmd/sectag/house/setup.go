package house

import (
	"context"

	"example.org/sectag/bench/profile"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cmd/sectag/wizard"
	"example.org/sectag/cred"
	"example.org/sectag/tui/way"
)

// Mend shows the values of a profile that cannot be used, with what is said against each, and reads it again once it was written. Who leaves
// it as it is gets the fault that it has.
func (t *Terminal) Mend(fault error) (profile.Profile, bool, error) {
	out, err := wizard.Run(t.Console, t, true, t.palette())
	switch {
	case err != nil:
		return profile.Profile{}, false, err
	case !out.Written:
		return profile.Profile{}, false, fault
	}
	return t.Profile()
}

// setUp asks for a profile, or for other values of the one that is there. The house lives by the new file from then on.
func (h *house) setUp(ctx context.Context, edit bool) (way.Act, error) {
	out, err := wizard.Run(h.Console, h.on, edit, h.palette())
	h.note = out.Note
	if err == nil && out.Written {
		err = h.reload(ctx)
	}
	return out.Act, err
}

// reload reads the profile again and opens its ledger in the place of the one before. Nobody works on without the ledger that is named.
func (h *house) reload(ctx context.Context) error {
	p, found, err := h.Profile()
	if err != nil {
		return err
	}
	h.job.Close() // the new profile may name the same ledger, which has one writer
	j, err := job.ForScreens(ctx, h.Console, p, found)
	if err != nil {
		f := cred.AsFault(err)
		return cred.Because(err, f.Code, "the profile is saved, its ledger cannot be opened: "+f.Text, f.Hint)
	}
	h.job, h.Found = j, found
	return nil
}
