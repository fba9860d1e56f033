package session

import (
	"strings"
	"sync"

	"github.com/pion/dtls/v3/pkg/protocol/alert"
	"github.com/pion/logging"
)

// ear listens to the library's own trace for the one thing that it tells nowhere else: the number of an alert that came under
// the session's keys. All the rest is dropped.
type ear struct {
	mu    sync.Mutex
	heard *uint8
}

// NewLogger hands out the ear itself; part of logging.LoggerFactory, as all below of logging.LeveledLogger.
func (e *ear) NewLogger(string) logging.LeveledLogger { return e }

// Tracef hears "client: <- Alert Fatal: UnknownCA" (pion/dtls v3.1.15, conn.go; a test holds it).
func (e *ear) Tracef(format string, args ...any) {
	if len(args) != 2 || !strings.Contains(format, "<-") {
		return
	}
	text, ok := args[1].(string)
	if !ok || !strings.HasPrefix(text, "Alert ") {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = alertNamed(text)
}

func (e *ear) alert() *uint8 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard
}

// alertNamed finds the number of an alert that the library wrote in words; nil for one that it has no word for.
func alertNamed(text string) *uint8 {
	for n := range 256 {
		a := alert.Alert{Level: alert.Warning, Description: alert.Description(n)}
		b := alert.Alert{Level: alert.Fatal, Description: alert.Description(n)}
		if (text == a.String() || text == b.String()) && !strings.Contains(text, "Invalid") {
			number := uint8(n)
			return &number
		}
	}
	return nil
}

func (*ear) Trace(string)          {}
func (*ear) Debug(string)          {}
func (*ear) Debugf(string, ...any) {}
func (*ear) Info(string)           {}
func (*ear) Infof(string, ...any)  {}
func (*ear) Warn(string)           {}
func (*ear) Warnf(string, ...any)  {}
func (*ear) Error(string)          {}
func (*ear) Errorf(string, ...any) {}
