package shelf_test

import (
	"strings"
	"testing"

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
