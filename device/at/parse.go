package at

import (
	"regexp"
	"strings"

	"example.org/sectag/device/at/mask"
)

// commandName is the name of an extended command and what is asked of it.
var commandName = regexp.MustCompile(`^AT([+%#][A-Z0-9_]+)(.*)$`)

// Parse makes a Command of what a person typed: its answers are the lines that begin with its name, and every other that is
// not known to be unsolicited. The limit is the usual one for such a command.
func Parse(text string) Command {
	cmd := Command{Text: text, Limit: QueryLimit, Answers: Answers{Bare: func(string) bool { return true }}}
	f := commandName.FindStringSubmatch(mask.Normal(text))
	if f == nil {
		return cmd
	}
	cmd.Answers.Prefix = f[1] + ":"
	switch f[1] {
	case "+CFUN", "%KEYGEN", "%KEYINJECT", "%ATTESTTOKEN", "+COPS", "#XCONNECT":
		cmd.Limit = SlowLimit
	case "%CMNG":
		if strings.HasPrefix(f[2], "=2") {
			kind := strings.Split(f[2], ",")
			cmd.Quoted = true
			cmd.Secret = len(kind) != 3 || (kind[2] != "0" && kind[2] != "1" && kind[2] != "4")
		}
	}
	return cmd
}
