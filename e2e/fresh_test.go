//go:build unix

package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// sources lets go test know what these tests are of. It keeps the result of a test until the test's own package changes, or a file that
// the test looked at; the program is built beside it, so without this look a changed program would have passed out of the cache.
var sources = sync.OnceValue(func() error {
	return filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch base := filepath.Base(name); {
		case err != nil:
			return err
		case d.IsDir() && base != ".." && (strings.HasPrefix(base, ".") || base == "bin"):
			return filepath.SkipDir
		case strings.HasSuffix(base, ".go") && !strings.HasSuffix(base, "_test.go"), base == "go.mod", base == "go.sum":
			_, err = os.Stat(name)
		}
		return err
	})
})
