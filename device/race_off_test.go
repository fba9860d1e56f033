//go:build !race

package device_test

const raced = false
