// Package network is the cellular side of the virtual modem: the SIM card, the search for a network and what is told of it. It
// knows no commands and no clock: the package nrf91 asks it for texts and tells it when LTE and the card get power, and whoever
// drives that says when a slow network has answered. It follows nrf91.md, sections 3.7 and 4.1.
package network

import (
	"fmt"
	"time"

	"example.org/sectag/device/sim/fault"
)

// The states of registration that the modem gets into (nrf91.md, 4.1).
const (
	Idle        = 0
	Home        = 1
	Searching   = 2
	Denied      = 3
	Roaming     = 5
	CardFailure = 90
)

// The network that is there; numbers of examples (nrf91.md, 3.7 and 4.1).
const (
	operator = "26201"
	cell     = `,"002F","0012BEEF",7`
)

// Radio is LTE and the SIM card of one unit. The zero value is off. Its methods must not be called at the same time.
type Radio struct {
	lte, card bool
	settled   bool // the network has answered
	began     int  // counts the searches, so that a late answer finds its own

	reports  int  // +CEREG subscription
	cardNews bool // %XSIM subscription
}

// Reset is power: subscriptions are lost; a unit that comes up with LTE on has found its network.
func (r *Radio) Reset(lte bool) {
	*r = Radio{lte: lte, card: lte, settled: true, began: r.began + 1}
}

// Wait is a search that takes time.
type Wait struct {
	For   time.Duration // how long; 0: it is over
	Began int           // which search; for Answer
}

// Power switches LTE and the card. It returns the unsolicited lines that this leads to, and how long the network takes to answer.
func (r *Radio) Power(lte, card bool, faults fault.Set) (lines string, w Wait) {
	hadLTE, hadCard := r.lte, r.card
	r.lte, r.card = lte, card
	if r.cardNews && card != hadCard && !faults.Has("no-sim") {
		lines = fmt.Sprintf("%%XSIM: %d\r\n", bit(card))
	}
	if lte == hadLTE {
		return lines, Wait{}
	}
	r.began++
	slow, isSlow := faults.Get("slow-attach")
	r.settled = !isSlow || !lte
	if r.reports > 0 && !lte {
		return lines + "+CEREG: 0\r\n", Wait{}
	}
	if r.reports > 0 && !faults.Has("no-sim") {
		lines += "+CEREG: 2\r\n"
	}
	if !r.settled {
		return lines, Wait{For: time.Duration(slow.N) * time.Second, Began: r.began}
	}
	return lines + r.news(faults), Wait{}
}

// news is the line that ends a search.
func (r *Radio) news(faults fault.Set) string {
	stat := r.Stat(faults)
	if r.reports == 0 || stat == Searching {
		return ""
	}
	return fmt.Sprintf("+CEREG: %d%s\r\n", stat, r.cell(faults))
}

// Answer is the network's, to a search that waited. An answer to an earlier search is nothing.
func (r *Radio) Answer(began int, faults fault.Set) (lines string) {
	if began != r.began || r.settled {
		return ""
	}
	r.settled = true
	return r.news(faults)
}

// Stat is the state of registration.
func (r *Radio) Stat(faults fault.Set) int {
	switch {
	case !r.lte:
		return Idle
	case faults.Has("no-sim"):
		return CardFailure
	case !r.settled || faults.Has("no-network"):
		return Searching
	case faults.Has("denied"):
		return Denied
	case faults.Has("roaming"):
		return Roaming
	}
	return Home
}

// Registered tells whether data can flow.
func (r *Radio) Registered(faults fault.Set) bool {
	stat := r.Stat(faults)
	return stat == Home || stat == Roaming
}

// cell is where the unit is registered, as a subscription of 2 or more reports it.
func (r *Radio) cell(faults fault.Set) string {
	if r.reports < 2 || !r.Registered(faults) {
		return ""
	}
	return cell
}

// Subscribe is +CEREG=<n>.
func (r *Radio) Subscribe(n int) { r.reports = n }

// Registration answers +CEREG?; unlike the unsolicited line it begins with the subscription.
func (r *Radio) Registration(faults fault.Set) string {
	return fmt.Sprintf("+CEREG: %d,%d%s", r.reports, r.Stat(faults), r.cell(faults))
}

// SubscribeCard is %XSIM=<n>.
func (r *Radio) SubscribeCard(on bool) { r.cardNews = on }

// Card answers %XSIM?: initialised or not, and why not if no card is in.
func (r *Radio) Card(faults fault.Set) string {
	if r.card && faults.Has("no-sim") {
		return "%XSIM: 0,1"
	}
	return fmt.Sprintf("%%XSIM: %d", bit(r.card))
}

// HasCard tells whether the card has power and is in.
func (r *Radio) HasCard(faults fault.Set) bool { return r.card && !faults.Has("no-sim") }

// Powered tells whether the card has power.
func (r *Radio) Powered() bool { return r.card }

// Operator answers +COPS?, numeric, LTE-M.
func (r *Radio) Operator(faults fault.Set) string {
	if !r.Registered(faults) {
		return "+COPS: 0"
	}
	return fmt.Sprintf("+COPS: 0,2,%q,7", operator)
}

// Contexts answers +CGDCONT?: the one context that there is, with an address while the unit is registered.
func (r *Radio) Contexts(faults fault.Set) string {
	address := ""
	if r.Registered(faults) {
		address = "10.160.1.82"
	}
	return fmt.Sprintf("+CGDCONT: 0,\"IP\",\"iot.sim\",%q,0,0", address)
}

// Monitor answers %XMONITOR.
func (r *Radio) Monitor(faults fault.Set) string {
	stat := r.Stat(faults)
	if !r.Registered(faults) {
		return fmt.Sprintf("%%XMONITOR: %d", stat)
	}
	return fmt.Sprintf("%%XMONITOR: %d,\"sim\",\"sim\",%q,\"002F\",7,20,\"0012BEEF\",7,6300,62,39,\"\",\"11100000\",\"11100000\"", stat, operator)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
