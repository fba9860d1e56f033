//go:build !race

package bench_test

// thin is for the race detector (thin_race_test.go).
const thin = 1
