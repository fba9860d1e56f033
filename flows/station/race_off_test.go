//go:build !race

package station

const raced = false
