package nrf91

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.org/sectag/cred"
)

// softwareVersion is the SVN of the IMEISV, 3GPP TS 23.003; the value is the simulator's.
const softwareVersion = "01"

// statusCommands are the rows of nrf91.md, sections 1.2 and 1.3.
func statusCommands() []command {
	newer := firmware.newerChip
	return []command{
		{name: "+CGMI", run: fixed(func(*Modem) string { return "Nordic Semiconductor ASA" })},
		{name: "+CGMM", run: fixed(func(m *Modem) string { return m.fw.chip.cgmm })},
		{name: "+CGMR", run: revision},
		{name: "+CGSN", run: serialNumber},
		{name: "%HWVERSION", run: fixed(func(m *Modem) string { return "%HWVERSION: " + m.fw.chip.hardware })},
		{name: "%XMODEMUUID", run: fixed(func(m *Modem) string { return "%XMODEMUUID: " + buildUUID(m.fw.name) })},
		{name: "%DEVICEUUID", run: fixed(func(m *Modem) string { return "%DEVICEUUID: " + m.state.UUID }), has: newer},
		{name: "+CMEE", run: errorForm},
		{name: "+CFUN", run: functionalMode},
		{name: "+CLAC", run: capabilities},
	}
}

// fixed is a command with only one form and one line.
func fixed(line func(*Modem) string) func(*Modem, form, []param) reply {
	return func(m *Modem, f form, _ []param) reply {
		if f != execute {
			return failed()
		}
		return ok(line(m))
	}
}

func revision(m *Modem, f form, _ []param) reply {
	if f != execute || m.faults.Has("no-firmware") {
		return failed()
	}
	return ok(m.fw.name)
}

// buildUUID is the same for every unit with that firmware, as a build's is.
func buildUUID(firmware string) string {
	sum := cred.Sum([]byte(firmware))
	return uuid([16]byte(sum[:16]))
}

func serialNumber(m *Modem, f form, p []param) reply {
	switch {
	case f == test:
		return ok("+CGSN: (0-3)")
	case m.faults.Has("no-imei") || f == read || len(p) > 1:
		return failed()
	}
	imei, kind := m.state.IMEI.String(), "0"
	if f == set {
		kind = p[0].text
	}
	switch kind {
	case "0":
		return ok(imei)
	case "1":
		return ok(fmt.Sprintf("+CGSN: %q", imei))
	case "2":
		return ok(fmt.Sprintf("+CGSN: %q", imei[:14]+softwareVersion))
	case "3":
		return ok(fmt.Sprintf("+CGSN: %q", softwareVersion))
	}
	return failed()
}

// small reads the only parameter of a setting: a bare number from 0 to limit.
func small(p []param, limit int) (int, bool) {
	if len(p) != 1 || p[0].quoted || len(p[0].text) == 0 || p[0].text[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseUint(p[0].text, 10, 16)
	return int(n), err == nil && int(n) <= limit
}

func errorForm(m *Modem, f form, p []param) reply {
	switch f {
	case read:
		return ok(fmt.Sprintf("+CMEE: %d", number(m.cmee)))
	case set:
		if n, fits := small(p, 1); fits {
			m.cmee = n == 1
			return ok()
		}
	}
	return failed()
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// active tells whether LTE is on, which forbids to change credentials.
func (m *Modem) active() bool { return m.mode == 1 || m.mode == 2 || m.mode == 21 }

func functionalMode(m *Modem, f form, p []param) reply {
	switch f {
	case read:
		return ok(fmt.Sprintf("+CFUN: %d", m.mode))
	case test:
		return ok("+CFUN: (" + m.fw.modes() + ")")
	case set:
		n, fits := small(p, 46)
		if fits && slices.Contains(strings.Split(m.fw.modes(), ","), strconv.Itoa(n)) {
			return m.enter(n)
		}
	}
	return failed()
}

// enter changes the functional mode. 30 to 41 switch GNSS or the SIM and leave LTE as it is.
func (m *Modem) enter(mode int) reply {
	was := m.active()
	switch mode {
	case 45, 46: // they need two cellular profiles, and there are none
		return failed()
	case 30, 31, 40, 41:
		if was {
			return ok()
		}
	case 0, 4, 20, 44:
		if m.faults.Has("active") {
			return failed()
		}
	}
	m.mode = mode
	r := ok()
	r.after, r.search = m.radio.Power(m.active(), m.simOn(), m.faults)
	return r
}

// simOn tells whether the SIM card has power.
func (m *Modem) simOn() bool { return m.active() || m.mode == 41 || m.mode == 44 }

// capabilities lists what this unit with this firmware answers to.
func capabilities(m *Modem, f form, _ []param) reply {
	if f != execute {
		return failed()
	}
	var lines []string
	for name, c := range m.commands {
		if c.has == nil || c.has(m.fw) {
			lines = append(lines, "AT"+name)
		}
	}
	slices.Sort(lines)
	return ok(lines...)
}
