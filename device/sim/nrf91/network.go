package nrf91

import "strconv"

// cmeNoCard is +CPIN? without a SIM (nrf91.md, 1.7).
const cmeNoCard = 10

// networkCommands are the rows of nrf91.md, section 4.1, and the card's of section 1.2.
func networkCommands() []command {
	return []command{
		{name: "+CEREG", run: registration},
		{name: "+CPIN", run: simCode},
		{name: "%XICCID", run: simCard},
		{name: "%XSIM", run: simState},
		{name: "+COPS", run: operator},
		{name: "+CGDCONT", run: contexts},
		{name: "%XMONITOR", run: monitor},
	}
}

func registration(m *Modem, f form, p []param) reply {
	switch f {
	case read:
		return ok(m.radio.Registration(m.faults))
	case set:
		if n, fits := small(p, 5); fits {
			m.radio.Subscribe(n)
			return ok()
		}
	}
	return failed()
}

// simCode is ERROR while the card has no power and 10 when there is none.
func simCode(m *Modem, f form, _ []param) reply {
	if f != read || !m.radio.Powered() {
		return failed()
	}
	if !m.radio.HasCard(m.faults) {
		return cme(cmeNoCard)
	}
	return ok("+CPIN: READY")
}

func simCard(m *Modem, f form, _ []param) reply {
	if f != execute || !m.radio.HasCard(m.faults) {
		return failed()
	}
	return ok("%XICCID: 8901234567012345678F")
}

func simState(m *Modem, f form, p []param) reply {
	switch f {
	case read:
		return ok(m.radio.Card(m.faults))
	case set:
		if n, fits := small(p, 1); fits {
			m.radio.SubscribeCard(n == 1)
			return ok()
		}
	}
	return failed()
}

// operator takes any choice of network: there is one. A scan would take minutes, and there is nothing to find.
func operator(m *Modem, f form, p []param) reply {
	switch {
	case f == read:
		return ok(m.radio.Operator(m.faults))
	case f == set && !p[0].quoted:
		if n, err := strconv.Atoi(p[0].text); err == nil && n >= 0 && n <= 3 {
			return ok()
		}
	}
	return failed()
}

func contexts(m *Modem, f form, _ []param) reply {
	if f != read {
		return failed()
	}
	return ok(m.radio.Contexts(m.faults))
}

func monitor(m *Modem, f form, _ []param) reply {
	if f != execute {
		return failed()
	}
	return ok(m.radio.Monitor(m.faults))
}

// Answered is the network's answer to a search that waited, as Answer.Search has it. It returns the unsolicited lines.
func (m *Modem) Answered(began int) (lines string) { return m.radio.Answer(began, m.faults) }

// Online tells whether LTE is on.
func (m *Modem) Online() bool { return m.active() }

// Abilities are what the sockets of the host depend on in the modem behind it (nrf91.md, 1.8).
type Abilities struct {
	Registered   bool // data can flow
	CipherUsed   bool // the option that tells the cipher suite
	ConnectionID bool // DTLS Connection ID
	Fragments    bool // the option for smaller fragments
}

// Abilities are those of now.
func (m *Modem) Abilities() Abilities {
	return Abilities{
		Registered: m.radio.Registered(m.faults), CipherUsed: m.fw.newerChip(), ConnectionID: m.fw.since(1, 3, 5), Fragments: m.fw.newerChip(),
	}
}
