package at

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/sectag/cred"
)

// masked stands where something was that is not shown.
const masked = "<masked>"

// The commands that carry credentials, signatures or passwords. What is named here is masked by default; what may be shown
// is picked out afterwards.
var (
	storeNames  = []string{"%CMNG", "#XCMNG"}
	secretNames = []string{"%KEYINJECT", "%XSUDO", "%XPMNG", "+CPIN=", "+CPWD", "+CLCK", "+CGAUTH", "#XMQTTCON", "#XSUDO"}
)

// readATKey asks for the public key of authenticated AT: alone among its kin it carries nothing.
const readATKey = "AT%XPMNG=2"

// Mask writes a command as a transcript may show it: of a credential write the tag, the type and the number of bytes are
// left, of injected keys, signatures and passwords nothing.
func Mask(command string) string {
	bare := normal(command)
	if bare == readATKey {
		return bare
	}
	for _, n := range secretNames {
		if i := strings.Index(bare, n); i >= 0 {
			return printable(bare[:i] + strings.TrimSuffix(n, "=") + "=" + masked)
		}
	}
	for _, n := range storeNames {
		if i := strings.Index(bare, n); i >= 0 {
			return printable(bare[:i] + n + maskStore(bare[i+len(n):]))
		}
	}
	if i := strings.Index(command, "-----BEGIN"); i >= 0 {
		return printable(command[:i]) + masked
	}
	return printable(command)
}

// maskStore keeps op, tag and type of "=0,42,2,..." and the length of what follows.
func maskStore(params string) string {
	f := strings.SplitN(params, ",", 4)
	for i := range f {
		if i < 3 && strings.Trim(f[i], "=0123456789") != "" {
			return "=" + masked
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

// secretPart is what Mask hides of a command, without what need not be hidden: root and client certificates, PSK identities.
func secretPart(command string) string {
	bare := normal(command)
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
	return ""
}

// normal writes the part of a command before its first double quote without blanks and in upper case, so that no spelling
// that a modem might take hides what the command is; the quoted part keeps its bytes.
func normal(command string) string {
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
	m := Mask(command)
	return strings.Contains(m, masked) || strings.Contains(m, ` bytes>"`)
}

// ChangesStore tells whether a command can change the credential store: %CMNG with any operation but list and read,
// %KEYGEN, %KEYINJECT, %XPMNG. tags are those that it names, as far as they can be read.
func ChangesStore(command string) (changes bool, tags []cred.SecTag) {
	bare := strings.ToUpper(normal(strings.ReplaceAll(command, `"`, "")))
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
