// Package shelf is what a modem's credential store holds: how it is listed, what it held before the work, and what has changed there
// that nobody asked for. One digit of a command that the line changed makes it a command for another slot, and the modem's answer
// names none: only the list tells.
//
// Read item.go first: the list. Then shelf.go: what went astray. fault.go: what a slot lists that should not.
package shelf

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"example.org/sectag/cred"
)

// Item is one credential as the modem lists it: where it is and the SHA-256 of its bytes.
type Item struct {
	cred.Slot
	SHA256 cred.Digest `json:"sha256"`
}

// Reserved tells whether the item is the modem's own: shown, never written and never deleted.
func (i Item) Reserved() bool { return i.SecTag.Reserved() }

// itemLine is a line of a %CMNG=1 answer. The manual's examples have blanks after the commas, modems have none.
var itemLine = regexp.MustCompile(`^%CMNG: ?(\d{1,10}), ?(\d{1,3}), ?"([0-9A-Fa-f]{64})"$`)

// ParseItem reads one line of the modem's list, strictly: a damaged line is no item, nor is one with a digest of nothing but zeros, which
// would make an empty slot of one that is not.
func ParseItem(line string) (Item, error) {
	f := itemLine.FindStringSubmatch(line)
	if f == nil {
		return Item{}, errors.New("the line is no entry of a credential list")
	}
	tag, err := strconv.ParseUint(f[1], 10, 32)
	if err != nil {
		return Item{}, fmt.Errorf("reading the sec_tag: %w", err)
	}
	kind, err := strconv.ParseUint(f[2], 10, 8)
	if err != nil {
		return Item{}, fmt.Errorf("reading the type: %w", err)
	}
	sum, err := cred.ParseDigest(f[3])
	if err == nil && sum.IsZero() {
		err = errors.New("nothing has the digest zero")
	}
	if err != nil {
		return Item{}, err
	}
	return Item{cred.Slot{SecTag: cred.SecTag(tag), Kind: cred.Kind(kind)}, sum}, nil
}

// MaxItems bounds a list. Modems hold tens; a list of thousands is a line that repeats itself, or no modem.
const MaxItems = 256

// Parse reads a list. It is whole when each of its lines is an item that was asked for and none comes twice.
func Parse(lines []string, asked func(cred.Slot) bool) (items []Item, whole bool) {
	if len(lines) > MaxItems {
		return nil, false
	}
	items = make([]Item, 0, len(lines))
	seen := map[cred.Slot]bool{}
	for _, l := range lines {
		i, err := ParseItem(l)
		if err != nil || seen[i.Slot] || !asked(i.Slot) {
			return nil, false
		}
		seen[i.Slot] = true
		items = append(items, i)
	}
	return items, true
}
