//go:build race

package rack

// raced tells whether the race detector slows everything down. There is nothing here that could race, so a part is enough then.
const raced = true
