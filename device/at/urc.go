package at

import (
	"regexp"
	"strings"
)

// urcLine is an unsolicited line of the modem or the host, whole. They are named strictly, because a line that is not
// known may be a damaged part of an answer (AT manuals, "unsolicited"; Serial Modem docs for '#').
var urcLine = regexp.MustCompile(`^(?:` + urcBody + `)$`)

// urcInside finds an unsolicited line that landed inside another: AT Host writes from two threads without a lock.
var urcInside = regexp.MustCompile(`^(.+?)(` + urcBody + `)$`)

const urcBody = `\+CEREG: [0-5]?\d(?:,[^%+#]*)?` +
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

// inside finds an unsolicited line inside another, quickly where there cannot be one.
func inside(line string) []string {
	if len(line) < 2 || !strings.ContainsAny(line[1:], "+%#R") {
		return nil
	}
	return urcInside.FindStringSubmatch(line)
}
