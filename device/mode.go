package device

import (
	"context"
	"fmt"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
)

// active tells whether the modem refuses changes to its store in a functional mode (AT manual, %CMNG: full functionality,
// receive only, LTE on).
func active(mode int) bool { return mode == 1 || mode == 2 || mode == 21 }

// offline is the functional mode in which the store can be changed. Flight mode wears no flash, as power off does.
const offline = 4

// Offline takes an active modem off the network so that its store can be changed, and returns the functional mode that it
// had. A modem that is not active is left as it is. Restore and Close put the mode back.
func (m *Modem) Offline(ctx context.Context) (was int, err error) {
	if was, err = m.functionalMode(ctx); err != nil || !active(was) {
		return was, err
	}
	if err := m.setMode(ctx, offline); err != nil {
		return was, err
	}
	if m.mode == noMode {
		m.mode = was
	}
	return was, nil
}

// Online takes a modem onto the network for a connection of its own, and returns the functional mode that it had. A modem that is
// there is left as it is. Restore and Close put the mode back, also one that was asked for and not answered.
func (m *Modem) Online(ctx context.Context) (was int, err error) {
	if was, err = m.functionalMode(ctx); err != nil || was == 1 || was == 21 {
		return was, err
	}
	if m.mode == noMode {
		m.mode = was
	}
	return was, m.setMode(ctx, 1)
}

// Restore puts back the functional mode that Offline or Online found. Where they changed nothing, nothing is sent.
func (m *Modem) Restore(ctx context.Context) error {
	if m.mode == noMode {
		return nil
	}
	return m.SetMode(ctx, m.mode)
}

// SetMode sets the functional mode; Restore and Close have nothing to put back after it. It is for who knows better than this
// session which mode the unit is owed: that may have been taken away on an earlier opening of the port, or by another process. The
// modem is asked whether it has it: one digit that the line changed makes another mode, and the answer to that is OK too.
func (m *Modem) SetMode(ctx context.Context, mode int) error {
	for n := 0; ; n++ {
		if err := m.setMode(ctx, mode); err != nil {
			return err
		}
		now, err := m.modeOr(ctx, mode)
		switch {
		case err != nil:
			return err
		case now == mode:
			m.mode = noMode
			return nil
		case n > 0:
			return cred.Failed(lineGarbled, fmt.Sprintf("the modem was put into functional mode %d twice and is in %d", mode, now),
				fmt.Sprintf("set it by hand (sectag at AT+CFUN=%d) or switch the unit off and on; then use another cable or USB port", mode))
		}
	}
}

// setMode sets the functional mode. When no answer comes in time the modem is asked what its mode is, and that decides.
func (m *Modem) setMode(ctx context.Context, mode int) error {
	cmd := at.Command{Text: "AT+CFUN=" + strconv.Itoa(mode), Limit: at.SlowLimit}
	r, err := m.s.Do(ctx, cmd)
	if err == nil && doubtful(r) {
		r, err = m.s.Do(ctx, cmd)
	}
	if m.silent(ctx, err) {
		if e := m.resync(ctx); e != nil {
			return e
		}
		now, e := m.modeOr(ctx, mode)
		if e == nil && now == mode {
			return nil
		}
	}
	if err != nil {
		return m.place(err)
	}
	if !r.OK() {
		return modeRefused(mode, r)
	}
	return nil
}

func modeRefused(mode int, r at.Reply) error {
	f := refused(fmt.Sprintf("AT+CFUN=%d", mode), r)
	f.Hint = "stop the application that uses the modem, or switch the unit off and on, then start again"
	switch mode {
	case 1:
		f.Hint = "the modem may lack a SIM card: set it by hand with sectag at, or switch the unit off and on"
	case offline: // only asked of a modem that was found active
		f.Text = "the modem is active and does not leave the network: it answers AT+CFUN=4 with " + r.Result()
	}
	return f
}
