package session

import (
	"testing"
)

// clear writes a record in clear.
func clearRecord(typ, seq byte, body ...byte) []byte {
	return append([]byte{typ, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, seq, byte(len(body) >> 8), byte(len(body))}, body...)
}

// said1 writes a message of a handshake without a body.
func said1(typ, seq byte) []byte { return []byte{typ, 0, 0, 0, 0, seq, 0, 0, 0, 0, 0, 0} }

func TestWhatIsSaidAgainIsCounted(t *testing.T) {
	var c counter
	up := func(typ byte, bodies ...[]byte) {
		var b []byte
		for _, one := range bodies {
			b = append(b, clearRecord(typ, 0, one...)...)
		}
		c.datagram(FromUnit, b, 0, AtHello, false)
	}
	down := func(typ byte, body []byte) { c.datagram(FromServer, clearRecord(typ, 0, body...), 0, AtHello, false) }
	up(typeHandshake, said1(1, 0))              // hello
	up(typeHandshake, said1(1, 0))              // again
	down(typeHandshake, said1(3, 0))            // cookie
	up(typeHandshake, said1(1, 1))              // hello with the cookie
	down(typeHandshake, said1(2, 1))            // server hello
	down(typeHandshake, said1(14, 2))           // the rest of the flight
	down(typeHandshake, said1(2, 1))            // again
	up(typeHandshake, said1(2, 1), said1(5, 2)) // the same numbers from the other side are new
	up(typeHandshake, said1(5, 2), said1(6, 3)) // partly new: not said again
	down(typeAlert, []byte{2, 40})
	c.done()
	up(typeHandshake, said1(1, 0)) // when it is over nothing counts as said again
	got, alerts := c.view()
	want := Tally{Flights: 5, Datagrams: TwoWays{Sent: 6, Received: 5}, Retransmissions: TwoWays{Sent: 1, Received: 1}}
	if got != want {
		t.Errorf("counted %+v, not %+v", got, want)
	}
	if len(alerts) != 1 || alerts[0] != (Alert{Number: 40, Name: "handshake_failure", Fatal: true, From: "server", When: "in answer to the hello"}) {
		t.Errorf("alerts %+v", alerts)
	}
}

func FuzzCounting(f *testing.F) {
	f.Add(clearRecord(typeHandshake, 0, said1(1, 0)...), 0)
	f.Add(clearRecord(typeAlert, 0, 2, 40), 0)
	f.Add(append([]byte{typeCID, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 9, 9, 0, 3}, 1, 2, 3), 2)
	f.Add([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 0)
	f.Fuzz(func(t *testing.T, b []byte, cid int) {
		cid &= 0xff
		length := 0
		for _, r := range split(b, cid) {
			length += len(r.raw)
		}
		if length > len(b) {
			t.Fatalf("%d bytes of records in %d", length, len(b))
		}
		var c counter
		for range maxAlerts + 2 {
			c.datagram(FromServer, b, cid, AtHello, true)
		}
		if _, alerts := c.view(); len(alerts) > maxAlerts {
			t.Fatalf("%d alerts", len(alerts))
		}
	})
}
