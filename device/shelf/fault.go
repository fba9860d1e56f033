package shelf

import (
	"fmt"

	"example.org/sectag/cred"
)

// Undecided is the failure for a deed without an answer that the list did not show done.
func Undecided(silence, listing error, deed string, s cred.Slot, item Item, there bool) error {
	if listing != nil {
		f := *cred.AsFault(listing)
		f.Text = fmt.Sprintf("no answer to the %s of %s, and then: %s", deed, s, f.Text)
		f.Err = listing
		return &f
	}
	holds := "is empty"
	if there {
		holds = "holds " + item.SHA256.Short()
	}
	return cred.Because(silence, "line.no-answer", fmt.Sprintf("no answer to the %s of %s, and the slot %s", deed, s, holds),
		"start again: the unit is identified and listed first, and finished from what it holds; if it stays so use another cable or USB port, or hardware flow control")
}

// Mismatch is the failure for a slot that lists something else than was written.
func Mismatch(s cred.Slot, item Item, found bool, want cred.Digest) error {
	holds := "nothing"
	if found {
		holds = item.SHA256.Short()
	}
	return cred.Failed("store.mismatch", fmt.Sprintf("%s holds %s after the write of %s", s, holds, want.Short()),
		"start again; if it stays so use another cable or USB port, or update the board's interface firmware: bytes are lost on the line")
}
