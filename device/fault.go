package device

import (
	"context"
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/cme"
	"example.org/sectag/device/shelf"
)

// Codes of this room beyond those of the contract.
const (
	noIMEI      = "store.no-imei"
	lineGarbled = "line.garbled"
	lineCutOff  = "line.cut-off"
)

// The vendor's error numbers that decide something here (AT manual, %CMNG).
const (
	notFound = 513
)

// refused makes a fault of a final result that is not OK.
func refused(what string, r at.Reply) *cred.Fault {
	if r.Crashed {
		return at.Stopped(what)
	}
	if r.Final == at.Error {
		return cred.Failed("line.error", "the modem answers "+what+" with ERROR",
			"switch the unit off and on and try again; if it stays so compare firmware and functional mode (sectag inspect) with the AT manual: the command is unknown to it, or not taken in this state")
	}
	code, text, hint := cme.Meaning(r.CME, r.Final == at.CME)
	return cred.Failed(code, fmt.Sprintf("the modem answers %s with %s: %s", what, r.Result(), text), hint)
}

// storeFault makes a fault of a refused write or deletion, with what the modem can say about it.
func (m *Modem) storeFault(ctx context.Context, act string, s cred.Slot, r at.Reply) error {
	f := refused("the "+act+" of "+s.String(), r)
	switch {
	case f.Code == "cmng.515":
		if tags := m.otherTags(ctx, s.SecTag); tags != "" {
			f.Hint = "the store also holds " + tags + ": delete what the unit no longer needs (sectag slots delete --sec-tag N), then write again"
		}
	case f.Code == "cmng.518":
		if mode, err := m.functionalMode(ctx); err == nil {
			f.Text = fmt.Sprintf("%s (functional mode %d)", f.Text, mode)
		}
	case f.Code == "line.error":
		f.Hint = "the modem gives no number although it was told to: switch the unit off and on, then start again"
	}
	return f
}

// otherTags lists the user's tags beside the one in question, for a person who must make room.
func (m *Modem) otherTags(ctx context.Context, but cred.SecTag) string {
	if m.cut { // the question costs five seconds and has no answer
		return ""
	}
	items, err := m.List(ctx)
	if err != nil {
		return ""
	}
	return shelf.Others(items, but)
}

func reserved(t cred.SecTag) error {
	whose := "the modem's own"
	if t.Decrypt() {
		whose = "a developer tag whose TLS traffic can be decrypted"
	}
	return cred.Failed("store.reserved", fmt.Sprintf("sec_tag %d is %s", t, whose),
		fmt.Sprintf("choose a sec_tag from 0 to %d", cred.MaxSecTag))
}

func garbled(what string) error {
	return cred.Failed(lineGarbled, "the answer to "+what+" comes back damaged each time",
		"use another cable or USB port, and stop what else writes on this line (logs, a second program)")
}

func cutOff(what string, lines int) error {
	return cred.Failed(lineCutOff, fmt.Sprintf("the answer to %s is longer than the unit's host can pass on: it is cut off after %d lines", what, lines),
		"ask for one tag at a time: sectag slots list --sec-tag N; and delete what the unit no longer needs")
}
