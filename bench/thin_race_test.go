//go:build race

package bench_test

// thin makes the sweeps take every so many bytes: the race detector slows SQLite ten times. The whole sweeps run without it.
const thin = 37
