package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// What Read refuses besides what the system refuses.
var (
	ErrTooLarge = errors.New("it is too large")
	ErrNoFile   = errors.New("it is no file")
	ErrNoWriter = errors.New("it is a pipe that nobody ends")
)

// pipeLimit is how long a pipe may take until it is read to its end.
const pipeLimit = 10 * time.Second

// Read reads a file that a person named, at most limit bytes. A pipe is taken too (a shell's <(command)), for ten seconds; a
// folder, a device or a socket is ErrNoFile, so that a wrong name neither blocks the program nor fills its memory.
func Read(path string, limit int64) ([]byte, error) { return read(path, limit, pipeLimit) }

func read(path string, limit int64, wait time.Duration) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", path, err)
	case info.Mode().IsRegular() && info.Size() > limit:
		return nil, fmt.Errorf("reading %s: %w: %d bytes", path, ErrTooLarge, info.Size())
	case info.Mode().IsRegular():
		return upTo(path, limit)
	case info.Mode()&fs.ModeNamedPipe != 0:
		return readPipe(path, limit, wait)
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(info, null) {
		return []byte{}, nil
	}
	return nil, fmt.Errorf("reading %s: %w", path, ErrNoFile)
}

func upTo(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = ErrTooLarge
	}
	if err != nil {
		clear(b)
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return b, nil
}

// readPipe gives up after a while: opening a pipe that nobody writes into blocks, and no deadline reaches that.
func readPipe(path string, limit int64, wait time.Duration) ([]byte, error) {
	type answer struct {
		b   []byte
		err error
	}
	got := make(chan answer, 1)
	go func() {
		b, err := upTo(path, limit)
		got <- answer{b, err}
	}()
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case a := <-got:
		return a.b, a.err
	case <-late.C:
		release(path)
		return nil, fmt.Errorf("reading %s: %w", path, ErrNoWriter)
	}
}
