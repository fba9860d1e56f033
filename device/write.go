package device

import (
	"context"
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/host"
	"example.org/sectag/device/shelf"
)

// Repeats bounds how often a credential that the line damaged is written again, each time more slowly.
const Repeats = 2

// Proof is what a slot holds after a write, and what it took.
type Proof struct {
	SHA256  cred.Digest // as the modem lists it; zero: the slot is empty
	Repeats int         // how often it was written again, more slowly, because bytes were lost on the line
}

// Write stores content in a slot, which must be empty on most firmware. It says only what the modem said: prove it with Prove.
// When no answer comes in time the list decides: nil if the content is there. If it is not and the command was long enough that
// bytes can have been lost on a bridge, it is deleted and written again, more slowly, at most Repeats times, unless the host's buffer
// turns out to be too short for it (line.short-buffer). progress is told the
// bytes handed to the line; it may be nil.
func (m *Modem) Write(ctx context.Context, s cred.Slot, content []byte, progress func(sent, total int)) error {
	delete(m.repeats, s)
	return m.write(ctx, s, content, progress)
}

func (m *Modem) write(ctx context.Context, s cred.Slot, content []byte, progress func(sent, total int)) error {
	if err := m.Fits(s, content); err != nil {
		return err
	}
	if err := m.newlines(ctx, s); err != nil {
		return err
	}
	m.fast(ctx, len(content))
	again, err := m.writeOnce(ctx, s, content, progress)
	if again {
		if e := host.RoomFor(ctx, m.s, writeCommand(s, content), m.resync); e != nil {
			return m.place(e)
		}
	}
	for again && m.slower(s) {
		if err := m.empty(ctx, s); err != nil {
			return err
		}
		again, err = m.writeOnce(ctx, s, content, progress)
	}
	return err
}

// writeOnce writes, and tells whether a failure can be that bytes were lost because they came too fast.
func (m *Modem) writeOnce(ctx context.Context, s cred.Slot, content []byte, progress func(sent, total int)) (lossy bool, err error) {
	const short = 128 // what every bridge holds
	cmd := writeCommand(s, content)
	cmd.Progress = progress
	r, err := m.store(ctx, cmd, false)
	if m.silent(ctx, err) {
		item, there, e := m.afterSilence(ctx, s)
		if e == nil && there && item.SHA256 == m.Stored(s, content) {
			return false, nil
		}
		if e == nil {
			e = m.notSo(ctx, s, item, there)
		}
		return e == nil && len(content) > short, shelf.Undecided(err, e, "write", s, item, there)
	}
	if err != nil || r.OK() {
		return false, err
	}
	if doubtful(r) {
		if err := m.Astray(ctx, s); err != nil {
			return false, err
		}
	}
	return doubtful(r) && len(content) > short, m.storeFault(ctx, "write", s, r)
}

// notSo follows a write after which a slot holds something else, or nothing: that is told, and then it is looked for what was sent.
func (m *Modem) notSo(ctx context.Context, s cred.Slot, item Item, there bool) error {
	if err := m.damaged(ctx, s, item, there); err != nil {
		return err
	}
	return m.Astray(ctx, s)
}

// slower takes the next pace for a slot that must be written again; false when it was often enough.
func (m *Modem) slower(s cred.Slot) bool {
	if m.repeats[s] >= Repeats {
		return false
	}
	m.repeats[s]++
	m.s.SetPace(m.s.Pace().Slower())
	return true
}

// empty deletes what is to be written again. First it asks who is there: on a needle bed what differs may be another unit, of
// which nothing may be deleted.
func (m *Modem) empty(ctx context.Context, s cred.Slot) error {
	if err := m.still(ctx); err != nil {
		return err
	}
	_, err := m.Delete(ctx, s)
	return err
}

// Repeats is how often the credential in a slot was written again since Write was last asked for it.
func (m *Modem) Repeats(s cred.Slot) int { return m.repeats[s] }

