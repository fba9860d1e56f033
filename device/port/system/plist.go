package system

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// plistLimit is how deep a property list may nest: a registry is a tree of some twenty levels.
const plistLimit = 200

var errPlist = errors.New("this is no property list")

// plist reads an XML property list into map[string]any, []any, string, int64 and bool; data, dates and reals are kept as text.
// ioreg copies what devices call themselves into it, so characters that XML does not have are made question marks first.
func plist(text []byte) (any, error) {
	text = bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0xFFFE || r == 0xFFFF || r == '\uFFFD' {
			return '?'
		}
		return r
	}, text)
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errPlist, err)
		}
		if s, ok := t.(xml.StartElement); ok && s.Name.Local != "plist" {
			return value(d, s, 0)
		}
	}
}

func value(d *xml.Decoder, s xml.StartElement, depth int) (any, error) {
	if depth > plistLimit {
		return nil, fmt.Errorf("%w: it nests too deep", errPlist)
	}
	switch s.Name.Local {
	case "dict":
		return dict(d, depth)
	case "array":
		out := []any{}
		for {
			next, err := start(d)
			if err != nil || next == nil {
				return out, err
			}
			v, err := value(d, *next, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	var text string
	if err := d.DecodeElement(&text, &s); err != nil {
		return nil, fmt.Errorf("%w: %w", errPlist, err)
	}
	switch s.Name.Local {
	case "integer":
		n, err := strconv.ParseInt(strings.TrimSpace(text), 0, 64)
		if err != nil { // an address of 64 bits with the highest set: none of our numbers
			return text, nil
		}
		return n, nil
	case "true", "false":
		return s.Name.Local == "true", nil
	}
	return text, nil
}

func dict(d *xml.Decoder, depth int) (any, error) {
	out := map[string]any{}
	for {
		k, err := start(d)
		if err != nil || k == nil {
			return out, err
		}
		var key string
		if k.Name.Local != "key" {
			return nil, fmt.Errorf("%w: a dictionary without a key", errPlist)
		}
		if err := d.DecodeElement(&key, k); err != nil {
			return nil, fmt.Errorf("%w: %w", errPlist, err)
		}
		v, err := start(d)
		if err != nil || v == nil {
			return nil, fmt.Errorf("%w: %s has no value", errPlist, strconv.Quote(key))
		}
		if out[key], err = value(d, *v, depth+1); err != nil {
			return nil, err
		}
	}
}

// start is the next element inside the one that is open, nil at its end.
func start(d *xml.Decoder) (*xml.StartElement, error) {
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errPlist, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			return &t, nil
		case xml.EndElement:
			return nil, nil
		}
	}
}
