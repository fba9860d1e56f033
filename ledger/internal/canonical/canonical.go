// Package canonical reads JSON that has one spelling only, the one in which encoding/json writes a struct: each field in its place, nothing
// between, each value and each string in its shortest form. It reads in one pass, by readers that were put together once from the tags of
// the structs, and says yes or no: whoever wants to know what is wrong reads again in another way. A few right spellings that hardly ever
// occur, such as escapes by number, are not known here and are a no too.
package canonical

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.org/sectag/cred"
)

// Form reads values of one type.
type Form struct{ read reader }

// Rules say what the tags of a type mean beside those of JSON.
type Rules struct {
	Grammar func(t reflect.Type, f reflect.StructField) string // the name of a text's grammar
	Follows func(grammar string) func(text string) bool        // a test of it
	Since   func(f reflect.StructField) int                    // the version that brought a field; 0: it was always there
}

// FormOf makes the form of a type. To a type with something in it that is not known here, such as a map, Read always says no.
func FormOf(t reflect.Type, rules Rules) Form { return Form{rules.reader(t, "")} }

// Read reads the whole text into v, which can be set and is the zero value, as a version has it. Strings become parts of the text; a list
// that may be absent, and is, is empty. What v holds after a no means nothing.
func (f Form) Read(text string, version int, v reflect.Value) bool {
	s := scan{left: text, version: version}
	return f.read(&s, v) && s.left == ""
}

// scan is what is left of a record on its way.
type scan struct {
	left    string
	version int
}

// reader reads one value into v; it is false where the next one is none that Encode would write there.
type reader func(s *scan, v reflect.Value) bool

// place is a field of an object.
type place struct {
	index int
	key   string // with its quotes and the colon
	since int
	omit  bool          // absent where it is empty
	none  reflect.Value // the empty list, of a list
	read  reader
}

// reader makes the reader of a type whose texts have a grammar.
func (r Rules) reader(t reflect.Type, is string) reader {
	switch t {
	case reflect.TypeFor[cred.Digest]():
		return readDigest
	case reflect.TypeFor[cred.IMEI]():
		return readIMEI
	}
	switch t.Kind() {
	case reflect.Struct:
		return r.object(t)
	case reflect.Slice:
		return listOf(r.reader(t.Elem(), is))
	case reflect.Pointer:
		read := r.reader(t.Elem(), is)
		return func(s *scan, v reflect.Value) bool {
			v.Set(reflect.New(t.Elem()))
			return read(s, v.Elem())
		}
	case reflect.String:
		return textOf(r.Follows(is))
	case reflect.Bool:
		return readBool
	case reflect.Int, reflect.Int64:
		return readInt
	case reflect.Uint8, reflect.Uint32:
		return readUint
	}
	return func(*scan, reflect.Value) bool { return false }
}

func (r Rules) object(t reflect.Type) reader {
	var places []place
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		p := place{index: i, key: strconv.Quote(name) + ":", omit: option != "", since: r.Since(f), read: r.reader(f.Type, r.Grammar(t, f))}
		if f.Type.Kind() == reflect.Slice {
			p.none = reflect.MakeSlice(f.Type, 0, 0)
		}
		places = append(places, p)
	}
	return func(s *scan, v reflect.Value) bool { return s.object(v, places) }
}

func (s *scan) object(v reflect.Value, places []place) bool {
	if !s.eat('{') {
		return false
	}
	first := true
	for i := range places {
		p := &places[i]
		f := v.Field(p.index)
		list := p.none.IsValid()
		if !s.field(p.key, first) {
			if !p.omit {
				return false
			}
			if list {
				f.Set(p.none)
			}
			continue
		}
		first = false
		if p.since > s.version || !p.read(s, f) || p.omit && (f.IsZero() || list && f.Len() == 0) {
			return false
		}
	}
	return s.eat('}')
}

// field takes the name of a field, if it is the next.
func (s *scan) field(key string, first bool) bool {
	at := s.left
	if !first {
		if at == "" || at[0] != ',' {
			return false
		}
		at = at[1:]
	}
	if !strings.HasPrefix(at, key) {
		return false
	}
	s.left = at[len(key):]
	return true
}

func (s *scan) eat(c byte) bool {
	if s.left == "" || s.left[0] != c {
		return false
	}
	s.left = s.left[1:]
	return true
}

