// Package urc knows the unsolicited lines of a modem and of the firmware in front of it, alone and inside another line.
package urc

import (
	"regexp"
	"strings"
)

// whole is an unsolicited line of the modem or the host, whole. They are named strictly, because a line that is not
// known may be a damaged part of an answer (AT manuals, "unsolicited"; Serial Modem docs for '#').
var whole = regexp.MustCompile(`^(?:` + body + `)$`)

// within finds an unsolicited line that landed inside another: AT Host writes from two threads without a lock.
var within = regexp.MustCompile(`^(.+?)(` + body + `)$`)

const body = `\+CEREG: [0-5]?\d(?:,[^%+#]*)?` +
	`|\+CSCON: \d(?:,\d+)*` +
	`|\+CGEV: [A-Z][^%+#"]*` +
	`|\+CNEC_E[MS]M: [\d,]+` +
	`|%CESQ: \d+(?:,\d+){1,3}` +
	`|%XTIME: [",\dA-Fa-f]*` +
	`|%MDMEV: [A-Z0-9 ]+` +
	`|%XSIM: [\d,]+` +
	`|%XVBATLOWLVL: [\d,]+|%XTEMPREQ?: [\d,]+|%XPOFWARN: [\d,]+` +
	`|%XMODEMSLEEP: [\d,]+|%XT3412: \d+` +
	`|%NCELLMEAS: [^"]*` +
	`|#X[A-Z]+: [^"]*` +
	`|Ready`

// Is tells whether a line is an unsolicited one, whole.
func Is(line string) bool { return whole.MatchString(line) }

// Inside finds an unsolicited line inside another, quickly where there cannot be one: nil, or the whole, what stands before and the
// line itself.
func Inside(line string) []string {
	if len(line) < 2 || !strings.ContainsAny(line[1:], "+%#R") {
		return nil
	}
	return within.FindStringSubmatch(line)
}
