package device

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/host"
	"example.org/sectag/device/shelf"
)

// Item is one credential as the modem lists it.
type Item = shelf.Item

// List lists the whole store, the modem's own items among them, in the modem's order.
func (m *Modem) List(ctx context.Context) ([]Item, error) {
	return m.list(ctx, "AT%CMNG=1", func(cred.Slot) bool { return true })
}

// identityTag is where a modem lists the key that tells it from every other.
const identityTag cred.SecTag = 4294967294

// ListTags lists the whole store; or, when that is more than the unit's host can pass on, what these tags hold and the modem's
// identity key. Cut then tells so.
func (m *Modem) ListTags(ctx context.Context, tags ...cred.SecTag) ([]Item, error) {
	if !m.cut {
		items, err := m.List(ctx)
		if err == nil {
			m.shelf.Listed(items)
		}
		if err == nil || cred.AsFault(err).Code != lineCutOff {
			return items, err
		}
		m.cut = true
	}
	tags = append(slices.Clone(tags), identityTag)
	slices.Sort(tags)
	all := []Item{}
	for _, t := range slices.Compact(tags) {
		items, err := m.ListTag(ctx, t)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
	}
	return all, nil
}

// Cut tells whether the store holds more than can be listed at once, so that ListTags knows only the tags that it is asked for.
func (m *Modem) Cut() bool { return m.cut }

// ListTag lists what one tag holds.
func (m *Modem) ListTag(ctx context.Context, t cred.SecTag) ([]Item, error) {
	return m.list(ctx, fmt.Sprintf("AT%%CMNG=1,%d", t), func(s cred.Slot) bool { return s.SecTag == t })
}

// ListSlot tells what one slot holds; found is false when it is empty.
func (m *Modem) ListSlot(ctx context.Context, s cred.Slot) (item Item, found bool, err error) {
	items, err := m.list(ctx, fmt.Sprintf("AT%%CMNG=1,%d,%d", s.SecTag, s.Kind), func(o cred.Slot) bool { return o == s })
	if err != nil || len(items) == 0 {
		return Item{}, false, err
	}
	return items[0], true, nil
}

// Learn tells what a slot holds where nobody can know beforehand, such as a key that the modem made: two answers in a row must agree.
func (m *Modem) Learn(ctx context.Context, s cred.Slot) (item Item, err error) {
	for n := range tries {
		last := item
		if item, _, err = m.ListSlot(ctx, s); err != nil {
			return item, err
		}
		if n > 0 && item == last {
			m.shelf.Put(s, item.SHA256)
			return item, nil
		}
	}
	return Item{}, garbled("what " + s.String() + " holds")
}

// Read asks for the content of a slot (%CMNG=2). Of a private key or a PSK nothing is kept but that there was one.
func (m *Modem) Read(ctx context.Context, s cred.Slot) (Reply, error) {
	return m.again(ctx, at.Command{
		Text: fmt.Sprintf("AT%%CMNG=2,%d,%d", s.SecTag, s.Kind), Answers: at.Answers{Prefix: "%CMNG:"}, Quoted: true, Secret: s.Kind.Secret(),
	})
}

// list asks until the answer is whole: every line of it an item that was asked for, none twice, nothing unknown between.
// An answer that is not is believed when the next one says the same: a log on the same line is no damage.
func (m *Modem) list(ctx context.Context, text string, asked func(cred.Slot) bool) ([]Item, error) {
	var last []Item
	for n := range tries {
		r, err := m.store(ctx, at.Command{Text: text, Answers: at.Answers{Prefix: "%CMNG:"}}, true)
		if err != nil {
			return nil, err
		}
		if r.Final == at.CME && r.CME == notFound {
			return []Item{}, nil
		}
		if !r.OK() {
			return nil, refuse(text, r)
		}
		items, whole := shelf.Parse(r.Info, asked)
		if !whole {
			last = nil
			continue
		}
		if r.Clean || (n > 0 && last != nil && slices.Equal(items, last)) {
			return items, nil
		}
		last = items
	}
	return nil, garbled(text)
}

// store sends a %CMNG command, and once more when the refusal may be the line's fault. A bare ERROR makes it look first
// whether the firmware switched the error numbers off in between, and switch them on again.
func (m *Modem) store(ctx context.Context, cmd at.Command, harmless bool) (at.Reply, error) {
	send := func() (at.Reply, error) {
		if harmless {
			return m.again(ctx, cmd)
		}
		r, err := m.s.Do(ctx, cmd)
		return r, m.place(err)
	}
	r, err := send()
	if err != nil || !doubtful(r) {
		return r, err
	}
	if r.Final == at.Error {
		line, err := m.ask(ctx, query{text: "AT+CMEE?", shape: cmeeAnswer, prefix: "+CMEE:"})
		if err == nil && line != "+CMEE: 1" {
			err = m.order(ctx, at.Command{Text: "AT+CMEE=1"})
		}
		if err != nil {
			return r, err
		}
	}
	return send()
}

