package bench

import (
	"context"
	"errors"

	"example.org/sectag/cred"
	"example.org/sectag/device/firmware"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
)

// errOver is the cause of a loop that came to its end by itself.
var errOver = errors.New("the work is over")

// Drive runs the bench with a headless mouth until its orders are carried out or cannot be. The fault is why the answer is no:
// the machine's failure, or what the orders could not answer. err is a loop that broke (the journal, the ledger).
func (b *Bench) Drive(ctx, work context.Context, t flows.Terms, o station.Orders, around Announcer, see func(Shot)) (fault *cred.Fault, err error) {
	b.hand = o.Hand.Op != flows.Keep
	loop, over := context.WithCancelCause(ctx)
	defer over(nil)
	err = b.Run(loop, work, t, around, func(s Shot) {
		if see != nil {
			see(s)
		}
		if s.Err != nil || loop.Err() != nil {
			return
		}
		d := o.Next(s.Machine)
		if d.Done {
			fault, b.end, b.held = found(d.Fault, s.Facts), &s.Facts, d.Fault != nil // winding up puts the plan away
			over(errOver)
		} else if d.Event != nil {
			b.Put(d.Event)
		}
	})
	if fault == nil {
		fault = b.final().Failure
	}
	return fault, err
}

// found says of a refused firmware what the modem told of it: the machines know no more than that it cannot be worked with.
func found(f *cred.Fault, facts flows.Facts) *cred.Fault {
	if f == nil || f.Code != "store.firmware-old" {
		return f
	}
	if is := cred.AsFault(firmware.Judge(facts.Unit.Firmware)); is != nil {
		return is
	}
	return f
}

// final is what was known when the orders were carried out; what is known now where they were not.
func (b *Bench) final() flows.Facts {
	if b.end != nil {
		return *b.end
	}
	return b.Facts()
}
