package ca

import (
	"fmt"
	"time"

	"example.org/sectag/ca/certfile"
	"example.org/sectag/cred"
)

// maxSkew is how far the computer's clock may be from what a server's Date header said in this run (contract, ca.clock).
const maxSkew = 5 * time.Minute

// Clock is everything that is known about the time when something is to be signed. Fields that are zero are not known and
// doubt nothing, except Now, which must be there.
type Clock struct {
	Now          time.Time // what this computer says
	Build        time.Time // when this program was built: time cannot have been before
	NewestRecord time.Time // of the ledger's newest record
	Authority    time.Time // the beginning of the authority's validity; Issue fills it in
	ServerDate   time.Time // the Date header of a server in this run
	ServerSeen   time.Time // what this computer said when that header came; zero means Now
}

// DoubtClock looks for a reason not to believe the clock, and refuses with ca.clock if it finds one: a certificate signed at
// a wrong time is refused in the field, or lives too long. Source is for the record: "system", or "system+http-date" when a
// server's Date header agreed within five minutes.
func DoubtClock(c Clock) (source string, err error) {
	if c.Now.IsZero() {
		return "", doubt("this computer does not say what time it is")
	}
	for _, past := range []struct {
		at   time.Time
		what string
	}{
		{c.Build, "this program was built"},
		{c.NewestRecord, "the newest record was written"},
		{c.Authority, "the authority's certificate begins"},
	} {
		if c.Now.Before(past.at) {
			return "", doubt(fmt.Sprintf("the clock says %s, but %s at %s",
				c.Now.UTC().Format(certfile.Second), past.what, past.at.UTC().Format(certfile.Second)))
		}
	}
	if c.ServerDate.IsZero() {
		return "system", nil
	}
	seen := c.ServerSeen
	if seen.IsZero() {
		seen = c.Now
	}
	if off := seen.Sub(c.ServerDate).Abs(); off > maxSkew {
		return "", doubt(fmt.Sprintf("the clock said %s when a server said %s, %s apart",
			seen.UTC().Format(certfile.Second), c.ServerDate.UTC().Format(certfile.Second), off.Round(time.Second)))
	}
	return "system+http-date", nil
}

func doubt(text string) error {
	return cred.Failed("ca.clock", text+", so nothing was signed",
		"set this computer's clock (timedatectl set-ntp true, or by hand) and try again")
}
