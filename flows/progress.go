package flows

import "time"

// Progress is what moves on the screen while an effect is in flight: bytes on the wire, flights of a handshake, what is
// waited for. It is a side channel: not journaled, never stepped, and the loss of any of it changes nothing.
type Progress struct {
	ID          ID
	Sent, Total int       // bytes of a write; Total 0 when there is nothing to count
	Flight      string    // the last flight of a handshake that was seen, such as "server hello"
	Waiting     string    // what is waited for; screens say it from 2 s on
	Until       time.Time // and until when
	BytesOut    int64     // on the line, since the port was opened
	BytesIn     int64
	Line        time.Duration // first byte sent to last byte received
}

// TraceLine is one line of the AT transcript, masked before it came here.
type TraceLine struct {
	At   time.Time
	Out  bool // sent to the modem
	Text string

	Note    string // what a refusal means and what to do; "" for a line that says it itself
	Unasked bool   // no command asked for it
}
