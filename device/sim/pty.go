package sim

import (
	"context"
	"errors"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim/wire"
)

// ServePTY puts the unit on a pseudo-terminal (Linux and macOS) and serves until ctx ends (nil) or a fault unplugs it
// (ErrUnplugged; calling again plugs it in). With a link, a symbolic link of that name leads to the port meanwhile. ready is
// told what to open. The host may open and close the port as often as it likes.
func ServePTY(ctx context.Context, m *Modem, link string, ready func(path string)) error {
	p, err := wire.OpenPTY(link)
	if errors.Is(err, errors.ErrUnsupported) {
		return cred.Because(err, "port.missing", "this system has no pseudo-terminals", "use a port such as sim:nrf9151")
	}
	if err != nil {
		return cred.Because(err, "port.missing", "the virtual modem has no port: "+err.Error(),
			"give --link a name that is free, in a folder that you may write to")
	}
	if m.cfg.Baud > 0 {
		if err := p.SetSpeed(m.cfg.Baud); err != nil {
			p.Close()
			return cred.Because(err, "port.missing", "the virtual modem's port has no speed: "+err.Error(), "leave --baud out")
		}
	}
	ready(p.Path())
	return m.Serve(ctx, p)
}
