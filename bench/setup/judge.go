package setup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cred"
	"example.org/sectag/flows/setup"
	"example.org/sectag/ledger/address"
)

// Check judges a draft as the file that it would be, and tells of it: by the reader of profiles, and by whoever will read the files that
// it names. It does not wait, and nor does Close: it changes nothing, and a disk that does not answer must not hold who leaves.
func (d *Desk) Check(draft setup.Draft, tell func(setup.Paper)) {
	go func() { tell(d.check(draft)) }()
}

func (d *Desk) check(draft setup.Draft) (out setup.Paper) {
	text, lost, err := profile.Rewrite(d.src, wishes(draft))
	if err != nil {
		return setup.Paper{Refusals: []setup.Refusal{refusal(setup.Product, err)}}
	}
	out.Text, out.Lost, out.Replaces = text, lost, d.replaces()
	if d.was != nil {
		for k := range setup.Key(setup.Keys) {
			if was := d.was[k.String()]; was != draft[k] {
				out.Changes = append(out.Changes, setup.Change{Key: k, Was: was, Now: draft[k]})
			}
		}
	}
	if out.Refusals = d.pipes(draft); len(out.Refusals) > 0 {
		return out
	}
	p, refused, err := profile.Judge(d.file, []byte(text))
	if err != nil {
		r := refusal(keyIn(err.Error()), err)
		if _, why, ok := strings.Cut(r.Text, r.Key.String()+": "); ok {
			r.Text = why // without the place in a file that nobody has seen
		}
		out.Refusals = append(out.Refusals, r)
		return out
	}
	out.Slots = len(p.Slots)
	for _, r := range refused {
		out.Refusals = append(out.Refusals, setup.Refusal{Key: keyIn(r.Key), Text: r.Why, Hint: r.Fault.Hint})
	}
	for _, r := range d.files(p) {
		if out.On(r.Key) == nil {
			out.Refusals = append(out.Refusals, r)
		}
	}
	return out
}

// pipes refuses what would be waited for with each key that is typed, and read out before the bench comes to it.
func (d *Desk) pipes(draft setup.Draft) (out []setup.Refusal) {
	for _, k := range []setup.Key{setup.Cert, setup.AuthorityKey, setup.Anchor, setup.Recipients} {
		for _, name := range strings.Split(draft[k], ",") {
			if st, err := os.Stat(d.join(strings.TrimSpace(name))); err == nil && st.Mode()&os.ModeNamedPipe != 0 {
				out = append(out, setup.Refusal{Key: k, Text: strings.TrimSpace(name) + " is a pipe", Hint: "name a file that stays: it is read at each start"})
			}
		}
	}
	return out
}

// wishes are the lines of a draft. What units with a pre-shared key do not need is left out, and the other way round.
func wishes(d setup.Draft) (out []profile.Wish) {
	if d[setup.Mode] == "psk" {
		d[setup.Anchor], d[setup.Origin] = "", ""
	} else {
		d[setup.Recipients] = ""
	}
	for k := range setup.Key(setup.Keys) {
		out = append(out, profile.Wish{Key: k.String(), Value: d[k]})
	}
	return out
}

// files judges what stands in the files that a profile names, as the bench will when the first unit is there.
func (d *Desk) files(p *profile.Profile) (out []setup.Refusal) {
	if p.Cert != "" {
		if _, err := ca.Load(p.Cert, d.now()); err != nil {
			out = append(out, refusal(setup.Cert, err))
		} else if p.Key != "" {
			if _, err := keyuri.Show(p.Cert, p.Key); err != nil {
				out = append(out, refusal(setup.AuthorityKey, err))
			}
		}
	}
	if len(p.Slots) > 0 {
		if files := p.Slots[0].Anchors(); len(files) > 0 {
			if _, err := slotfile.Anchors(files, d.now()); err != nil {
				out = append(out, refusal(setup.Anchor, err))
			}
		}
	}
	if file, is := address.File(p.Ledger); is {
		if st, err := os.Stat(filepath.Dir(file)); err != nil || !st.IsDir() {
			out = append(out, setup.Refusal{Key: setup.Ledger, Text: "the folder " + filepath.Dir(file) + " is not there", Hint: "make it, or name a file in another one"})
		}
	}
	return out
}

func refusal(k setup.Key, err error) setup.Refusal {
	f := cred.AsFault(err)
	return setup.Refusal{Key: k, Text: f.Text, Hint: f.Hint}
}

// keyIn finds the key that a text is about. What is about none of those that are asked for is shown at the slot, which is never left out.
func keyIn(text string) setup.Key {
	for k := range setup.Key(setup.Keys) {
		if strings.Contains(text, k.String()) {
			return k
		}
	}
	return setup.SecTag
}

// replaces says in a line what a new file would replace.
func (d *Desk) replaces() string {
	if d.old == "" || d.was != nil {
		return ""
	}
	name := "a file that is no profile"
	if v, err := profile.Values([]byte(d.old)); err == nil {
		name = fmt.Sprintf("the profile of product %q, station %q", v["product.name"], v["station.id"])
	}
	return fmt.Sprintf("%s: %s, %d lines. They are gone then.", d.file, name, strings.Count(d.old, "\n"))
}
