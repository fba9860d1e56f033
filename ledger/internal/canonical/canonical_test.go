package canonical

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.org/sectag/cred"
)

type inner struct {
	Name string   `json:"name" is:"short"`
	List []string `json:"list"`
	Flag *bool    `json:"flag,omitempty"`
}

type outer struct {
	Text   string      `json:"text"`
	Number int         `json:"number"`
	Small  uint8       `json:"small,omitzero"`
	Later  int64       `json:"later,omitzero" since:"2"`
	Digest cred.Digest `json:"digest"`
	IMEI   cred.IMEI   `json:"imei,omitzero"`
	In     inner       `json:"in"`
	Ptr    *inner      `json:"ptr,omitempty"`
	Some   []inner     `json:"some,omitempty"`
	Not    error       `json:"-"`
}

var rules = Rules{
	Grammar: func(_ reflect.Type, f reflect.StructField) string { return f.Tag.Get("is") },
	Follows: func(is string) func(string) bool {
		return func(s string) bool { return is != "short" || len(s) < 5 }
	},
	Since: func(f reflect.StructField) int {
		n, err := strconv.Atoi(f.Tag.Get("since"))
		if err != nil {
			return 0
		}
		return n
	},
}

var form = FormOf(reflect.TypeFor[outer](), rules)

func written(t interface{ Fatal(...any) }, v outer) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func read(text string, version int) (outer, bool) {
	var v outer
	return v, form.Read(text, version, reflect.ValueOf(&v).Elem())
}

var values = rapid.Custom(func(t *rapid.T) outer {
	in := rapid.Custom(func(t *rapid.T) inner {
		v := inner{Name: rapid.StringN(0, 5, 5).Draw(t, "name"), List: rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "list")}
		if rapid.Bool().Draw(t, "flagged") {
			flag := rapid.Bool().Draw(t, "flag")
			v.Flag = &flag
		}
		return v
	})
	v := outer{
		Text: rapid.String().Draw(t, "text"), Number: rapid.Int().Draw(t, "number"), Small: rapid.Uint8().Draw(t, "small"),
		Later: rapid.Int64Range(0, 3).Draw(t, "later"), In: in.Draw(t, "in"), Some: rapid.SliceOfN(in, 0, 2).Draw(t, "some"),
		IMEI: cred.IMEI(rapid.Uint64Range(0, 999_999_999_999_999).Draw(t, "imei")),
	}
	if rapid.Bool().Draw(t, "pointed") {
		p := in.Draw(t, "ptr")
		v.Ptr = &p
	}
	if rapid.Bool().Draw(t, "hashed") {
		v.Digest = cred.Sum([]byte(v.Text))
	}
	return v
})

// What is read is what encoding/json reads, and encoding/json writes it as it stands there. One change to it makes most texts wrong.
func TestReadIsTheInverseOfWriting(t *testing.T) {
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		text := written(t, values.Draw(t, "value"))
		if rapid.Bool().Draw(t, "changed") {
			at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
			text = text[:at] + rapid.SampledFrom([]string{"", "0", "-", "\"", "\\", ",", " ", "é", "\u2028", "\xff", text[at:], "[]", "null"}).Draw(t, "with") + text[at+1:]
		}
		got, ok := read(text, 2)
		if !ok {
			return
		}
		plain++
		var want outer
		if err := json.Unmarshal([]byte(text), &want); err != nil || written(t, want) != text {
			t.Fatalf("%q is read, and would be written %q, %v", text, written(t, want), err)
		}
		if written(t, got) != text {
			t.Fatalf("%q is read otherwise: %+v", text, got)
		}
	})
	if plain == 0 {
		t.Error("nothing was read")
	}
}

func TestRead(t *testing.T) {
	zero := strings.Repeat("0", 64)
	const least = `{"text":"","number":0,"digest":"","in":{"name":"","list":[]}}`
	for text, want := range map[string]bool{
		least: true,
		`{"text":"a\nb","number":-7,"digest":"","imei":"000000000000001","in":{"name":"é","list":["\"","\\"],"flag":false},"some":[{"name":"","list":[]}]}`: true,
		strings.Replace(least, `"digest":""`, `"digest":"`+zero+`"`, 1):                                                                                     false, // which is written as nothing
		strings.Replace(least, `0`, `-0`, 1):                          false,
		strings.Replace(least, `0`, `00`, 1):                          false,
		strings.Replace(least, `0`, `9223372036854775808`, 1):         false,
		strings.Replace(least, `"digest"`, `"small":256,"digest"`, 1): false,
		strings.Replace(least, `"digest"`, `"small":0,"digest"`, 1):   false, // absent where it is nothing
		strings.Replace(least, `"name":""`, `"name":"longer"`, 1):     false, // its grammar
		strings.Replace(least, `[]}}`, `[]},"some":[]}`, 1):           false,
		strings.Replace(least, `[]}}`, `[],"flag":null}}`, 1):         false,
		strings.Replace(least, `[]`, `["a",]`, 1):                     false,
		least + "\n": false,
		"":           false,
	} {
		if _, ok := read(text, 2); ok != want {
			t.Errorf("%s: %v", text, ok)
		}
	}
	later := strings.Replace(least, `"digest"`, `"later":1,"digest"`, 1)
	if _, ok := read(later, 2); !ok {
		t.Error("a field is not read in the version that brought it")
	}
	if _, ok := read(later, 1); ok {
		t.Error("a field is read before the version that brought it")
	}
	if v, ok := read(least, 1); !ok || v.Some == nil {
		t.Error("a list that is absent is not empty")
	}
	var m struct {
		M map[string]string `json:"m"`
	}
	if FormOf(reflect.TypeOf(m), rules).Read(`{"m":{}}`, 1, reflect.ValueOf(&m).Elem()) {
		t.Error("what is not known is read")
	}
}
