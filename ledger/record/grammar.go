package record

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.org/sectag/cred"
)

// stampForm has whole seconds and UTC only, so that times sort as text in every database.
const stampForm = "2006-01-02T15:04:05Z"

// Stamp writes a time as records have it: RFC 3339, UTC, whole seconds.
func Stamp(t time.Time) string { return string(AppendStamp(nil, t)) }

// AppendStamp writes a Stamp behind b.
func AppendStamp(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, time.RFC3339) }

// ParseStamp reads what Stamp wrote and nothing else.
func ParseStamp(s string) (time.Time, error) {
	t, err := time.Parse(stampForm, s)
	if err != nil || Stamp(t) != s { // Parse takes fractions that its layout does not name
		return time.Time{}, fmt.Errorf("%q is no time of a record, which looks like %s", s, stampForm)
	}
	return t, nil
}

const (
	maxText = 1000 // characters of a free text
	maxName = 300  // characters of a name, such as a subject
	maxOwn  = 128  // characters of a name that we gave: a common name has 64, a PSK identity 128
)

var (
	idForm     = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)
	serialForm = regexp.MustCompile(`^[0-9a-f]{1,40}$`) // RFC 5280, 4.1.2.2: at most 20 octets
	hexForm    = regexp.MustCompile(`^[0-9a-f]{1,64}$`)
	uuidForm   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	wordForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	unitForm   = regexp.MustCompile(`^(key:[0-9a-f]{64}|uuid:[0-9a-f-]{36}|imei:[0-9]{15})(#[0-9]+)?$`)
	hexRun     = regexp.MustCompile(`[0-9A-Fa-f]{24,}`)
	keyHead    = regexp.MustCompile(`BEGIN [A-Z0-9 ]*PRIVATE KEY-----`)
	keyWrite   = regexp.MustCompile(`%CMNG=0,[^,"]*,[^,"]*,\\*"?((?:<|\\U003C)[0-9]+ BYTES(?:>|\\U003E))?`) // JSON may escape both brackets
	base64Run  = regexp.MustCompile(`[A-Za-z0-9+/]{22,}={0,2}`)
)

// grammar checks a string against its tag and returns it as it is to be written: free texts are masked and cut, the others
// must be right as they are. An empty string is the absent value and always right.
func grammar(is, s string) (string, error) {
	if s == "" && is != "" {
		return s, nil
	}
	form := formOf(is)
	switch {
	case form != nil:
		if !form.MatchString(s) || is == "word" && Mask(s) != s {
			return "", fmt.Errorf("%q is no %s", clip(Mask(s), 80), is)
		}
		return s, nil
	case is == "text":
		return clip(Mask(printable(s)), maxText), nil
	case is == "name":
		return clip(Mask(printable(s)), maxName), nil
	case is == "own":
		if s != printable(s) || len(s) > maxOwn || Mask(s) != s {
			return "", fmt.Errorf("%q is no name for a unit", clip(Mask(printable(s)), 80))
		}
		return s, nil
	case is == "time":
		_, err := ParseStamp(s)
		return s, err
	case is == "pem":
		return s, certificatesOnly(s)
	case strings.Contains(is, "|"):
		if !slices.Contains(strings.Split(is, "|"), s) {
			return "", fmt.Errorf("%q is none of %s", clip(Mask(s), 80), is)
		}
		return s, nil
	}
	return "", fmt.Errorf("the grammar %q is not known", is)
}

func formOf(is string) *regexp.Regexp {
	switch is {
	case "id":
		return idForm
	case "serial":
		return serialForm
	case "hex":
		return hexForm
	case "uuid":
		return uuidForm
	case "word":
		return wordForm
	case "unit":
		return unitForm
	}
	return nil
}

// Mask shortens what could be a key in a text for people: long runs of hex, and of base64 with letters of both cases and
// digits, keep eight characters in front and four at the end, as digests on a screen do. A text that holds a PEM private key
// or an AT command that carries one is withheld whole.
func Mask(s string) string {
	if KeyMaterial(s) {
		return "(withheld: it held key material)"
	}
	if !shortened(s) {
		return s
	}
	short := func(run string) string { return run[:8] + "…" + run[len(run)-4:] }
	s = hexRun.ReplaceAllStringFunc(s, short)
	return base64Run.ReplaceAllStringFunc(s, func(run string) string {
		if mixed(run) {
			return short(run)
		}
		return run
	})
}

// shortened tells whether a text has a run that Mask shortens. Nearly none has, and its patterns take a hundred times as long to say so.
func shortened(s string) bool {
	hex, from := 0, 0 // how long the run of hex is, and where the one of base64 begins, up to here
	for i := 0; i <= len(s); i++ {
		switch {
		case i < len(s) && (isAlnum(s[i]) || s[i] == '+' || s[i] == '/'):
			if hex++; !isHex(s[i]) && (s[i] < 'A' || s[i] > 'F') {
				hex = 0
			}
			if hex >= 24 {
				return true
			}
		default:
			if i-from >= 22 && mixed(s[from:i]) {
				return true
			}
			hex, from = 0, i+1
		}
	}
	return false
}

// mixed tells whether a run of letters can be random: both cases and a digit, or a case that changes more often than in the names that
// programs have. One in forty PSKs of sixteen bytes has no digit in base64.
func mixed(run string) bool {
	upper, lower, digit, changes := false, false, false, 0
	var before rune
	for _, r := range run {
		upper, lower, digit = upper || unicode.IsUpper(r), lower || unicode.IsLower(r), digit || unicode.IsDigit(r)
		if unicode.IsUpper(r) && unicode.IsLower(before) || unicode.IsLower(r) && unicode.IsUpper(before) {
			changes++
		}
		before = r
	}
	return upper && lower && (digit || changes > 5)
}

// KeyMaterial tells whether a text holds the head of a PEM private key, or an AT command with its credential in it. That a text
// speaks of a private key, or shows a command as it is masked for people, is no key.
func KeyMaterial(s string) bool {
	if !strings.Contains(s, "-----") && !strings.Contains(s, "%") { // as both have
		return false
	}
	up := strings.ToUpper(s)
	if keyHead.MatchString(up) || strings.Contains(up, "%KEYINJECT=") {
		return true
	}
	for _, m := range keyWrite.FindAllStringSubmatch(up, -1) {
		if m[1] == "" {
			return true
		}
	}
	return false
}

// printable puts a text on one line: control characters and broken UTF-8 become one space.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// certificatesOnly accepts PEM certificates in their minimal form: no headers, no text between, no other block.
func certificatesOnly(s string) error {
	var again []byte
	rest := []byte(s)
	for len(rest) > 0 {
		var b *pem.Block
		b, rest = pem.Decode(rest)
		if b == nil || b.Type != "CERTIFICATE" {
			return fmt.Errorf("the certificate field holds something that is no PEM certificate")
		}
		if _, err := x509.ParseCertificate(b.Bytes); err != nil {
			return fmt.Errorf("the certificate field cannot be read: %w", err)
		}
		again = append(again, cred.CertPEM(b.Bytes)...)
	}
	if !bytes.Equal(again, []byte(s)) {
		return fmt.Errorf("the certificate field holds more than certificates")
	}
	return nil
}
