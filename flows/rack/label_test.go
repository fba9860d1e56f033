package rack

import (
	"strings"
	"testing"

	"example.org/sectag/cred"
)

func TestALabelIsFoundAmongWhatAScannerTypes(t *testing.T) {
	t.Parallel()
	const imei, other = "352656100367872", "352656100367880"
	for text, want := range map[string]string{
		imei:                             imei,
		" " + imei + "\t":                imei,
		"IMEI:" + imei + ";SN:12345":     imei,
		"IMEI" + imei:                    imei,
		"imei " + imei:                   imei,
		"SN:A17;IMEI=" + imei + ",REV=2": imei,
		"]d2" + imei:                     imei,
		"]C0" + imei:                     imei,
		"]A0IMEI:" + imei:                imei,
		"(8002)" + imei:                  imei,
		"(01)04012345678901(21)" + imei:  imei,
		"]C18002" + imei:                 imei,
		"]d20104012345678901" + "8002" + imei + "\x1d10LOT7":       imei,
		"]d20104012345678901" + "21" + imei:                        imei,
		"]d221" + other + "\x1d8002" + imei:                        imei, // 8002 is made for it
		"\x1d0104012345678901" + "8002" + imei:                     imei,
		`{"imei":"` + imei + `","iccid":"89490200001234567890"}`:   imei,
		"https://example.org/u?imei=" + imei + "&x=1":              imei,
		"IMEI1:" + imei + " IMEI2:" + imei:                         imei, // the same one twice
		"IMEI:" + imei + ". ":                                      imei,
		"IMEI:" + imei + ";ICCID:8949020000123456789;SVN:35265610": imei,
		imei + "," + "12":                                          imei,

		"":                                 "",
		"352656100367873":                  "", // a wrong check digit
		"000000000000000":                  "", // the how-to's example
		"8" + imei:                         "", // an IMEISV, a serial number
		imei + "0":                         "",
		"8949020" + imei[:12]:              "", // an ICCID of 19
		"89490200001234567890":             "",
		"8002" + imei:                      "", // no scanner said that this is GS1
		imei + imei:                        "",
		"IMEI:" + imei + ";IMEI2:" + other: "", // which?
		"]C18002" + imei + "8":             "",
		"]C101040123456789":                "", // cut short
		"+" + imei:                         "", // a telephone number
		"0." + imei:                        "",
		imei + ".5":                        "",
		"SN" + imei:                        "", // a part of a word
		imei + "F":                         "",
		"ab" + imei + "cd":                 "",
		"%" + imei:                         "",
		"3526561003678７２":                  "", // digits of another script are none
		"35265610036787":                   "",
		"35 265610 036787 2":               "",
		strings.Repeat("1", 100_000):       "",
		strings.Repeat(" ", 9000) + imei:   "", // longer than any label
	} {
		got, ok := Label(text)
		if ok != (want != "") || got.String() != want {
			t.Errorf("%.60q is %v, %v; want %q", text, got, ok, want)
		}
	}
}

// FuzzLabel: what is found stands in the text by itself, ends in its check digit, and is the only one.
func FuzzLabel(f *testing.F) {
	for _, s := range []string{
		"IMEI:352656100367872;SN:1", "]d20104012345678901\x1d8002352656100367872", "352656100367872352656100367872", "]C18002352656100367872", "+352656100367872",
		"89490200001234567890", "IMEI352656100367872", "352656100367872 352656100367880",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		i, ok := Label(text)
		if !ok {
			if i != 0 {
				t.Fatalf("%q is not decided, and %v", text, i)
			}
			return
		}
		if !i.Valid() || !strings.Contains(text, i.String()) {
			t.Fatalf("%q is %v", text, i)
		}
		if _, rest := symbology(text); !strings.ContainsRune(rest, gs) && rest == text { // no elements of GS1: runs of digits are seen as they are
			alone, others := 0, 0
			for _, run := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
				if run == i.String() {
					alone++
				} else if o, err := cred.ParseIMEI(run); err == nil && o.Valid() && strings.Contains(text, " "+run+" ") {
					others++
				}
			}
			if alone == 0 || others > 0 {
				t.Fatalf("%q is %v, which stands there %d times, beside %d others", text, i, alone, others)
			}
			if j, ok := Label(strings.ReplaceAll(text, i.String(), i.String()+"1")); ok && j == i {
				t.Fatalf("%q with a digit more is still %v", text, i)
			}
		}
		if e, why := New(Labelled).Typed(text); e != (LabelScanned{i}) || why != "" {
			t.Fatalf("%q typed is %v, %s", text, e, why)
		}
	})
}
