//go:build race

package device_test

// raced tells whether the race detector makes each run a dozen times as long: then a part of the line's bytes is enough.
const raced = true
