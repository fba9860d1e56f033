package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/stage"
	"example.org/sectag/flows/door"
)

// frame is how long a key may take until it is seen: a sixtieth of a second.
const frame = time.Second / 60

// BenchmarkKeyAtTheStation types into the station's screens while 32 lanes work on lines of 9600 baud, and takes the time until each key
// is seen: the whole program but the terminal itself. A key's time is told as a part of a sixtieth of a second.
func BenchmarkKeyAtTheStation(b *testing.B) {
	dir := b.TempDir()
	writeStation(b, dir)
	in, keyboard, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	defer keyboard.Close()
	eye := &watched{change: make(chan struct{}, 1)}
	a := &app{Console: &console.Console{In: in, Out: eye, Err: io.Discard, Now: now, Timeout: time.Second, ProfileFile: filepath.Join(dir, "sectag.toml")}}
	ctx, stop := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- a.screens(ctx, "", door.Station.String()) }()
	eye.sees(b, "passphrase")
	press(b, keyboard, stage.Passphrase+"\r")
	eye.sees(b, "write ")
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		for i := range 20 {
			text := fmt.Sprintf("%d%02d", n%10, i)
			for end := range text {
				began := time.Now()
				press(b, keyboard, text[end:end+1])
				eye.sees(b, text[:end+1]) // the line of what is typed is drawn anew
				took = append(took, time.Since(began))
			}
			press(b, keyboard, strings.Repeat("\x7f", len(text)))
		}
	}
	stop()
	<-done
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/float64(frame), "median/frame")
	b.ReportMetric(float64(took[len(took)*95/100])/float64(frame), "p95/frame")
	b.ReportMetric(float64(took[len(took)-1])/float64(frame), "worst/frame")
	b.ReportMetric(0, "ns/op")
}

// writeStation makes an authority and a profile of 32 virtual ports that begin by themselves.
func writeStation(b *testing.B, dir string) {
	b.Helper()
	made, err := ca.Init(ca.InitOptions{Dir: dir, Subject: "CN=Bench Devices", Passphrase: []byte(stage.Passphrase), Clock: ca.Clock{Now: now()}})
	if err != nil {
		b.Fatal(err)
	}
	var ports []string
	for n := range 32 {
		ports = append(ports, fmt.Sprintf("%q", fmt.Sprintf("sim:nrf9151?baud=9600&flash=30ms&state=%s", filepath.Join(dir, fmt.Sprintf("unit-%d.json", n)))))
	}
	text := "[product]\nname = \"bench\"\n[station]\nid = \"1\"\nstart = \"auto\"\nports = [" + strings.Join(ports, ", ") + "]\n[authority]\ncert = \"" + made.Cert + "\"\nkey = \"" + made.Key +
		"\"\n[device]\nkey = \"host\"\n[[slot]]\nsec_tag = 42\nmode = \"x509\"\nanchor = \"" + made.Cert + "\"\n[ledger]\nurl = \"sqlite:" + filepath.Join(dir, "ledger.db") + "\"\n"
	if err := os.WriteFile(filepath.Join(dir, "sectag.toml"), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

func press(b *testing.B, keyboard io.Writer, keys string) {
	b.Helper()
	if _, err := io.WriteString(keyboard, keys); err != nil {
		b.Fatal(err)
	}
}

// watched is a terminal's side that remembers what was drawn since it was looked at last.
type watched struct {
	mu     sync.Mutex
	drawn  strings.Builder
	change chan struct{}
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.drawn.Write(p)
	w.mu.Unlock()
	select {
	case w.change <- struct{}{}:
	default:
	}
	return len(p), nil
}

// sees waits until a text is drawn, and forgets what was.
func (w *watched) sees(b *testing.B, text string) {
	b.Helper()
	for guard := time.After(30 * time.Second); ; {
		w.mu.Lock()
		all := w.drawn.String()
		if at := strings.Index(all, text); at >= 0 {
			w.drawn.Reset()
			w.drawn.WriteString(all[at+len(text):])
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		select {
		case <-w.change:
		case <-guard:
			b.Fatalf("%q is not drawn; the end of what is: %.2000q", text, all[max(len(all)-2000, 0):])
		}
	}
}
