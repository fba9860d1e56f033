package modemdial

import (
	"bytes"
	"slices"
	"testing"

	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/suite"
)

func TestTheModemsSuitesAreOfferedAndNoOther(t *testing.T) {
	sorted := func(keys bool, but ...flight.Suite) (out []flight.Suite) {
		for _, s := range flight.Modem() {
			if s.PSK() == keys && !slices.Contains(but, s) {
				out = append(out, s)
			}
		}
		slices.Sort(out)
		return out
	}
	for name, c := range map[string]struct{ got, want []flight.Suite }{
		"certificates":           {as(Conf{}.offer()), sorted(false)},
		"a pre-shared key":       {as(Conf{PSK: []byte{1}}.offer()), sorted(true)},
		"certificates, over TCP": {as(suite.Stream()), sorted(false, 0xC024)}, // crypto/tls lacks it
	} {
		if slices.Sort(c.got); !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, not %v", name, c.got, c.want)
		}
	}
}

func as[T ~uint16](ids []T) (out []flight.Suite) {
	for _, id := range ids {
		out = append(out, flight.Suite(id))
	}
	return out
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
