package hail

import (
	"context"
	"slices"
	"testing"
	"time"

	"example.org/sectag/endpoint/flight"
)

// Nobody is sent more than the cap, however often he is asked and whatever he answers.
func TestTheCapOfPackets(t *testing.T) {
	s, heard := answering(t, func(in []byte) [][]byte {
		if in[0] == 22 && in[18] == 0 {
			return [][]byte{message(3, 0, 0xFE, 0xFF, 2, 5, 6)}
		}
		return nil
	})
	s.Met, s.Packets = true, MaxPackets-4
	for range 5 {
		if _, err := s.Ask(context.Background(), flight.Modem()); err != nil {
			t.Fatal(err)
		}
	}
	if all := heard(); len(all) != 4 || s.Packets != MaxPackets || !s.Spent() {
		t.Errorf("%d datagrams, %d counted", len(all), s.Packets)
	}
}

// A session waits for its turn, and for no longer than the caller does.
func TestASessionWaitsForItsTurn(t *testing.T) {
	var k Known
	if !k.Begin(context.Background()) || time.Until(k.next) > pace || !k.Begin(context.Background()) {
		t.Errorf("two sessions do not begin: %+v", k)
	}
	k.next = time.Now().Add(time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if k.Begin(ctx) {
		t.Error("it began before its turn")
	}
}

// A server of DTLS 1.3 asks for a share of a key (RFC 9147, section 5.1) and is not kept waiting for one, nor told goodbye: it keeps nothing.
func TestAServerOfDTLS13(t *testing.T) {
	s, heard := answering(t, func(in []byte) [][]byte {
		if in[0] != 22 {
			return nil
		}
		return [][]byte{message(2, 0, slices.Concat([]byte{0xFE, 0xFD}, make([]byte, 32), []byte{0, 0x13, 0x01, 0, 0, 6, 0, 43, 0, 2, 0xFE, 0xFC})...)}
	})
	v, err := s.Say(context.Background(), flight.Hello{Version: flight.DTLS13, Suites: []flight.Suite{0x1301}})
	if err != nil || v.Hello == nil || v.Hello.Version != flight.DTLS13 {
		t.Fatalf("%v, %+v", err, v)
	}
	if all := heard(); len(all) != 1 || s.Slowest == 0 {
		t.Errorf("%d datagrams, slowest %s", len(all), s.Slowest)
	}
}
