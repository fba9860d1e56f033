package keyuri

import (
	"bytes"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// token is a PKCS#11 URI (RFC 7512) that names a private key.
type token struct {
	module  string            // path of the library
	pinFile string            // whose first line is the PIN; empty: somebody is asked
	match   map[string]string // what the token's own description must say: token, manufacturer, serial, model, as in RFC 7512
	slot    *uint             // slot-id
	label   *string           // object: CKA_LABEL
	id      []byte            // id: CKA_ID; nil: any
}

// uri is one taken apart by the grammar of RFC 7512, section 2.3, whatever it names.
type uri struct {
	path, query map[string]string // percent signs resolved
}

// parseURI takes a URI apart: path attributes with semicolons between them, then query attributes with ampersands. Each may stand once.
func parseURI(s string) (u uri, why string) {
	rest, ok := strings.CutPrefix(s, tokenScheme)
	if !ok {
		return u, "it does not begin with pkcs11:"
	}
	path, query, _ := strings.Cut(rest, "?")
	if u.path, why = attributes(path, ";"); why != "" {
		return u, why
	}
	u.query, why = attributes(query, "&")
	return u, why
}

func attributes(s, between string) (map[string]string, string) {
	out := map[string]string{}
	if s == "" {
		return out, ""
	}
	for _, a := range strings.Split(s, between) {
		name, value, ok := strings.Cut(a, "=")
		if !ok || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return nil, "a part of it is no attribute of the form name=value"
		}
		plain, err := url.PathUnescape(value)
		if err != nil || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, "the value of " + name + " is not written as a URI is: letters, digits, %20 for a space"
		}
		if _, twice := out[name]; twice {
			return nil, name + " stands in it twice"
		}
		out[name] = plain
	}
	return out, ""
}

// descriptions are the attributes that are compared with what a token says of itself.
var descriptions = []string{"token", "manufacturer", "serial", "model"}

func toldPIN() error {
	return cred.Failed("usage.secret-argument", "the PIN stands in the key's URI, where every reader of the profile and every user of this computer can see it",
		"leave pin-value out and type the PIN when asked, or write pin-source=file:/path/of/a/file with mode 0600; a PIN that was written so should be changed")
}

// parseToken reads a URI that names a private key. What it does not know it refuses: a condition that is passed over silently finds the
// wrong key. Faults: config.value, usage.secret-argument.
func parseToken(s string) (token, error) {
	u, why := parseURI(s)
	if why != "" {
		return token{}, tokenFault(why)
	}
	if _, secret := u.query["pin-value"]; secret {
		return token{}, toldPIN()
	}
	t := token{match: map[string]string{}}
	for _, name := range descriptions {
		if v, ok := u.path[name]; ok {
			t.match[name] = v
		}
	}
	for name, v := range u.path {
		if why := t.take(name, v); why != "" {
			return token{}, tokenFault(why)
		}
	}
	for name, v := range u.query {
		if why := t.ask(name, v); why != "" {
			return token{}, tokenFault(why)
		}
	}
	switch {
	case t.module == "":
		return token{}, tokenFault("it does not say which PKCS#11 library to use (module-path)")
	case t.label == nil && t.id == nil:
		return token{}, tokenFault("it names no key: object or id is missing")
	case len(t.match) == 0 && t.slot == nil:
		return token{}, tokenFault("it names no token: token, serial or slot-id is missing")
	}
	return t, nil
}

// take is a path attribute.
func (t *token) take(name, value string) (why string) {
	switch name {
	case "token", "manufacturer", "serial", "model":
	case "object":
		t.label = &value
	case "id":
		if value == "" {
			return "its id is empty"
		}
		t.id = []byte(value)
	case "type":
		if value != "private" {
			return "it names something else than a private key: its type must be private"
		}
	case "slot-id":
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return "its slot-id is no number"
		}
		slot := uint(n)
		t.slot = &slot
	default:
		return name + " is not looked at, so it must not stand there"
	}
	return ""
}

// ask is a query attribute.
func (t *token) ask(name, value string) (why string) {
	switch name {
	case "module-path":
		t.module = value
	case "pin-source":
		file, _ := strings.CutPrefix(value, "file:")
		if strings.HasPrefix(file, "///") { // file:///etc/pin
			file = file[2:]
		}
		if file == "" || strings.HasPrefix(file, "|") {
			return "its pin-source is no file"
		}
		t.pinFile = file
	default:
		return name + " is not looked at, so it must not stand there"
	}
	return ""
}

func tokenFault(why string) error {
	return cred.Failed("config.value", "the key's PKCS#11 URI cannot be used: "+why,
		"write pkcs11:token=LABEL;object=KEY?module-path=/usr/lib/module.so (RFC 7512); docs/authority.md has examples")
}

// pin reads the file of the PIN. Fault: ca.passphrase.
func (t token) pin() ([]byte, error) {
	const hint = "its first line is the PIN; pin-source in the key's URI names it"
	text, err := atomicfile.Read(t.pinFile, 4<<10)
	if err != nil {
		return nil, cred.Because(err, "ca.passphrase", "the file "+t.pinFile+" with the token's PIN cannot be read", hint)
	}
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	clear(rest)
	if len(bytes.TrimRight(line, "\r")) == 0 {
		return nil, cred.Failed("ca.passphrase", "the first line of "+t.pinFile+" is empty", hint)
	}
	return line, nil
}

// String names the key for people.
func (t token) String() string {
	switch {
	case t.label != nil:
		return fmt.Sprintf("%q", *t.label)
	case t.id != nil:
		return fmt.Sprintf("with the id %x", t.id)
	}
	return "of the token"
}

// tokenUnder sees the module and the PIN's file from a folder.
func tokenUnder(dir, s string) string {
	path, query, ok := strings.Cut(s, "?")
	if !ok {
		return s
	}
	parts := strings.Split(query, "&")
	for i, p := range parts {
		name, value, _ := strings.Cut(p, "=")
		plain, err := url.PathUnescape(value)
		scheme := ""
		if name == "pin-source" && strings.HasPrefix(plain, "file:") {
			scheme, plain = "file:", strings.TrimPrefix(plain, "file:")
		}
		if err != nil || name != "module-path" && name != "pin-source" || filepath.IsAbs(plain) || strings.HasPrefix(plain, "//") || plain == "" {
			continue
		}
		at, err := filepath.Abs(filepath.Join(dir, plain))
		if err != nil {
			continue
		}
		parts[i] = name + "=" + scheme + escaped(at)
	}
	return path + "?" + strings.Join(parts, "&")
}

// escaped writes a path as a query attribute's value.
func escaped(path string) string {
	return strings.ReplaceAll((&url.URL{Path: path}).EscapedPath(), "&", "%26")
}