func listOf(read reader) reader {
	return func(s *scan, v reflect.Value) bool {
		if !s.eat('[') {
			return false
		}
		if s.eat(']') {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
			return true
		}
		for n := 0; ; n++ {
			v.Grow(1)
			v.SetLen(n + 1)
			if !read(s, v.Index(n)) {
				return false
			}
			if !s.eat(',') {
				return s.eat(']')
			}
		}
	}
}

func readBool(s *scan, v reflect.Value) bool {
	if left, ok := strings.CutPrefix(s.left, "true"); ok {
		s.left = left
		v.SetBool(true)
		return true
	}
	left, ok := strings.CutPrefix(s.left, "false")
	s.left = left
	return ok
}

// number takes a decimal number of up to eighteen digits in its shortest form.
func (s *scan) number() (n int64, ok bool) {
	at := 0
	for at < len(s.left) && at < 19 && s.left[at] >= '0' && s.left[at] <= '9' {
		n = n*10 + int64(s.left[at]-'0')
		at++
	}
	if at == 0 || at > 18 || s.left[0] == '0' && at > 1 {
		return 0, false
	}
	s.left = s.left[at:]
	return n, true
}

func readInt(s *scan, v reflect.Value) bool {
	minus := s.eat('-')
	n, ok := s.number()
	if minus {
		ok = ok && n != 0
		n = -n
	}
	ok = ok && !v.OverflowInt(n)
	v.SetInt(n)
	return ok
}

func readUint(s *scan, v reflect.Value) bool {
	n, ok := s.number()
	ok = ok && !v.OverflowUint(uint64(n))
	v.SetUint(uint64(n))
	return ok
}

func readIMEI(s *scan, v reflect.Value) bool {
	text, ok := s.text()
	imei, err := cred.ParseIMEI(text)
	v.SetUint(uint64(imei))
	return ok && err == nil
}

func readDigest(s *scan, v reflect.Value) bool {
	text, ok := s.text()
	if !ok || text == "" {
		return ok
	}
	d, err := cred.ParseDigest(text)
	if err != nil || shouts(text) || d.IsZero() {
		return false
	}
	*v.Addr().Interface().(*cred.Digest) = d
	return true
}

// shouts tells whether hex characters hold one of upper case. There are many digests in a record: they are not copied for it.
func shouts(hex string) bool {
	for i := range len(hex) {
		if 'A' <= hex[i] && hex[i] <= 'F' {
			return true
		}
	}
	return false
}

func textOf(follows func(string) bool) reader {
	return func(s *scan, v reflect.Value) bool {
		text, ok := s.text()
		if !ok || !follows(text) {
			return false
		}
		v.SetString(text)
		return true
	}
}

// text takes a string as encoding/json writes it. Escapes by number are not known.
func (s *scan) text() (string, bool) {
	if !s.eat('"') {
		return "", false
	}
	wide := false
	for i := range len(s.left) {
		switch c := s.left[i]; {
		case c == '"':
			text := s.left[:i]
			s.left = s.left[i+1:]
			return text, !wide || spelt(text)
		case c == '\\':
			return s.escaped(i)
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			wide = true
		}
	}
	return "", false
}

// spelt tells whether a string of UTF-8 is written as it is.
func spelt(s string) bool {
	return utf8.ValidString(s) && !strings.Contains(s, "\u2028") && !strings.Contains(s, "\u2029")
}

// escaped takes a string that has an escape at a place of it, such as the line ends of a certificate.
func (s *scan) escaped(at int) (string, bool) {
	end := at
	for end < len(s.left) && s.left[end] != '"' {
		if s.left[end] < ' ' {
			return "", false
		}
		if s.left[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s.left) {
		return "", false
	}
	from := s.left[:end]
	s.left = s.left[end+1:]
	out := make([]byte, 0, len(from))
	for {
		i := strings.IndexByte(from, '\\')
		if i < 0 {
			break
		}
		c := strings.IndexByte(`nrt"\`, from[i+1])
		if c < 0 {
			return "", false
		}
		out = append(append(out, from[:i]...), "\n\r\t\"\\"[c])
		from = from[i+2:]
	}
	text := string(append(out, from...))
	return text, spelt(text)
}
