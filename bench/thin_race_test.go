//go:build race

package bench_test

// thin makes the sweeps take every so many bytes: the race detector slows SQLite ten times. The whole sweeps run without it.
const thin = 37

// thinPTY is the same for the bytes that are tried over a pseudo-terminal.
const thinPTY = 8
