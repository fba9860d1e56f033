package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/seal"
)

// copyOf is a PSK and its sealed copy, each by its digest.
type copyOf struct{ psk, sealed cred.Digest }

// psk takes in a line that keeps a sealed PSK.
func (a *audit) psk(body string) error {
	var l seal.PSKLine
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		return engine.Broken(err, "a line about a PSK cannot be read")
	}
	a.copies[copyOf{l.PSK, cred.Sum([]byte(l.Sealed))}] = true
	return nil
}

// comparePSKs sees that the sealed copy of each PSK that a record names is kept.
func (a *audit) comparePSKs(context.Context, *sql.Tx) error {
	for _, id := range slices.Sorted(maps.Keys(a.sealed)) {
		if !a.copies[a.sealed[id]] {
			a.say("the sealed PSK that record %s names is missing, or is another one", id)
		}
	}
	return nil
}
