// Package air lets the virtual modem's sockets reach real servers: it joins the simulator, which knows no DTLS, with the room
// that makes it. Its tests are the whole way through such a modem.
package air

import (
	"context"

	"example.org/sectag/device/sim/socket"
	"example.org/sectag/endpoint/modemdial"
)

// Dialer makes the connections of virtual modems.
type Dialer struct{}

// Dial makes one; part of socket.Dialer.
func (Dialer) Dial(ctx context.Context, c socket.Conf) (socket.Session, error) {
	s, err := modemdial.Dial(ctx, modemdial.Conf(c))
	if err != nil {
		return nil, err
	}
	return s, nil
}