// Prove reads back what Write wrote: the modem must list the digest of the bytes that were sent. A difference is asked for twice
// before it is believed. Then the slot is deleted and written again, more slowly, at most Repeats times together with those of Write;
// the proof says how often. What is still not right is store.mismatch, and the proof says what is there. What the line put somewhere
// else is looked for each time: see Astray.
func (m *Modem) Prove(ctx context.Context, s cred.Slot, content []byte, progress func(sent, total int)) (Proof, error) {
	want := m.Stored(s, content)
	for {
		item, found, err := m.readBack(ctx, s, want)
		if err != nil {
			return Proof{Repeats: m.repeats[s]}, err
		}
		if found && item.SHA256 == want {
			m.shelf.Put(s, want)
			return Proof{item.SHA256, m.repeats[s]}, nil
		}
		if err := m.notSo(ctx, s, item, found); err != nil {
			return Proof{item.SHA256, m.repeats[s]}, err
		}
		if !m.slower(s) {
			return Proof{item.SHA256, m.repeats[s]}, shelf.Mismatch(s, item, found, want)
		}
		if err = m.empty(ctx, s); err == nil {
			err = m.write(ctx, s, content, progress)
		}
		if err != nil {
			return Proof{Repeats: m.repeats[s]}, err
		}
	}
}

func (m *Modem) readBack(ctx context.Context, s cred.Slot, want cred.Digest) (item Item, found bool, err error) {
	for range 2 {
		if item, found, err = m.ListSlot(ctx, s); err != nil || found && item.SHA256 == want {
			return item, found, err
		}
	}
	return item, found, nil
}

// newlines finds out, before anything is deleted or written, whether a shell's firmware makes line ends of a backslash and an n
// (nrf91.md, section 3.4): modem_shell does, at_shell does not say. No question tells it, so that three characters are stored in an
// empty PSK identity, listed and deleted. Only a shell that nobody knows and content with line ends make it necessary.
func (m *Modem) newlines(ctx context.Context, s cred.Slot) error {
	h, ok := m.s.Host().(host.Shell)
	if !ok || h.Newline != host.Untold || !m.multiline {
		return nil
	}
	content := []byte(trial)
	made, literal := cred.Sum(h.Stored(content)), cred.Sum([]byte(`a\nb`))
	try, err := m.emptyIdentity(ctx, s.SecTag, made, literal)
	if err != nil {
		return err
	}
	r, err := m.store(ctx, at.Command{Text: writeCommand(try, nil).Text, Content: content}, false)
	if m.silent(ctx, err) {
		err = m.resync(ctx)
	}
	if err != nil {
		return err
	}
	if r.Final != 0 && !r.OK() {
		return m.storeFault(ctx, "write", try, r)
	}
	item, found, err := m.readBack(ctx, try, made)
	switch {
	case err != nil:
	case found:
		if _, err = m.remove(ctx, try); err != nil && m.InStep() {
			_, _ = m.delete(ctx, try) // the deletion went astray, which is told; what we put there is not left
		}
	default:
		err = m.Astray(ctx, try)
	}
	if err != nil {
		return err
	}
	switch item.SHA256 {
	case made:
		h.Newline = host.Made
	case literal:
		h.Newline = host.Literal
	default:
		return shelf.Mismatch(try, item, found, made)
	}
	m.s.SetHost(h)
	if h.Newline == host.Literal {
		return host.NoNewline("what is written to " + s.String())
	}
	return nil
}

// trial is what is stored to learn what a shell makes of line ends. No PSK identity is so.
const trial = "a\nb"

// emptyIdentity is a slot for a PSK identity that is empty: of the tag itself, or else of the next that has none. What an earlier trial
// left there, because the line or the process ended in the middle of it, is deleted: ours are its digests.
func (m *Modem) emptyIdentity(ctx context.Context, t cred.SecTag, ours ...cred.Digest) (cred.Slot, error) {
	s := cred.Slot{SecTag: t, Kind: cred.PSKID}
	item, there, err := m.ListSlot(ctx, s)
	if err != nil || !there {
		return s, err
	}
	if slices.Contains(ours, item.SHA256) {
		_, err := m.remove(ctx, s)
		return s, err
	}
	items, err := m.List(ctx)
	if err != nil {
		return s, err
	}
	taken := map[cred.SecTag]bool{}
	for _, i := range items {
		taken[i.SecTag] = true
	}
	for taken[s.SecTag] || s.SecTag.Reserved() {
		s.SecTag++
		if s.SecTag.Reserved() {
			s.SecTag = 0
		}
	}
	return s, nil
}
