package ledger

import (
	"bytes"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/sectag/ledger/record"
)

// wire is a TCP connection to the tests' server that can break: at once, or at the next commit, before or after the server has heard of it.
type wire struct {
	net.Listener
	to string

	mu     sync.Mutex
	open   []net.Conn
	breaks string // "before" or "after" the next commit
	cut    chan struct{}
	hangs  bool // the server's end stays open when the station's breaks
}

func newWire(t *testing.T) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &wire{Listener: l, to: net.JoinHostPort("127.0.0.1", strconv.Itoa(theServer(t).Port)), cut: make(chan struct{}, 1)}
	t.Cleanup(func() {
		_ = l.Close()
		w.cutNow()
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.serve(c)
		}
	}()
	return w
}

func (w *wire) port() int { return w.Addr().(*net.TCPAddr).Port }

func (w *wire) serve(c net.Conn) {
	s, err := net.Dial("tcp", w.to)
	if err != nil {
		_ = c.Close()
		return
	}
	w.mu.Lock()
	w.open = append(w.open, c, s)
	w.mu.Unlock()
	mute := make(chan struct{})
	go func() {
		defer c.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := s.Read(b)
			select {
			case <-mute: // the commit was carried out, and nobody hears of it
				_ = s.Close()
				w.cut <- struct{}{}
				return
			default:
			}
			if _, werr := c.Write(b[:n]); err != nil || werr != nil {
				return
			}
		}
	}()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.hangs {
			_ = s.Close()
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(b)
		w.mu.Lock()
		how := w.breaks
		if !bytes.Contains(b[:n], []byte("commit")) {
			how = ""
		} else {
			w.breaks = ""
		}
		w.mu.Unlock()
		switch how {
		case "before":
			_ = c.Close()
			w.cut <- struct{}{}
			return
		case "after":
			close(mute)
			if _, err := s.Write(b[:n]); err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, c)
			return
		}
		if _, werr := s.Write(b[:n]); err != nil || werr != nil {
			return
		}
	}
}

func (w *wire) breakAt(how string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.breaks = how
}

func (w *wire) cutNow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		_ = c.Close()
	}
	w.open = nil
}

// overWire opens a ledger over a wire, and another store of it that does not use the wire.
func overWire(t *testing.T) (w *wire, s, direct *Store) {
	t.Helper()
	address := database{}.fresh(t)
	direct = openAt(t, address)
	w = newWire(t)
	s, err := OpenAs(t.Context(), theServer(t).URL(schemaOf(t, address), "", w.port()), "far")
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return w, s, direct
}

// TestACommitWhoseAnswerIsLost: nobody is told that the record is there or that it is not; it is there once or not at all, and its run is
// gone on with by nobody but the next start.
func TestACommitWhoseAnswerIsLost(t *testing.T) {
	for how, there := range map[string]int64{"before": 0, "after": 1} {
		t.Run(how+" the server heard of it", func(t *testing.T) {
			w, s, direct := overWire(t)
			ctx := t.Context()
			run, err := s.Begin(ctx, at, nil)
			must(t, err)
			must(t, s.Lease(ctx, run, imei(1)))
			r := unitRecord(1, 1)
			r.Run = run
			w.breakAt(how)
			_, err = s.Record(ctx, r)
			<-w.cut
			wantCode(t, err, "ledger.lost")
			if rep := mustVerify(t, direct.Reader); rep.Records != there {
				t.Errorf("%d records, want %d", rep.Records, there)
			}
			_, err = s.Record(ctx, r) // a second try would be a second record
			wantCode(t, err, "ledger.lost")
			wantCode(t, s.AppendFirm(ctx, run, "slot.written", at, nil), "ledger.lost")
			wantCode(t, s.End(ctx, run, at, RunDone), "ledger.lost")
			next, err := s.Begin(ctx, at, nil) // the station itself is well
			must(t, err)
			must(t, s.AppendFirm(ctx, next, "slot.written", at, nil))
			if rep := mustVerify(t, direct.Reader); rep.Records != there {
				t.Errorf("%d records after the second try, want %d", rep.Records, there)
			}
			left, err := direct.Unfinished(ctx)
			must(t, err)
			if len(left) != 1 || left[0].ID != run {
				t.Fatalf("left: %+v", left)
			}
			must(t, direct.Lease(ctx, "", imei(1)))
			must(t, direct.End(ctx, run, at, RunInterrupted))
			must(t, s.End(ctx, next, at, RunDone))
			mustVerify(t, direct.Reader)
		})
	}
}

