package coap

import (
	"errors"
	"strings"
)

// errLink is what no link format is.
var errLink = errors.New("the list is not in link format")

// maxLinks bounds a list: a unit has tens of objects.
const maxLinks = 1024

// Links reads the targets of a list in link format, such as </1/0>,</3/0>;ver=1.1 (RFC 6690, section 2). What is said of a target behind
// its semicolons is passed over, text in quotes as a whole. An empty list has none.
func Links(list []byte) (targets []string, err error) {
	for rest := string(list); rest != ""; {
		var target string
		var ok bool
		if rest, ok = strings.CutPrefix(rest, "<"); !ok {
			return nil, errLink
		}
		if target, rest, ok = strings.Cut(rest, ">"); !ok || strings.ContainsAny(target, "<\" ") || len(targets) == maxLinks {
			return nil, errLink
		}
		targets = append(targets, target)
		if rest, err = behind(rest); err != nil {
			return nil, err
		}
	}
	return targets, nil
}

// behind passes over the attributes of a link, up to the comma before the next.
func behind(rest string) (next string, err error) {
	quoted, escaped := false, false
	for i := range len(rest) {
		switch c := rest[i]; {
		case i == 0 && c != ';' && c != ',':
			return "", errLink
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			if i+1 == len(rest) {
				return "", errLink
			}
			return rest[i+1:], nil
		}
	}
	if quoted {
		return "", errLink
	}
	return "", nil
}
