package profile

import (
	"fmt"
	"slices"

	"example.org/sectag/cred"
)

// also are further tags that units may hold. One that the profile works on has its slots declared already.
func (c *checker) also(tags []int64, slots []Slot) (out []cred.SecTag) {
	for _, n := range tags {
		t := cred.SecTag(n)
		twice := slices.Contains(out, t) || slices.ContainsFunc(slots, func(s Slot) bool { return s.SecTag == t })
		switch {
		case n < 0 || n > int64(cred.LastDecryptTag):
			c.refuse("inventory", "also", 0, fmt.Sprintf("%d is no tag of a product", n), fmt.Sprintf("write tags from 0 to %d; the modem's own need no word", cred.MaxSecTag))
		case t.Decrypt():
			c.refuse("inventory", "also", 0, fmt.Sprintf("%d is a developer tag whose TLS traffic can be decrypted", n), "no product may be shipped with it")
		case twice:
			c.refuse("inventory", "also", 0, fmt.Sprintf("%d was named already", n), "a [[slot]] declares what is under its own tag")
		}
		out = append(out, t)
	}
	return out
}

func (c *checker) readback(s string) Readback {
	switch r := Readback(s); r {
	case "":
		return First
	case First, Each, Never:
		return r
	}
	c.refuse("evidence", "readback", 0, fmt.Sprintf("%q is no rule", s), `write readback = "first", "each" or "never"`)
	return First
}
