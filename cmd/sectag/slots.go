package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.org/sectag/bench"
	"example.org/sectag/bench/ask"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/station"
)

// slotFlags name one slot, or one tag.
type slotFlags struct {
	port, tag, kind, file string
	named                 namedFlags
}

func (f *slotFlags) add(c *cobra.Command, file, confirm bool) {
	portFlag(c, &f.port)
	c.Flags().StringVar(&f.tag, "sec-tag", "", "sec_tag")
	c.Flags().StringVar(&f.kind, "type", "", "credential type: a number, or root-ca, client-cert, client-key, psk, psk-id")
	if file {
		c.Flags().StringVar(&f.file, "file", "", "file with the slot's content")
	}
	if confirm {
		f.named.add(c)
	}
}

func (f *slotFlags) tagOnly() (cred.SecTag, error) {
	if err := needPort(f.port); err != nil {
		return 0, err
	}
	t, err := cred.ParseSecTag(f.tag)
	if err != nil {
		code := "usage.flag"
		if _, e := cred.ParseDigest(f.tag); e != nil && reservedTag(f.tag) {
			code = "store.reserved"
		}
		return 0, cred.Because(err, code, "--sec-tag: "+err.Error(), fmt.Sprintf("write a number from 0 to %d", cred.MaxSecTag))
	}
	return t, nil
}

// filter chooses of a list what the flags name; without flags everything.
func (f *slotFlags) filter() (func(flows.SlotFacts) bool, error) {
	var tag cred.SecTag
	var kind cred.Kind
	var err error
	if f.tag != "" {
		if tag, err = f.tagOnly(); err != nil {
			return nil, err
		}
	}
	if f.kind != "" {
		if kind, err = cred.ParseKind(f.kind); err != nil {
			return nil, cred.Because(err, "usage.flag", "--type: "+err.Error(), "write --type root-ca, or its number")
		}
	}
	return func(s flows.SlotFacts) bool {
		return (f.tag == "" || s.SecTag == uint32(tag)) && (f.kind == "" || s.Type == kind)
	}, nil
}

// reservedTag tells whether a text is a tag of the modem's own.
func reservedTag(s string) bool {
	var n uint64
	_, err := fmt.Sscanf(s, "%d", &n)
	return err == nil && n > uint64(cred.MaxSecTag) && n <= 4294967295
}

func (f *slotFlags) slot() (cred.Slot, error) {
	t, err := f.tagOnly()
	if err != nil {
		return cred.Slot{}, err
	}
	k, err := cred.ParseKind(f.kind)
	if err != nil {
		return cred.Slot{}, cred.Because(err, "usage.flag", "--type: "+err.Error(), "write --type root-ca, or its number")
	}
	if !k.Writable() {
		return cred.Slot{}, cred.Failed("usage.flag", "sectag changes no slots of type "+f.kind, "types 0 to 4 are a unit's credentials")
	}
	return cred.Slot{SecTag: t, Kind: k}, nil
}

func (a *app) slotsVerb() *cobra.Command {
	return group(&cobra.Command{Use: "slots", Short: "List, write, delete or verify single slots"},
		a.slotsList(),
		a.slotsWork("write --port P --sec-tag N --type T --file F", "Write a file into one slot", flows.WriteSlot),
		a.slotsWork("delete --port P --sec-tag N --type T", "Empty one slot", flows.DeleteSlot),
		a.slotsVerify())
}

func (a *app) slotsList() *cobra.Command {
	var f slotFlags
	c := &cobra.Command{
		Use: "list --port P [--sec-tag N] [--type T]", Short: "List what the modem's store holds", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			if err := needPort(f.port); err != nil {
				return nil, err
			}
			only, err := f.filter()
			if err != nil {
				return nil, err
			}
			l, err := a.ReadLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer console.CloseReader(l)
			looked, err := ask.Inspect(ctx, console.Dialer(), f.port, l, a.Trace())
			slots := []flows.SlotFacts{}
			for _, s := range looked.Slots {
				if only(s) {
					slots = append(slots, s)
				}
			}
			return &paper.Slots{Slots: slots, Lines: func(w io.Writer) { paper.SlotLines(w, slots) }}, err
		}),
	}
	f.add(c, false, false)
	return c
}

func (a *app) slotsWork(use, short string, op flows.Op) *cobra.Command {
	var f slotFlags
	c := &cobra.Command{
		Use: use, Short: short + ", with confirmation and read-back", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			s, err := f.slot()
			if err != nil {
				return nil, err
			}
			hand := flows.Hand{Op: op, Slot: s, File: f.file}
			if op == flows.WriteSlot {
				if err := ask.CheckFile(s.Kind, f.file); err != nil {
					return nil, err
				}
			}
			n, err := f.named.get()
			if err != nil {
				return nil, err
			}
			return a.byHand(ctx, f.port, hand, n)
		}),
	}
	f.add(c, op == flows.WriteSlot, true)
	return c
}

func (a *app) byHand(ctx context.Context, port string, hand flows.Hand, n ask.Named) (paper.Document, error) {
	p, _, err := a.Profile()
	if err != nil {
		return nil, err
	}
	j := &job{app: a, profile: p}
	defer j.close()
	if j.store, err = console.WriteLedger(ctx, p); err != nil {
		return nil, err
	}
	j.profile.Key, j.profile.Endpoint = "", cred.Endpoint{}
	u, err := j.one(ctx, j.config(port), station.Orders{Yes: n.Yes, IMEIs: n.IMEIs, Hand: hand}, false)
	if err != nil {
		return nil, err
	}
	doc := &paper.Slots{Slots: u.Slots, Record: u.Record, Lines: func(w io.Writer) { paper.UnitLines(w, u) }}
	if u.Failure != nil {
		return doc, u.Failure
	}
	return doc, nil
}

func (a *app) slotsVerify() *cobra.Command {
	var f slotFlags
	c := &cobra.Command{
		Use: "verify --port P --sec-tag N --type T --file F", Short: "Say whether a slot holds what a file holds", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			s, err := f.slot()
			if err != nil {
				return nil, err
			}
			if err := ask.CheckFile(s.Kind, f.file); err != nil {
				return nil, err
			}
			got, err := ask.Verify(ctx, console.Dialer(), f.port, s, f.file, a.Trace())
			if err != nil {
				return nil, err
			}
			u := bench.UnitSlot{SecTag: s.SecTag, Type: s.Kind, Kind: s.Kind.String(), SHA256: got.SHA256, Action: got.Action}
			doc := &paper.Slots{Slots: []bench.UnitSlot{u}, Lines: func(w io.Writer) {
				fmt.Fprintf(w, "%10d %-14s %-8s %s\n", u.SecTag, u.Kind, u.Action, u.SHA256)
			}}
			if got.Action != "match" {
				return doc, cred.Failed("store.mismatch", fmt.Sprintf("slot %s does not hold what %s holds: %s", s, f.file, got.Action),
					"write it with sectag slots write, or name the file that was written")
			}
			return doc, nil
		}),
	}
	f.add(c, true, false)
	return c
}
