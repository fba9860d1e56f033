package past

import (
	"slices"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// A unit is retired by the record that says so, until one gives it an identity again; what failed changes neither.
func TestWhoIsRetired(t *testing.T) {
	kind := func(k record.Kind, v cred.Verdict) record.Record {
		return record.Record{Kind: k, Verdict: v, ID: "7", Time: record.Stamp(now)}
	}
	out, failed := kind(record.Retirement, cred.Pass), kind(record.Retirement, cred.Fail)
	for name, c := range map[string]struct {
		records []record.Record // the oldest first
		want    bool
	}{
		"nothing":                {nil, false},
		"in service":             {[]record.Record{passed()}, false},
		"retired":                {[]record.Record{passed(), out, kind(record.Revocation, cred.Pass)}, true},
		"looked at since":        {[]record.Record{passed(), out, kind(record.Check, cred.Pass)}, true},
		"refused":                {[]record.Record{passed(), failed}, false},
		"back":                   {[]record.Record{passed(), out, passed()}, false},
		"back, by a file":        {[]record.Record{passed(), out, kind(record.Issue, cred.Pass)}, false},
		"it could not come back": {[]record.Record{passed(), out, kind(record.Provision, cred.Fail)}, true},
	} {
		slices.Reverse(c.records)
		f, got := Past{list: c.records}.Retired()
		if got != c.want || got && (f.Code != "store.retired" || f.Hint == "" || !strings.Contains(f.Text, record.Stamp(now)+" (record 7)")) {
			t.Errorf("%s: %v, %+v", name, got, f)
		}
	}
}
