package desk

import (
	"net"
	"testing"
	"time"

	"example.org/sectag/flows"
)

// TestAServerIsWaitedForUntilASaidTime probes a server that never answers.
func TestAServerIsWaitedForUntilASaidTime(t *testing.T) {
	t.Parallel()
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var told []flows.Progress
	d := New(Config{Timeout: 50 * time.Millisecond, Now: func() time.Time { return noon }, Progress: func(p flows.Progress) { told = append(told, p) }}, nil)
	e, err := d.probeServer(t.Context(), flows.ProbeServer{ID: 11, URL: "coaps://" + silent.LocalAddr().String()})
	if p, ok := e.(flows.Probed); err != nil || !ok || p.OK {
		t.Errorf("%v, %v", e, err)
	}
	want := flows.Progress{ID: 11, Waiting: "the server", Until: noon.Add(50 * time.Millisecond)}
	if len(told) != 1 || told[0] != want {
		t.Errorf("the wait is told as %+v", told)
	}
}