// TestABrokenConnectionIsMadeAgain: the run and the unit are taken up where they were, and nobody had them meanwhile.
func TestABrokenConnectionIsMadeAgain(t *testing.T) {
	w, s, direct := overWire(t)
	ctx := t.Context()
	run, err := s.Begin(ctx, at, nil)
	must(t, err)
	must(t, s.Lease(ctx, run, imei(1)))
	for range 3 {
		w.cutNow()
		must(t, s.AppendFirm(ctx, run, "slot.written", at, nil))
		if f := wantCode(t, direct.Lease(ctx, "", imei(1)), "ledger.leased"); !strings.Contains(f.Text, "station far on ") {
			t.Errorf("%q does not say who has it", f.Text)
		}
		wantCode(t, direct.AppendFirm(ctx, run, "slot.written", at, nil), "ledger.leased")
		if left, err := direct.Unfinished(ctx); err != nil || len(left) != 0 {
			t.Errorf("left: %+v, %v", left, err)
		}
	}
	r := unitRecord(1, 1)
	r.Run = run
	_, err = s.Record(ctx, r)
	must(t, err)
	must(t, s.End(ctx, run, at, RunDone))
	must(t, direct.Lease(ctx, "", imei(1)))
	mustVerify(t, direct.Reader)
}

// TestAServerThatDoesNotNoticeIsTold: the station is cut off and the server's end of the connection stays, with all that it holds.
func TestAServerThatDoesNotNoticeIsTold(t *testing.T) {
	w, s, direct := overWire(t)
	ctx := t.Context()
	run, err := s.Begin(ctx, at, nil)
	must(t, err)
	must(t, s.Lease(ctx, run, imei(1)))
	w.mu.Lock()
	w.hangs = true
	for i := 0; i < len(w.open); i += 2 { // the station's ends only
		_ = w.open[i].Close()
	}
	w.mu.Unlock()
	wantCode(t, direct.Lease(ctx, "", imei(1)), "ledger.leased") // as far as the server knows it is there
	must(t, s.AppendFirm(ctx, run, "slot.written", at, nil))
	must(t, s.End(ctx, run, at, RunDone))
	must(t, direct.Lease(ctx, "", imei(1)))
	mustVerify(t, direct.Reader)
}

// takenOver claims a run whose writer is gone, as soon as that has been noticed: a server takes a moment.
func takenOver(t *testing.T, s *Store, run string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		got, err := s.Claim(ctx, run)
		if err != nil {
			t.Fatalf("run %s, whose writer is gone, cannot be taken over: %v", run, err)
		}
		if got {
			return
		}
	}
}

// TestWhatAnotherTookOverIsLost: while a station was cut off another buried its run, and the station is told.
func TestWhatAnotherTookOverIsLost(t *testing.T) {
	w, s, direct := overWire(t)
	ctx := t.Context()
	run, err := s.Begin(ctx, at, nil)
	must(t, err)
	w.cutNow()
	takenOver(t, direct, run)
	wantCode(t, s.AppendFirm(ctx, run, "slot.written", at, nil), "ledger.lost")
	must(t, direct.End(ctx, run, at, RunInterrupted))
	wantCode(t, s.AppendFirm(ctx, run, "slot.written", at, nil), "ledger.lost")
	if got, err := direct.Claim(ctx, run); err != nil || got {
		t.Errorf("a run that is over was claimed: %v, %v", got, err)
	}
	if r, err := direct.Runs(ctx, RunInterrupted); err != nil || len(r) != 1 || r[0].Lines != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	mustVerify(t, direct.Reader)
}

// TestFirstOpeners: many open a place without a ledger at the same time, and make one.
func TestFirstOpeners(t *testing.T) {
	const openers = 8
	address := database{}.fresh(t)
	origins := make(chan string, openers)
	for range openers {
		go func() {
			s, err := Open(t.Context(), address)
			if err != nil {
				origins <- err.Error()
				return
			}
			defer s.Close()
			_, err = s.Record(t.Context(), record.Record{Kind: record.Test, Time: at, Verdict: "pass", IMEI: imei(1)})
			if err != nil {
				origins <- err.Error()
				return
			}
			origins <- s.Origin()
		}()
	}
	first := <-origins
	for range openers - 1 {
		if o := <-origins; o != first {
			t.Errorf("%s and %s", first, o)
		}
	}
	r, err := OpenReader(t.Context(), address)
	must(t, err)
	defer r.Close()
	if rep := mustVerify(t, r); rep.Records != openers {
		t.Errorf("%d records", rep.Records)
	}
}
