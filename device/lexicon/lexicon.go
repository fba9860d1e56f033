// Package lexicon says in a few words what the commands and the lines of a modem mean: for a developer who types commands and reads
// what comes back. It is pure: text in, text out. Sources: the AT manuals of nRF9160 and nRF91x1.
package lexicon

import (
	"regexp"
	"strconv"
	"strings"

	"example.org/sectag/device/at/urc"
	"example.org/sectag/device/cme"
)

// Entry is a command as it is typed, and what it does.
type Entry struct{ Text, Note string }

// Commands are those that matter at a bench, in the order of the alphabet. None of them carries content.
func Commands() []Entry {
	return []Entry{
		{"AT", "is the modem there?"},
		{"AT%ATTESTTOKEN", "the modem's signed statement about itself"},
		{"AT%CMNG=1", "list every slot with its digest"},
		{"AT%CMNG=1,42", "list the slots of sec_tag 42"},
		{"AT%CMNG=2,42,0", "read the root CA of sec_tag 42; keys cannot be read"},
		{"AT%CMNG=3,42,0", "delete the root CA of sec_tag 42; asks for the IMEI's digits"},
		{"AT%DEVICEUUID", "the device's UUID (nRF91x1)"},
		{"AT%HWVERSION", "hardware and its revision"},
		{"AT%KEYGEN=42,2,0", "make a private key in sec_tag 42 and ask for its certificate; asks for the digits"},
		{"AT%XICCID", "the SIM card's number"},
		{"AT%XMODEMUUID", "UUID of the modem's firmware build"},
		{"AT%XMONITOR", "registration, cell and band as the modem sees them"},
		{"AT%XPMNG=2", "public key of authenticated AT; asks for the digits"},
		{"AT%XSIM?", "is the SIM card ready?"},
		{"AT%XSYSTEMMODE?", "LTE-M, NB-IoT, GNSS: which are on"},
		{"AT%XVBAT", "supply voltage in mV"},
		{"AT+CCLK?", "the modem's clock"},
		{"AT+CEREG?", "registration in the network"},
		{"AT+CESQ", "signal quality"},
		{"AT+CFUN?", "functional mode"},
		{"AT+CFUN=1", "switch the modem on; asks for the digits"},
		{"AT+CFUN=4", "flight mode; asks for the digits"},
		{"AT+CGDCONT?", "packet data contexts"},
		{"AT+CGMI", "manufacturer"},
		{"AT+CGMM", "model"},
		{"AT+CGMR", "modem firmware"},
		{"AT+CGSN=1", "IMEI"},
		{"AT+CLAC", "all commands that the modem knows"},
		{"AT+CMEE?", "are errors given as numbers?"},
		{"AT+COPS?", "operator"},
		{"AT+CPIN?", "SIM card's PIN state"},
	}
}

var refusal = regexp.MustCompile(`^\+(CM[ES]) ERROR: ?(\d{1,5})$`)

// Gloss is what a line from the modem means, where that is not plain: a refusal's number with its cause and what to do. unasked tells of a
// line that no command asked for.
func Gloss(line string) (note string, unasked bool) {
	line = strings.TrimSpace(line)
	if m := refusal.FindStringSubmatch(line); m != nil {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return "", false
		}
		code, text, hint := cme.Meaning(n, m[1] == "CME")
		return text + " (" + code + "); " + hint, false
	}
	return "", urc.Is(line)
}
