// Package mask knows which AT commands carry credentials, signatures or passwords, writes them as a transcript may have them, and
// says which can change the credential store. It is pure: text in, text out. Sources: the AT manuals, %CMNG, %KEYINJECT, %XSUDO,
// %XPMNG, +CPIN, +CPWD, +CLCK; the Serial Modem's documentation for '#'.
package mask

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"example.org/sectag/cred"
)

// Masked stands where something was that is not shown.
const Masked = "<masked>"

// The commands that carry credentials, signatures or passwords. What is named here is masked by default; what may be shown
// is picked out afterwards.
var (
	storeNames  = []string{"%CMNG", "#XCMNG"}
	secretNames = []string{"%KEYINJECT", "%XSUDO", "%XPMNG", "+CPIN=", "+CPWD", "+CLCK", "+CGAUTH", "#XMQTTCON", "#XSUDO"}
)

// readATKey asks for the public key of authenticated AT: alone among its kin it carries nothing.
const readATKey = "AT%XPMNG=2"

// Command writes a command as a transcript may show it: of a credential write the tag, the type and the number of bytes are
// left, of injected keys, signatures and passwords nothing.
func Command(command string) string {
	bare := Normal(command)
	if bare == readATKey {
		return bare
	}
	for _, n := range secretNames {
		if i := strings.Index(bare, n); i >= 0 {
			return Printable(bare[:i] + strings.TrimSuffix(n, "=") + "=" + Masked)
		}
	}
	for _, n := range storeNames {
		if i := strings.Index(bare, n); i >= 0 {
			return Printable(bare[:i] + n + maskStore(bare[i+len(n):]))
		}
	}
	if i := strings.Index(command, "-----BEGIN"); i >= 0 {
		return Printable(command[:i]) + Masked
	}
	if head, _, joined := joined(bare); joined {
		return Printable(head) + Masked
	}
	return Printable(command)
}

// joined parts a command at its first double quote when behind that one of the names stands in another spelling, as after a semicolon: what
// is in quotes keeps its bytes, so that nobody can tell how much of it is the other command's.
func joined(bare string) (head, tail string, found bool) {
	head, tail, found = strings.Cut(bare, `"`)
	if !found {
		return "", "", false
	}
	loose := strings.ToUpper(strings.Join(strings.Fields(tail), ""))
	return head, tail, slices.ContainsFunc(slices.Concat(secretNames, storeNames), func(n string) bool { return strings.Contains(loose, n) })
}

// maskStore keeps op, tag and type of "=0,42,2,..." and the length of what follows.
func maskStore(params string) string {
	f := strings.SplitN(params, ",", 4)
	for i := range f {
		if i < 3 && strings.Trim(f[i], "=0123456789") != "" {
			return "=" + Masked
		}
	}
	if len(f) < 4 {
		return params
	}
	return strings.Join(f[:3], ",") + `,"` + sizeOf(f[3]) + `"`
}

func sizeOf(param string) string {
	return fmt.Sprintf("<%d bytes>", len(strings.Trim(strings.SplitN(param, `",`, 2)[0], `"`)))
}

// Secret is what Command hides of a command, without what need not be hidden: root and client certificates, PSK identities.
func Secret(command string) string {
	bare := Normal(command)
	for _, n := range secretNames {
		if i := strings.Index(bare, n); i >= 0 {
			return bare[i+len(n):]
		}
	}
	for _, n := range storeNames {
		if i := strings.Index(bare, n); i >= 0 {
			f := strings.SplitN(bare[i+len(n):], ",", 4)
			if len(f) == 4 && f[2] != "0" && f[2] != "1" && f[2] != "4" {
				return strings.Trim(f[3], `"`)
			}
		}
	}
	if _, tail, joined := joined(bare); joined {
		return tail
	}
	return ""
}

// Normal writes the part of a command before its first double quote without blanks and in upper case, so that no spelling
// that a modem might take hides what the command is; the quoted part keeps its bytes.
func Normal(command string) string {
	head, tail, quoted := strings.Cut(command, `"`)
	head = strings.ToUpper(strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, head))
	if quoted {
		return head + `"` + tail
	}
	return head
}

// CarriesSecret tells whether a command holds credential content, an injected key, a signature or a password, so that it
// must not stand in an argument list.
func CarriesSecret(command string) bool {
	m := Command(command)
	return strings.Contains(m, Masked) || strings.Contains(m, ` bytes>"`)
}

// ChangesStore tells whether a command can change the credential store: %CMNG with any operation but list and read,
// %KEYGEN, %KEYINJECT, %XPMNG. tags are those that it names, as far as they can be read.
func ChangesStore(command string) (changes bool, tags []cred.SecTag) {
	bare := strings.ToUpper(Normal(strings.ReplaceAll(command, `"`, "")))
	for _, n := range []string{"%CMNG", "#XCMNG", "%KEYGEN", "%KEYINJECT", "%XPMNG"} {
		for rest := bare; ; {
			i := strings.Index(rest, n)
			if i < 0 {
				break
			}
			rest = rest[i+len(n):]
			f := strings.Split(strings.TrimPrefix(rest, "="), ",")
			if strings.HasSuffix(n, "CMNG") && (f[0] == "1" || f[0] == "2") {
				continue
			}
			changes = true
			at := 1
			if n == "%KEYGEN" {
				at = 0
			}
			if len(f) > at {
				if v, err := strconv.ParseUint(f[at], 10, 32); err == nil {
					tags = append(tags, cred.SecTag(v))
				}
			}
		}
	}
	return changes, tags
}

// Weight is what a command of a person's own carries and what it can change.
type Weight struct {
	Secret bool // credential content, an injected key, a signature or a password: it must not stand where others can read it
	Store  bool // it can change the credential store: the unit must be named first
	Mode   bool // it can change the functional mode, or starts the unit anew
}

// modeNames are the commands that take the modem to another functional mode or start it, or its host, anew (AT manuals, +CFUN and
// %XFACTORYRESET; the Serial Modem's documentation for '#').
var modeNames = []string{"+CFUN=", "%XFACTORYRESET", "#XRESET", "#XMODEMRESET", "#XSHUTDOWN", "#XSLEEP"}

// Weigh says what a command carries and what it can change, in whatever spelling the modem might take.
func Weigh(command string) Weight {
	w := Weight{Secret: CarriesSecret(command)}
	w.Store, _ = ChangesStore(command)
	bare := strings.ToUpper(Normal(strings.ReplaceAll(command, `"`, "")))
	for _, n := range modeNames {
		for i, rest := range strings.Split(bare, n) {
			w.Mode = w.Mode || i > 0 && !strings.HasPrefix(strings.TrimPrefix(rest, "="), "?") // a test command only asks which there are
		}
	}
	return w
}

// Printable makes foreign text safe for a screen, a file and a clipboard: no control characters, so nothing that moves a cursor; none that
// ends a line for some programs only, and none that turns the direction of what follows, so that a transcript reads as it was sent.
func Printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' || (r >= 0x80 && r < 0xa0) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return '·'
		}
		return r
	}, line)
}
