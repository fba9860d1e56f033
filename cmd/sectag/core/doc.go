// Package core keeps the process from leaving its memory on a disk, where it would hold an authority's key.
package core
