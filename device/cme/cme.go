// Package cme knows what the numbers of a modem's refusals mean (+CME ERROR, +CMS ERROR) and what to do about each.
package cme

import "fmt"

// Meaning is a number's stable code ("cmng.518" for the vendor's range of a CME, else "cme.10"), what it says, and what to do next.
func Meaning(n int, isCME bool) (code, text, hint string) {
	code, known := fmt.Sprintf("cme.%d", n), plainErrors()
	if isCME && n > 512 && n < 530 {
		code, known = fmt.Sprintf("cmng.%d", n), vendorErrors()
	}
	m, ok := known[n]
	if !ok {
		m = meaning{"the manuals do not say what that means", "switch the unit off and on and try again; if it stays so ask the modem's vendor about this number"}
	}
	return code, m.text, m.hint
}

// meaning is what a number says and what to do next.
type meaning struct{ text, hint string }

// vendorErrors are the numbers of %CMNG, %KEYGEN and their kin (AT manuals; sdk-nrf modem_key_mgmt.c).
func vendorErrors() map[int]meaning {
	return map[int]meaning{
		513: {"there is nothing in the slot", "list the tag first: sectag slots list"},
		514: {"the modem does not allow it", "private keys and PSKs cannot be read, prove them by the digest in the list; some tags are the modem's own: choose another"},
		515: {"the modem's store is full", "delete a tag that the unit no longer needs, then write again"},
		518: {"the modem is active", "take it off the network first: sectag at AT+CFUN=4; if that does not last, stop the application that switches it on"},
		519: {"the slot is taken", "delete it first: sectag slots delete, or let sectag provision plan the change"},
		520: {"the modem could not authenticate the command", "have the holder of the AT key that is installed on this unit sign the command (%XSUDO), or take another unit"},
		523: {"the modem could not make a key", "switch the unit off and on and try again; if it stays so let the computer make the key"},
		527: {"the modem finds the content invalid", "check the file with openssl: it must be one PEM certificate or key, and not larger than 4 kB"},
		528: {"the power-off warning is active", "check the supply or charge the battery, whose voltage is too low, then start again"},
		529: {"the claim token could not be made", "name the tag that holds an ownership key"},
	}
}

// plainErrors are numbers of 3GPP TS 27.007 that modems give on a bench.
func plainErrors() map[int]meaning {
	return map[int]meaning{
		0:  {"the modem does not know the command or a parameter", "look up its firmware (sectag inspect) and update one that is too old for the command"},
		3:  {"the operation is not allowed", "switch the unit off and on and try again; sectag inspect shows the state of the modem"},
		4:  {"the operation is not supported", "look up its firmware (sectag inspect) and update one that is too old for the command"},
		10: {"there is no SIM card", "put one in, or leave the modem in flight mode"},
		13: {"the SIM card does not work, or there is none", "put a working one in, or leave the modem in flight mode"},
		14: {"the SIM card is busy", "wait a moment and try again"},
		23: {"the modem has no memory for it", "write a smaller credential: one certificate instead of a bundle, EC instead of RSA"},
		50: {"a parameter is wrong", "compare the command with the AT manual of this firmware"},
		51: {"the command is disabled in this firmware", "put a released modem firmware on the unit"},
		60: {"the modem reports a system failure", "switch the unit off and on, then start again"},
	}
}
