//go:build !race

package rack

const raced = false
