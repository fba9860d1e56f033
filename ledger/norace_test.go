//go:build !race

package ledger

// thin is for the race detector (race_test.go).
const thin = 1