// Stored is the digest that the list will show for a slot into which these bytes are written through this unit's host.
func (m *Modem) Stored(_ cred.Slot, content []byte) cred.Digest {
	return cred.Sum(m.s.Host().Stored(content))
}

// writeCommand is the command that stores content.
func writeCommand(s cred.Slot, content []byte) at.Command {
	return at.Command{
		Text:    fmt.Sprintf("AT%%CMNG=0,%d,%d", s.SecTag, s.Kind),
		Content: content, Secret: s.Kind.Secret(),
	}
}

// Fits tells whether content can be written into a slot at all: store.reserved, line.too-long (an overflow would block the
// unit's AT host), line.bad-command (a double quote in it would), line.no-newline. Nothing is sent.
func (m *Modem) Fits(s cred.Slot, content []byte) error {
	if s.SecTag.Reserved() {
		return reserved(s.SecTag)
	}
	if !s.Kind.Writable() {
		return cred.Failed("store.reserved", fmt.Sprintf("type %d is not written by sectag", s.Kind),
			"write one of the types 0 to 4: root-ca, client-cert, client-key, psk, psk-id")
	}
	if len(content) == 0 {
		return cred.Failed("line.bad-command", "there is nothing to write into "+s.String(), "delete the slot instead, or give a file that is not empty")
	}
	m.multiline = m.multiline || bytes.IndexByte(content, '\n') >= 0
	return m.s.Check(writeCommand(s, content))
}

// RoomOK tells whether the unit's host takes a certificate at all: line.too-long. Fits knows of a content. Nothing is sent.
func (m *Modem) RoomOK() error { return host.RoomOK(m.s) }

// Delete empties a slot; found is false when it was empty already. When no answer comes in time, or a refusal, the list
// decides: a slot that is empty needs no deletion. Where the whole store was listed before, the slot is asked for in any case, because
// the line may have made a deletion of another slot of it; then the whole store is looked at (see shelf.Check) and it is tried once more.
func (m *Modem) Delete(ctx context.Context, s cred.Slot) (found bool, err error) {
	if s.SecTag.Reserved() {
		return false, reserved(s.SecTag)
	}
	if err := m.newlines(ctx, s); err != nil {
		return false, err
	}
	return m.remove(ctx, s)
}

func (m *Modem) remove(ctx context.Context, s cred.Slot) (found bool, err error) {
	for n := 0; ; n++ {
		found, err = m.delete(ctx, s)
		if !m.shelf.Known() || err != nil && !m.unheard(err) {
			return found, err
		}
		item, there, e := m.ListSlot(ctx, s)
		if e == nil && !there {
			m.shelf.Put(s, cred.Digest{})
			return found, nil
		}
		if e == nil {
			e = m.Astray(ctx, s)
		}
		switch {
		case e != nil:
			return false, e
		case err != nil:
			return false, err
		case n > 0:
			return false, cred.Failed("store.mismatch", fmt.Sprintf("%s still holds %s after its deletion", s, item.SHA256.Short()),
				"start again; if it stays so use another cable or USB port: bytes are changed on the line")
		}
	}
}

func (m *Modem) delete(ctx context.Context, s cred.Slot) (found bool, err error) {
	r, err := m.store(ctx, at.Command{Text: fmt.Sprintf("AT%%CMNG=3,%d,%d", s.SecTag, s.Kind)}, false)
	if m.silent(ctx, err) {
		item, there, e := m.afterSilence(ctx, s)
		if e == nil && !there {
			return true, nil
		}
		return false, shelf.Undecided(err, e, "deletion", s, item, there)
	}
	switch {
	case err != nil:
		return false, err
	case r.OK():
		return true, nil
	case r.Final == at.CME && r.CME == notFound:
		return false, nil
	}
	if _, there, e := m.ListSlot(ctx, s); e == nil && !there {
		return false, nil
	}
	return false, m.storeFault(ctx, "deletion", s, r)
}

// afterSilence brings the line in step and asks what the slot holds.
func (m *Modem) afterSilence(ctx context.Context, s cred.Slot) (Item, bool, error) {
	if err := m.resync(ctx); err != nil {
		return Item{}, false, err
	}
	return m.ListSlot(ctx, s)
}
