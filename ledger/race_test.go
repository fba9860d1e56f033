//go:build race

package ledger

// thin makes the sweeps that run in one goroutine take every so many: the race detector slows SQLite ten times and has nothing
// to find in them. The whole sweeps run without it.
const thin = 8
