package coap

import (
	"slices"
	"strings"
	"testing"
)

// The lists are those of RFC 6690, section 5, and of OMA LwM2M Transport 1.1, section 6.4.3.
func TestLinks(t *testing.T) {
	for list, want := range map[string]string{
		"":              "",
		"</1/0>,</3/0>": "/1/0 /3/0",
		"</>;rt=\"oma.lwm2m\";ct=112,</1/0>,</1/1>,</2/0>":                                                    "/ /1/0 /1/1 /2/0",
		"</sensors>;ct=40;title=\"Sensor, \\\"Index\\\"\",</sensors/temp>;rt=\"temperature-c\";if=\"sensor\"": "/sensors /sensors/temp",
		"<http://www.example.com/sensors/t123>;anchor=\"/sensors/temp\";rel=\"describedby\"":                  "http://www.example.com/sensors/t123",
		"1/0": "!", "</1/0": "!", "</1/0>,": "!", "</1/0>x": "!", "</1/0>;a=\"": "!", ",": "!", "<<>": "!", "</1/0>,,</3/0>": "!",
		strings.Repeat("</1>,", maxLinks) + "</1>": "!",
	} {
		got, err := Links([]byte(list))
		if failed := want == "!"; (err != nil) != failed || !failed && strings.Join(got, " ") != want {
			t.Errorf("%.60q: %q, %v", list, got, err)
		}
	}
}

// What is read is in the text, in its order, and reads the same when only the targets are written.
func FuzzLinks(f *testing.F) {
	f.Add([]byte("</1/0>,</3/0>;ver=1.1"))
	f.Add([]byte("</sensors>;title=\"a, \\\"b\\\"\",</t>"))
	f.Add([]byte("</1/0>;a=\""))
	f.Fuzz(func(t *testing.T, list []byte) {
		got, err := Links(list)
		if err != nil {
			return
		}
		rest := string(list)
		var again []string
		for _, target := range got {
			_, after, found := strings.Cut(rest, "<"+target+">")
			if !found {
				t.Fatalf("%q has no %q", list, target)
			}
			rest = after
			again = append(again, "<"+target+">")
		}
		if back, err := Links([]byte(strings.Join(again, ","))); err != nil || !slices.Equal(back, got) {
			t.Errorf("%q reads %q, then %q, %v", list, got, back, err)
		}
	})
}
