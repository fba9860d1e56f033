package keygen

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// maxText bounds an answer: an AT host has a buffer of 4096 bytes for it. Real ones have about 570 characters, tokens 180.
const maxText = 4096

// parts takes an answer apart. cose is nil when there is no second part.
func parts(name, line string) (body, cose []byte, err error) {
	if len(line) > maxText {
		return nil, nil, garbled(fmt.Sprintf("it has %d characters", len(line)), nil)
	}
	text := strings.TrimRight(line, "\r\n")
	if rest, ok := strings.CutPrefix(text, name+":"); ok {
		text = strings.TrimPrefix(rest, " ")
		if !strings.HasPrefix(text, `"`) {
			return nil, nil, garbled("its quotes are missing", nil)
		}
	}
	if strings.HasPrefix(text, `"`) {
		if len(text) < 2 || !strings.HasSuffix(text, `"`) {
			return nil, nil, garbled("its closing quote is missing", nil)
		}
		text = text[1 : len(text)-1]
	}
	first, second, two := strings.Cut(text, ".")
	if body, err = decode(first); err != nil {
		return nil, nil, err
	}
	if !two {
		return body, nil, nil
	}
	cose, err = decode(second)
	return body, cose, err
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// decode reads base64url without padding, one spelling only. The library would pass over line ends, so the characters are looked
// at first.
func decode(s string) ([]byte, error) {
	if s == "" {
		return nil, garbled("a part of it is empty", nil)
	}
	if strings.Trim(s, alphabet) != "" {
		return nil, garbled("it is not base64url", nil)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, garbled("it is not base64url", err)
	}
	return b, nil
}

// uuidText writes 16 bytes as 8-4-4-4-12 hex characters, lower case.
func uuidText(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
