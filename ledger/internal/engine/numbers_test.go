package engine

import (
	"slices"
	"testing"
)

// TestEachRowHasNumbers: every row with its numbers in their places; what is none is told, and is not taken for one.
func TestEachRowHasNumbers(t *testing.T) {
	p, err := Memory().Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	var got []int64
	take := func(row []int64) error {
		got = append(got, row...)
		return nil
	}
	err = EachRow(t.Context(), p.Read, 2, take, `SELECT 1, -2 UNION ALL SELECT 3, 9223372036854775807 ORDER BY 1`)
	if err != nil || !slices.Equal(got, []int64{1, -2, 3, 9223372036854775807}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, other := range []string{`'7'`, `7.0`, `NULL`, `x'07'`} {
		if err := EachRow(t.Context(), p.Read, 2, take, `SELECT 1, `+other); err == nil {
			t.Errorf("%s was taken for a number", other)
		}
	}
}
