package console

import (
	"io"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// Input reads a file that was named, or standard input when its name is "-", at most limit bytes. A signal ends the waiting.
func (c *Console) Input(name string, limit int64) ([]byte, error) {
	if name != "-" {
		return atomicfile.Read(name, limit)
	}
	type answer struct {
		text []byte
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(c.In, limit+1))
		if err == nil && int64(len(text)) > limit {
			err = atomicfile.ErrTooLarge
		}
		read <- answer{text, err}
	}()
	select {
	case a := <-read:
		return a.text, a.err
	case <-c.Stop:
		return nil, cred.Because(errStopped, "store.stopped", "stopped while standard input was read: nothing was done", "run it again")
	}
}
