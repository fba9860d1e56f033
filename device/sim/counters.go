package sim

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Counters are what the modem saw since New, on all lines together.
type Counters struct {
	BytesIn  int64         // received from the host, lost ones included: they were on the line
	BytesOut int64         // sent to the host
	Echoed   int64         // of BytesOut: went beside what came in, and so took no time
	Lost     int64         // of BytesIn: arrived while a command was at work, or dropped by a fault
	Commands int64         // whole commands that the modem was given
	Flash    int64         // credentials written, deleted or made
	Wire     time.Duration // what all bytes but the echoed took at the speeds that the line had; 0 without pacing
}

// Least is the time that such a line and a flash of that speed take for this at the least, whatever speeds the line had.
func (c Counters) Least(flash time.Duration) time.Duration {
	return c.Wire + time.Duration(c.Flash)*flash
}

// Floor is the time that a line of one speed and a flash take for this at the least: no driver can be faster.
func (c Counters) Floor(baud int, flash time.Duration) time.Duration {
	t := time.Duration(c.Flash) * flash
	if baud > 0 {
		t += time.Duration(c.BytesIn+c.BytesOut-c.Echoed) * byteTime(baud)
	}
	return t
}

// Sub is what happened since an earlier reading.
func (c Counters) Sub(earlier Counters) Counters {
	return Counters{
		BytesIn: c.BytesIn - earlier.BytesIn, BytesOut: c.BytesOut - earlier.BytesOut, Echoed: c.Echoed - earlier.Echoed,
		Lost: c.Lost - earlier.Lost, Commands: c.Commands - earlier.Commands, Flash: c.Flash - earlier.Flash, Wire: c.Wire - earlier.Wire,
	}
}

// String writes the counters for a log line.
func (c Counters) String() string {
	return fmt.Sprintf("%d bytes in (%d lost), %d out, %d commands, %d flash operations",
		c.BytesIn, c.Lost, c.BytesOut, c.Commands, c.Flash)
}

type counters struct{ in, out, echoed, lost, commands, flash, wire atomic.Int64 }

// Counters reads the counters.
func (m *Modem) Counters() Counters {
	c := &m.counters
	return Counters{
		BytesIn: c.in.Load(), BytesOut: c.out.Load(), Echoed: c.echoed.Load(), Lost: c.lost.Load(),
		Commands: c.commands.Load(), Flash: c.flash.Load(), Wire: time.Duration(c.wire.Load()),
	}
}

// byteTime is how long ten bits take: a start bit, eight of data and a stop bit.
func byteTime(baud int) time.Duration { return 10 * time.Second / time.Duration(baud) }
