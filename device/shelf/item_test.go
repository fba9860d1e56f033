package shelf_test

import (
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device/shelf"
)

func FuzzParseItem(f *testing.F) {
	f.Add(`%CMNG: 42,0,"0CC8504337C12EB749665AB872C905A27886687E39490926281B4B6C6DD26E72"`)
	f.Add(`%CMNG: 4294967294, 6, "0CC8504337C12EB749665AB872C905A27886687E39490926281B4B6C6DD26E72"`)
	f.Add(`%CMNG: 9999999999,999,""`)
	f.Fuzz(func(t *testing.T, line string) {
		i, err := shelf.ParseItem(line)
		if err != nil {
			return
		}
		if !strings.HasPrefix(line, "%CMNG:") || !strings.Contains(strings.ToLower(line), i.SHA256.String()) || i.SHA256.IsZero() {
			t.Errorf("%q is read as %v", line, i)
		}
	})
}

// A list is taken whole or not at all: each line an item that was asked for, none twice.
func FuzzList(f *testing.F) {
	const sum = "0CC8504337C12EB749665AB872C905A27886687E39490926281B4B6C6DD26E72"
	f.Add(`%CMNG: 42,0,"` + sum + `"` + "\n" + `%CMNG: 42,1,"` + sum + `"` + "\n" + `%CMNG: 4294967294,6,"` + sum + `"`)
	f.Add(`%CMNG: 42,0,"` + sum + `"` + "\n" + `%CMNG: 42, 0, "` + sum + `"`)
	f.Add(`%CMNG: 42,0,"` + sum + "\n" + sum + `"`)
	f.Add(strings.Repeat("%CMNG: \n", shelf.MaxItems+1))
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		items, whole := shelf.Parse(lines, func(s cred.Slot) bool { return s.SecTag != 7 })
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
		if len(items) != len(lines) || len(items) > shelf.MaxItems {
			t.Errorf("%d lines are read as %d items", len(lines), len(items))
		}
	})
}
