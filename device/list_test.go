package device

import (
	"strings"
	"testing"

	"example.org/sectag/cred"
)

// A list is taken whole or not at all: each line an item that was asked for, none twice.
func FuzzList(f *testing.F) {
	const sum = "0CC8504337C12EB749665AB872C905A27886687E39490926281B4B6C6DD26E72"
	f.Add(`%CMNG: 42,0,"` + sum + `"` + "\n" + `%CMNG: 42,1,"` + sum + `"` + "\n" + `%CMNG: 4294967294,6,"` + sum + `"`)
	f.Add(`%CMNG: 42,0,"` + sum + `"` + "\n" + `%CMNG: 42, 0, "` + sum + `"`)
	f.Add(`%CMNG: 42,0,"` + sum + "\n" + sum + `"`)
	f.Add(strings.Repeat("%CMNG: \n", MaxItems+1))
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		items, whole := parseItems(lines, func(s cred.Slot) bool { return s.SecTag != 7 })
		if !whole {
			return
		}
		seen := map[cred.Slot]bool{}
		for _, i := range items {
			if seen[i.Slot] || i.SecTag == 7 || i.SHA256.IsZero() {
				t.Errorf("%q is read as %v", text, items)
			}
			seen[i.Slot] = true
		}
		if len(items) != len(lines) || len(items) > MaxItems {
			t.Errorf("%d lines are read as %d items", len(lines), len(items))
		}
	})
}
