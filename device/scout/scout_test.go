package scout_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/port"
	"example.org/sectag/device/port/board"
	"example.org/sectag/device/scout"
	"example.org/sectag/device/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rack opens virtual units by a kind of port that stands before the number in the name, such as "silent-3".
type rack struct{}

func (r rack) Open(_ context.Context, name string) (device.Line, error) {
	kind, _, _ := strings.Cut(name, "-")
	cfg := sim.Config{Baud: 115200, IMEI: 352656100367872}
	switch kind {
	case "gone":
		return nil, cred.Failed("port.missing", "there is no port "+name, "plug it in")
	case "stuck":
		return &stuck{make(chan struct{})}, nil
	case "at":
	case "old":
		cfg.Firmware = "mfw_nrf9160_1.2.3"
	default:
		f, err := sim.ParseFault(map[string]string{"log": "not-at", "trace": "garbage", "slow": "slow=0.85", "imeiless": "no-imei"}[kind] + map[string]string{"silent": "silent"}[kind])
		if err != nil {
			return nil, err
		}
		cfg.Faults = []sim.Fault{f}
	}
	m, err := sim.New(cfg)
	if err != nil {
		return nil, err
	}
	return m.Pipe(context.Background()), nil
}

// stuck is a line that takes nothing and does not let go of a writer either, for a while.
type stuck struct{ closed chan struct{} }

func (s *stuck) Read([]byte) (int, error)  { <-s.closed; return 0, io.EOF }
func (s *stuck) Write([]byte) (int, error) { <-s.closed; return 0, io.EOF }
func (s *stuck) Close() error              { close(s.closed); return nil }

// thirty are the ports of a large bench.
func thirty(kinds ...string) (out []port.Info) {
	for i := range 30 {
		out = append(out, port.Info{Name: fmt.Sprintf("%s-%d", kinds[i%len(kinds)], i), Role: port.Unknown})
	}
	return out
}

var roles = map[string]port.Role{
	"at": port.AT, "slow": port.AT, "old": port.AT, "silent": port.Silent, "stuck": port.Silent, "log": port.Log, "trace": port.Trace, "gone": port.Unknown,
}

// check says which ports were not told for what they are.
func check(found []scout.Found) (bad []string) {
	for _, f := range found {
		kind, _, _ := strings.Cut(f.Name, "-")
		if f.Role != roles[kind] || f.Speaks() != (f.Role == port.AT) || !f.Asked {
			bad = append(bad, fmt.Sprintf("%s is %s: %v", f.Name, f.Role, f.Answer.Fault))
		}
	}
	return bad
}

// TestThirtyPortsAreAskedInThreeSeconds: all at once, each with its own kind of silence.
func TestThirtyPortsAreAskedInThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		found := scout.Ask(t.Context(), thirty("silent", "at", "log", "trace", "slow", "stuck", "gone"), scout.Candidate, scout.Modem{Open: rack{}.Open})
		if took := time.Since(start); took >= 3*time.Second {
			t.Errorf("it took %v", took)
		}
		for _, b := range check(found) {
			t.Error(b)
		}
		<-time.After(time.Minute) // what was let go of behind our back ends
	})
}

// BenchmarkThirtyPorts is the same on the real clock: twenty ports that say nothing or something else, ten modems.
func BenchmarkThirtyPorts(b *testing.B) {
	worst := time.Duration(0)
	for b.Loop() {
		start := time.Now()
		found := scout.Ask(b.Context(), thirty("silent", "at", "log"), scout.Candidate, scout.Modem{Open: rack{}.Open})
		worst = max(worst, time.Since(start))
		if bad := check(found); bad != nil {
			b.Fatal(bad)
		}
	}
	b.ReportMetric(worst.Seconds(), "s-worst")
	if worst >= 3*time.Second {
		b.Fatalf("it took %v", worst)
	}
}

func TestWhatIsNotToBeAskedIsNotOpened(t *testing.T) {
	ports := []port.Info{
		{Name: "at-1", Busy: true, Blocked: cred.Failed("port.busy", "x", "y"), Role: port.AT},
		{Name: "at-2", Blocked: cred.Failed("port.denied", "x", "y"), Role: port.AT},
		{Name: "at-3", Kind: board.Other, Role: port.Unknown},
		{Name: "at-4", Kind: board.Bootloader, Role: port.MCUboot},
	}
	opened := func(context.Context, string) (device.Line, error) { t.Error("opened"); return nil, errors.New("no") }
	for i, f := range scout.Ask(t.Context(), ports, scout.Candidate, scout.Modem{Open: opened}) {
		if f.Asked || f.Role != ports[i].Role || f.Speaks() {
			t.Errorf("%+v", f)
		}
	}
}

func TestAnAnswerSaysWhoAndHow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, want := range map[string]string{"at-1": "", "old-1": "store.firmware-old", "imeiless-1": "store.no-imei", "slow-1": ""} {
			a := scout.Modem{Open: rack{}.Open, Who: true}.Ask(t.Context(), name)
			if !a.AT() || a.Who == nil || a.Who.LineEnd != "CR" {
				t.Errorf("%s: %+v", name, a)
				continue
			}
			if f := a.Doubt; (f == nil) != (want == "") || f != nil && f.Code != want {
				t.Errorf("%s: %v", name, f)
			}
			if a.Who.Model == "" || want != "store.no-imei" && a.Who.IMEI != 352656100367872 {
				t.Errorf("%s is %+v", name, *a.Who)
			}
		}
		for name, want := range map[string]string{"silent-1": "line.no-answer", "log-1": "line.not-at", "gone-1": "port.missing", "stuck-1": "line.no-answer"} {
			if a := (scout.Modem{Open: rack{}.Open, Who: true}).Ask(t.Context(), name); a.AT() || a.Fault.Code != want || a.Who != nil {
				t.Errorf("%s: %+v", name, a)
			}
		}
		<-time.After(time.Minute) // what was let go of behind our back ends
	})
}

// A port that does not open, and a line that answers too late, cost no more than the limit.
func TestThePatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			open func(context.Context, string) (device.Line, error)
			code string
		}{
			"a driver that waits": {func(context.Context, string) (device.Line, error) {
				<-time.After(10 * time.Second)
				return nil, errors.New("too late")
			}, "port.busy"},
			"a line that babbles": {func(ctx context.Context, _ string) (device.Line, error) { return newBabble(), nil }, "line.not-at"},
		} {
			start := time.Now()
			a := scout.Modem{Open: c.open}.Ask(t.Context(), "x")
			if took := time.Since(start); took > scout.Limit || a.AT() || a.Fault.Code != c.code {
				t.Errorf("%s: %v after %v", name, a.Fault, took)
			}
		}
		<-time.After(time.Minute) // what was let go of behind our back ends
	})
}

// babble is a line that says something else than a final result all the time.
type babble struct{ stuck }

func newBabble() *babble { return &babble{stuck{make(chan struct{})}} }

func (b *babble) Read(p []byte) (int, error) {
	select {
	case <-b.closed:
		return 0, io.EOF
	case <-time.After(40 * time.Millisecond):
		return copy(p, "tick\r\n"), nil
	}
}

func (b *babble) Write(p []byte) (int, error) { return len(p), nil }
