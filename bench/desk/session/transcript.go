package session

import (
	"errors"
	"io/fs"
	"strings"
	"sync"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/lexicon"
	"example.org/sectag/flows"
	"example.org/sectag/internal/atomicfile"
)

// maxKept is how many lines of the transcript are kept for a file: some hours of work by hand.
const maxKept = 20000

// kept are the newest lines of this run's transcript, masked, with the time.
type kept struct {
	mu    sync.Mutex
	lines []string
	gone  bool // older lines are not there any more
}

func (k *kept) add(t device.Trace) {
	way := " < "
	if t.Out {
		way = " > "
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lines = append(k.lines, t.At.UTC().Format("2006-01-02T15:04:05.000Z")+way+t.Text+"\n")
	if n := len(k.lines) - maxKept; n > 0 {
		k.lines, k.gone = k.lines[n:], true
	}
}

// text is the whole of it; empty when nothing was said.
func (k *kept) text() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone {
		return "# older lines are left out\n" + strings.Join(k.lines, "")
	}
	return strings.Join(k.lines, "")
}

// Save writes the masked transcript of this run to a new file that only its owner reads. A file that is there is left alone.
func (s *Session) Save(e flows.SaveTranscript) (flows.Event, error) {
	text := s.kept.text()
	if text == "" {
		return nil, cred.Failed("usage.flag", "nothing has gone over the line yet, so there is no transcript to save", "identify the unit, or send a command")
	}
	path := strings.TrimSpace(e.Path)
	if path == "" {
		return nil, cred.Failed("usage.flag", "no file is named for the transcript", "give the name of a new file")
	}
	err := atomicfile.Create(path, []byte(text), 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, cred.Because(err, "config.file", path+" is there already and was left as it is", "give the name of a new file")
	case err != nil:
		return nil, cred.Because(err, "config.file", "the transcript cannot be written: "+err.Error(), "name a file in a folder that is there and that you may write to")
	}
	return flows.TranscriptSaved{ID: e.ID, Path: path}, nil
}

// explained is a line with what it means.
func explained(t device.Trace) flows.TraceLine {
	l := flows.TraceLine{At: t.At, Out: t.Out, Text: t.Text}
	if !t.Out {
		l.Note, l.Unasked = lexicon.Gloss(t.Text)
	}
	return l
}
