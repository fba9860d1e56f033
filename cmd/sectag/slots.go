package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.org/sectag/bench"
	"example.org/sectag/bench/ask"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/job"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
)

func (a *app) slotsVerb() *cobra.Command {
	return console.Group(&cobra.Command{Use: "slots", Short: "List, write, delete or verify single slots"},
		a.slotsList(),
		a.slotsWork("write --port P --sec-tag N --type T --file F", "Write a file into one slot", flows.WriteSlot),
		a.slotsWork("delete --port P --sec-tag N --type T", "Empty one slot", flows.DeleteSlot),
		a.slotsVerify())
}

func (a *app) slotsList() *cobra.Command {
	var f target.Slot
	c := &cobra.Command{
		Use: "list --port P [--sec-tag N] [--type T]", Short: "List what the modem's store holds", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoSlots, func(ctx context.Context, _ []string) (paper.Document, error) {
			if err := target.NeedPort(f.Port); err != nil {
				return nil, err
			}
			only, err := f.Filter()
			if err != nil {
				return nil, err
			}
			l, err := a.ReadLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			looked, err := ask.Inspect(ctx, console.Dialer(), f.Port, l, a.Trace(), f.Tags()...)
			slots := []flows.SlotFacts{}
			for _, s := range looked.Slots {
				if only(s) {
					slots = append(slots, s)
				}
			}
			return &paper.Slots{Slots: slots, Lines: func(w io.Writer) { paper.SlotLines(w, slots) }}, err
		}),
	}
	f.Add(c, false, false)
	return c
}

func (a *app) slotsWork(use, short string, op flows.Op) *cobra.Command {
	var f target.Slot
	c := &cobra.Command{
		Use: use, Short: short + ", with confirmation and read-back", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoSlots, func(ctx context.Context, _ []string) (paper.Document, error) {
			s, err := f.One()
			if err != nil {
				return nil, err
			}
			hand := flows.Hand{Op: op, Slot: s, File: f.File}
			if op == flows.WriteSlot {
				if err := ask.CheckFile(s.Kind, f.File); err != nil {
					return nil, err
				}
			}
			n, err := f.Unit.Named()
			if err != nil {
				return nil, err
			}
			return a.byHand(ctx, f.Port, hand, n)
		}),
	}
	f.Add(c, op == flows.WriteSlot, true)
	return c
}

func (a *app) byHand(ctx context.Context, port string, hand flows.Hand, n ask.Named) (paper.Document, error) {
	p, _, err := a.Profile()
	if err != nil {
		return nil, err
	}
	j := job.New(a.Console, p)
	defer j.Close()
	if err := j.OpenAloud(ctx); err != nil {
		return nil, err
	}
	j.Settled.Key, j.Settled.Endpoint = "", cred.Endpoint{}
	u := j.One(ctx, port, station.Orders{Yes: n.Yes, IMEIs: n.IMEIs, Hand: hand})
	doc := &paper.Slots{Slots: u.Slots, Record: u.Record, Lines: func(w io.Writer) { paper.UnitLines(w, u) }}
	if u.Failure != nil {
		return doc, u.Failure
	}
	return doc, nil
}

func (a *app) slotsVerify() *cobra.Command {
	var f target.Slot
	c := &cobra.Command{
		Use: "verify --port P --sec-tag N --type T --file F", Short: "Say whether a slot holds what a file holds", Args: cobra.NoArgs,
		RunE: a.VerbOf(paper.NoSlots, func(ctx context.Context, _ []string) (paper.Document, error) {
			s, err := f.One()
			if err != nil {
				return nil, err
			}
			if err := ask.CheckFile(s.Kind, f.File); err != nil {
				return nil, err
			}
			got, err := ask.Verify(ctx, console.Dialer(), f.Port, s, f.File, a.Trace())
			if err != nil {
				return nil, err
			}
			u := bench.UnitSlot{SecTag: s.SecTag, Type: s.Kind, Kind: s.Kind.String(), SHA256: got.SHA256, Action: got.Action}
			doc := &paper.Slots{Slots: []bench.UnitSlot{u}, Lines: func(w io.Writer) {
				fmt.Fprintf(w, "%10d %-14s %-8s %s\n", u.SecTag, u.Kind, u.Action, u.SHA256)
			}}
			if got.Action != "match" {
				return doc, cred.Failed("store.mismatch", fmt.Sprintf("slot %s does not hold what %s holds: %s", s, f.File, got.Action),
					"write it with sectag slots write, or name the file that was written")
			}
			return doc, nil
		}),
	}
	f.Add(c, true, false)
	return c
}
