package shelf_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device/shelf"
)

func at(tag cred.SecTag, k cred.Kind) cred.Slot { return cred.Slot{SecTag: tag, Kind: k} }

func sum(s string) cred.Digest { return cred.Sum([]byte(s)) }

// fake is a store, and what is done to it.
type fake struct {
	items  map[cred.Slot]cred.Digest
	still  error
	lists  int   // how many lists come before another unit is there; 0: it stays
	swap   error // and what is said of that
	mute   error // of Notice
	erase  func(f *fake, s cred.Slot)
	did    []string
	erased []cred.Slot
}

func (f *fake) Still(context.Context) error {
	if f.swap != nil && f.lists <= 0 {
		return f.swap
	}
	return f.still
}

func (f *fake) All(context.Context) ([]shelf.Item, error) {
	f.did = append(f.did, "list")
	if f.lists--; f.swap != nil && f.lists == 0 { // what it holds is not what ours holds
		f.items = map[cred.Slot]cred.Digest{at(4, cred.ClientKey): sum("somebody else's")}
	}
	var out []shelf.Item
	for s, d := range f.items {
		out = append(out, shelf.Item{Slot: s, SHA256: d})
	}
	return out, nil
}

func (f *fake) Erase(_ context.Context, s cred.Slot) error {
	f.did = append(f.did, "erase "+s.String())
	f.erased = append(f.erased, s)
	if f.erase != nil {
		f.erase(f, s)
		return nil
	}
	delete(f.items, s)
	return nil
}

func (f *fake) Notice(_ context.Context, n shelf.Notice) error {
	f.did = append(f.did, n.Text())
	return f.mute
}

// What was empty before is emptied again, after that was told; what held something is never touched; and all that stays is a failure.
func TestCheck(t *testing.T) {
	meant, kept, own := at(42, cred.ClientKey), at(7, cred.PSK), at(4294967294, cred.DeviceIDKey)
	before := []shelf.Item{{Slot: kept, SHA256: sum("psk")}, {Slot: own, SHA256: sum("own")}}
	gone := errors.New("another unit")
	for name, c := range map[string]struct {
		change func(f *fake)
		err    string // "": none
		erased []cred.Slot
		did    []string // parts, in order
	}{
		"nothing changed":      {func(*fake) {}, "", nil, []string{"list"}},
		"only the meant one":   {func(f *fake) { f.items[meant] = sum("x") }, "", nil, []string{"list"}},
		"a stray":              {func(f *fake) { f.items[at(4, 2)] = sum("x") }, "", []cred.Slot{at(4, 2)}, []string{"list", "nobody knows", "erase 4 client-key", "list", "deleted there again"}},
		"two strays":           {func(f *fake) { f.items[at(4, 2)], f.items[at(4, 1)] = sum("x"), sum("y") }, "", []cred.Slot{at(4, 1), at(4, 2)}, nil},
		"another content":      {func(f *fake) { f.items[kept] = sum("x") }, "7 psk holds", nil, []string{"list", "7 psk holds"}},
		"vanished":             {func(f *fake) { delete(f.items, kept) }, "7 psk is empty", nil, nil},
		"of a type of its own": {func(f *fake) { f.items[at(4, cred.DeviceIDKey)] = sum("x") }, "stands there", nil, nil},
		"a stray and a loss":   {func(f *fake) { f.items[at(4, 2)] = sum("x"); delete(f.items, kept) }, "7 psk is empty", []cred.Slot{at(4, 2)}, nil},
		"a stray that stays":   {func(f *fake) { f.items[at(4, 2)], f.erase = sum("x"), func(*fake, cred.Slot) {} }, "stands there", []cred.Slot{at(4, 2)}, nil},
		"a deletion that misses": {func(f *fake) {
			f.items[at(4, 2)], f.erase = sum("x"), func(f *fake, _ cred.Slot) { delete(f.items, kept) }
		}, "stands there", []cred.Slot{at(4, 2)}, nil},
		"not told":     {func(f *fake) { f.items[at(4, 2)], f.mute = sum("x"), gone }, gone.Error(), nil, []string{"list"}},
		"another unit": {func(f *fake) { f.items[at(4, 2)], f.still = sum("x"), gone }, gone.Error(), nil, nil},
	} {
		var s shelf.Shelf
		s.Listed(before)
		f := &fake{items: map[cred.Slot]cred.Digest{kept: sum("psk"), own: sum("own")}}
		c.change(f)
		err := s.Check(t.Context(), f, meant)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || !slices.Equal(f.erased, c.erased) {
			t.Errorf("%s: %v, erased %v; %q", name, err, f.erased, f.did)
		}
		rest := f.did
		for _, part := range c.did {
			i := slices.IndexFunc(rest, func(d string) bool { return strings.Contains(d, part) })
			if i < 0 {
				t.Errorf("%s: no %q in %q", name, part, f.did)
				break
			}
			rest = rest[i+1:]
		}
		if f.still == nil && f.mute == nil {
			f.did, f.erase = nil, nil
			if err := s.Check(t.Context(), f, meant); err != nil || len(f.did) != 1 {
				t.Errorf("%s is told twice: %v, %q", name, err, f.did)
			}
		}
	}
}

