//go:build !race

package bench_test

// thin is for the race detector (thin_race_test.go).
const thin = 1

// thinPTY is the same for the bytes that are tried over a pseudo-terminal.
const thinPTY = 1
