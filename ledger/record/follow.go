package record

import (
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// followerOf makes a fast test of a grammar: whether a text is right and would be written as it is. Where that is not seen at once, the
// grammar itself is asked.
func followerOf(is string) func(string) bool {
	asked := func(s string) bool {
		as, err := grammar(is, s)
		return err == nil && as == s
	}
	seen := seenOf(is)
	return func(s string) bool { return is != "" && s == "" || seen(s) || asked(s) }
}

// seenOf is true of texts that surely follow a grammar.
func seenOf(is string) func(string) bool {
	switch is {
	case "id":
		return func(s string) bool { return len(s) <= 18 && every(s, isDigit) && (s[0] != '0' || s == "0") }
	case "serial":
		return func(s string) bool { return len(s) <= 40 && every(s, isHex) }
	case "hex":
		return func(s string) bool { return len(s) <= 64 && every(s, isHex) }
	case "uuid":
		return isUUID
	case "word":
		return func(s string) bool { return len(s) <= 64 && isAlnum(s[0]) && every(s, isWord) && bare(s) }
	case "unit":
		return isUnit
	case "own":
		return func(s string) bool { return len(s) <= maxOwn && every(s, isPrint) && bare(s) }
	case "name":
		return func(s string) bool { return len(s) <= maxName && every(s, isPrint) && bare(s) }
	case "text":
		return func(s string) bool { return len(s) <= maxText && every(s, isPrint) && bare(s) }
	case "time":
		return isStamp
	case "pem":
		return isCertificates
	}
	if strings.Contains(is, "|") {
		words := strings.Split(is, "|")
		return func(s string) bool { return slices.Contains(words, s) }
	}
	return func(string) bool { return false }
}

// bare tells whether Mask surely leaves a text as it is.
func bare(s string) bool {
	return !shortened(s) && strings.IndexByte(s, '%') < 0 && !strings.Contains(s, "-----")
}

func every(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || c >= 'a' && c <= 'f' }
func isAlnum(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isWord(c byte) bool  { return isAlnum(c) || c == '.' || c == '_' || c == '-' }
func isPrint(c byte) bool { return c >= ' ' && c <= '~' }

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (s[i] == '-') || !dash && !isHex(s[i]) {
			return false
		}
	}
	return true
}

func isUnit(s string) bool {
	if key, ok := strings.CutPrefix(s, "key:"); ok {
		return len(key) == 64 && every(key, isHex)
	}
	if uuid, ok := strings.CutPrefix(s, "uuid:"); ok {
		return isUUID(uuid)
	}
	imei, ok := strings.CutPrefix(s, "imei:")
	return ok && len(imei) == 15 && every(imei, isDigit)
}

// isStamp is true of a time as Stamp writes it.
func isStamp(s string) bool {
	if len(s) != len(stampForm) {
		return false
	}
	for i := range len(s) {
		if form := stampForm[i]; isDigit(form) != isDigit(s[i]) || !isDigit(form) && s[i] != form {
			return false
		}
	}
	two := func(at int) int { return int(s[at]-'0')*10 + int(s[at+1]-'0') }
	year, month, day := two(0)*100+two(2), time.Month(two(5)), two(8)
	return month >= 1 && month <= 12 && day >= 1 && day <= time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day() &&
		two(11) < 24 && two(14) < 60 && two(17) < 60
}

const certHead, certFoot, pemLine = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", 64

// isCertificates is true of PEM certificates in their minimal form: what stands between head and foot has one spelling.
func isCertificates(s string) bool {
	for s != "" {
		lines, ok := strings.CutPrefix(s, certHead)
		end := strings.Index(lines, certFoot)
		if !ok || end < 0 {
			return false
		}
		der, ok := unfolded(lines[:end])
		if !ok {
			return false
		}
		if _, err := x509.ParseCertificate(der); err != nil {
			return false
		}
		s = lines[end+len(certFoot):]
	}
	return true
}

// unfolded reads lines of base64, all full but the last.
func unfolded(lines string) ([]byte, bool) {
	text := make([]byte, 0, len(lines))
	for lines != "" {
		line, rest, ended := strings.Cut(lines, "\n")
		if !ended || line == "" || len(line) > pemLine || rest != "" && len(line) < pemLine || strings.IndexByte(line, '\r') >= 0 {
			return nil, false
		}
		text, lines = append(text, line...), rest
	}
	n, err := base64.StdEncoding.Strict().Decode(text, text)
	return text[:n], err == nil
}