// A unit that takes the place of ours between two questions is not looked after: nothing of it is deleted or told of ours.
func TestAnotherUnitIsNotLookedAfter(t *testing.T) {
	other := errors.New("another unit")
	for lists := 1; lists <= 2; lists++ {
		var s shelf.Shelf
		s.Listed(nil)
		f := &fake{items: map[cred.Slot]cred.Digest{at(4, cred.ClientKey): sum("a stray")}, swap: other, lists: lists}
		err := s.Check(t.Context(), f, at(42, 0))
		if !errors.Is(err, other) || len(f.erased) > 0 || slices.ContainsFunc(f.did, func(d string) bool { return d != "list" }) {
			t.Errorf("after %d lists: %v, %q", lists, err, f.did)
		}
	}
}

// A list that the line changed is no find.
func TestAListThatTheLineChanged(t *testing.T) {
	for lies, want := range map[int]string{1: "", 9: "line.garbled"} {
		var s shelf.Shelf
		s.Listed(nil)
		f := &liar{fake{items: map[cred.Slot]cred.Digest{}}, lies}
		err := s.Check(t.Context(), f, at(42, 0))
		if (err == nil) != (want == "") || err != nil && cred.AsFault(err).Code != want || len(f.erased) != 0 {
			t.Errorf("%d lies: %v, erased %v", lies, err, f.erased)
		}
	}
}

// liar is a store whose first lists are changed on the line, each in another way.
type liar struct {
	fake
	lies int
}

func (l *liar) All(ctx context.Context) ([]shelf.Item, error) {
	items, err := l.fake.All(ctx)
	if l.lies--; l.lies >= 0 {
		items = append(items, shelf.Item{Slot: at(cred.SecTag(l.lies), 2), SHA256: sum("x")})
	}
	return items, err
}

// A store that was never listed is not looked after; what was read back is what it holds.
func TestWhatItIsBelievedToHold(t *testing.T) {
	var s shelf.Shelf
	f := &fake{items: map[cred.Slot]cred.Digest{at(4, 2): sum("x")}}
	s.Put(at(4, 2), sum("x"))
	if err := s.Check(t.Context(), f, at(42, 0)); err != nil || s.Known() || len(f.did) != 0 {
		t.Errorf("%v, %q", err, f.did)
	}
	s.Listed(nil)
	s.Put(at(4, 2), sum("x"))
	s.Put(at(4, 1), sum("y"))
	s.Put(at(4, 1), cred.Digest{})
	if err := s.Check(t.Context(), f, at(42, 0)); err != nil || !s.Known() || len(f.did) != 1 {
		t.Errorf("%v, %q", err, f.did)
	}
}

// Each find has a line and a way out.
func TestEachFindHasWords(t *testing.T) {
	for _, w := range []shelf.What{shelf.Damaged, shelf.Stray, shelf.Erased, shelf.Lost} {
		for _, was := range []cred.Digest{{}, sum("was")} {
			for _, now := range []cred.Digest{{}, sum("now")} {
				n := shelf.Notice{Slot: at(4, 2), Was: was, Now: now, What: w}
				if !strings.Contains(n.Text(), "4 client-key") || n.Hint() == "" || strings.ContainsAny(n.Text()+n.Hint(), "\r\n") {
					t.Errorf("%+v: %q, %q", n, n.Text(), n.Hint())
				}
			}
		}
	}
}
