package modemdial

import (
	"bytes"
	"slices"
	"testing"

	"example.org/sectag/endpoint/flight"
)

func TestNothingIsOfferedThatTheModemLacks(t *testing.T) {
	for _, id := range pskSuites() {
		if s := flight.Suite(id); !flight.InModem(s) || !s.PSK() {
			t.Errorf("%s is offered with a pre-shared key", s)
		}
	}
	for _, id := range streamSuites() {
		if s := flight.Suite(id); !flight.InModem(s) || s.PSK() {
			t.Errorf("%s is offered over TCP", s)
		}
	}
}

func TestWhichRecordsCarryAConnectionID(t *testing.T) {
	record := func(kind, epoch byte, size int) []byte {
		head := []byte{kind, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 0, byte(size >> 8), byte(size)}
		return append(head, bytes.Repeat([]byte{25}, size)...)
	}
	key, change, finished := record(22, 0, 300), record(20, 0, 1), record(25, 1, 48)
	for name, c := range map[string]struct {
		datagram []byte
		want     bool
	}{
		"nothing":                    {nil, false},
		"a plain Finished":           {slices.Concat(key, change, record(22, 1, 40)), false},
		"a Finished behind others":   {slices.Concat(key, change, finished), true},
		"data":                       {finished, true},
		"an alert in clear":          {record(25, 0, 11), false}, // the library's, RFC 9146 section 3 forbids it
		"a record that is cut":       {key[:200], false},
		"a later epoch":              {[]byte{25, 0xfe, 0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, true},
		"a header that is cut":       {finished[:12], false},
		"what looks like one inside": {record(23, 1, 40), false},
	} {
		if got := carries(c.datagram); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
