//go:build !linux

package atomicfile

import (
	"errors"
	"os"
)

// unnamed opens nothing: only Linux gives a file its name afterwards.
func unnamed(string) *os.File { return nil }

func linked(*os.File, string) error { return errors.ErrUnsupported }
