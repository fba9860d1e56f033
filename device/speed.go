package device

import (
	"context"
	"strconv"

	"example.org/sectag/device/at"
	"example.org/sectag/device/at/pace"
	"example.org/sectag/device/host"
)

// speed is what was changed of the line's.
type speed struct {
	usual int  // that it is put back to; 0: nothing was changed
	tried bool // and it did not work, or has been put back
}

// worth is the size of a write from which on a faster line saves more than the commands for it cost.
const worth = 256

// fast raises the speed of the line for writes, where firmware and port can: AT+IPR of the Serial Modem (nrf91.md, section 3.1), on
// a line that says its speed. What does not work is left as it was; the write goes on all the same.
func (m *Modem) fast(ctx context.Context, size int) {
	_, ok := m.s.Host().(host.SerialModem)
	usual := m.s.Baud()
	if !ok || size < worth || m.speed.tried || usual == 0 || usual >= host.FastBaud || m.s.Pace() != pace.Usual {
		return
	}
	m.speed.tried = true
	if m.s.SetBaud(host.FastBaud, 0) != nil || m.s.SetBaud(usual, 0) != nil { // can the port at all?
		_ = m.s.SetBaud(usual, 0)
		return
	}
	r, err := m.s.Do(ctx, ipr(host.FastBaud))
	if err == nil && !r.OK() {
		return
	}
	m.speed.usual = usual
	if m.s.SetBaud(host.FastBaud, usual) != nil {
		return
	}
	if err == nil {
		_, err = m.s.Do(ctx, at.Command{Text: "AT", Limit: at.ProbeLimit})
	}
	if m.silent(ctx, err) {
		_ = m.resync(ctx)
	}
}

// slow puts the usual speed back. A unit that was switched off and on has it already.
func (m *Modem) slow(ctx context.Context) error {
	usual := m.speed.usual
	if usual == 0 {
		return nil
	}
	if m.s.Baud() != usual {
		if err := m.order(ctx, ipr(usual)); err != nil && m.s.Baud() != usual {
			return err
		}
	}
	m.speed.usual = 0
	return m.s.SetBaud(usual, 0)
}

func ipr(baud int) at.Command { return at.Command{Text: "AT+IPR=" + strconv.Itoa(baud)} }
