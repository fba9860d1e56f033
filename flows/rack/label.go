package rack

import (
	"strings"

	"example.org/sectag/cred"
)

// Label reads the IMEI out of what a scanner typed, or a person: fifteen digits that stand by themselves and end in their check digit.
// What stands around them is skipped: a symbology's sign ("]d2"), names of fields ("IMEI:…;SN:…"), the other elements of a GS1 code.
// A longer run of digits holds no IMEI: it is an ICCID, a serial number or an IMEISV. False is no IMEI, or several.
func Label(text string) (cred.IMEI, bool) {
	found := labels(text)
	if len(found) != 1 {
		return 0, false
	}
	return found[0], true
}

// maxLabel is how much of a text is looked at: a 2D code holds less.
const maxLabel = 8 << 10

// labels are the different IMEIs in a text.
func labels(text string) (found []cred.IMEI) {
	text = text[:min(len(text), maxLabel)]
	add := func(i cred.IMEI) {
		for _, f := range found {
			if f == i {
				return
			}
		}
		found = append(found, i)
	}
	sign, rest := symbology(text)
	if (gs1[sign] || strings.ContainsRune(rest, gs)) && !bare(rest) {
		if fields, ok := elements(rest); ok {
			for _, f := range fields {
				each(f, add)
			}
			return found
		}
	}
	each(rest, add)
	return found
}

// bare tells whether all that stands behind the sign of GS1 is an IMEI, as some makers print it. Allocated by BABT or TAF (35, 86), it can
// be told from elements: those of 35 are ten characters long, and none begin with 86.
func bare(text string) bool {
	i, err := cred.ParseIMEI(text)
	return err == nil && i.Valid() && (strings.HasPrefix(text, "35") || strings.HasPrefix(text, "86"))
}

// each calls f for every IMEI that stands by itself in a text.
func each(text string, f func(cred.IMEI)) {
	for from := 0; from < len(text); {
		if !digit(text[from]) {
			from++
			continue
		}
		to := from
		for to < len(text) && digit(text[to]) {
			to++
		}
		i, err := cred.ParseIMEI(text[from:to])
		if err == nil && i.Valid() && opens(text[:from]) && closes(text[to:]) {
			f(i)
		}
		from = to
	}
}

// opens tells whether a number can begin behind this text: it is no part of a word, of a number with a sign or with a point.
func opens(before string) bool {
	word := len(before)
	for word > 0 && letter(before[word-1]) {
		word--
	}
	if w := before[word:]; w != "" {
		return strings.EqualFold(w, "imei") && (word == 0 || !digit(before[word-1]))
	}
	return before == "" || !strings.ContainsRune("+.%_", rune(before[len(before)-1]))
}

// closes tells whether a number can end before this text.
func closes(behind string) bool {
	if behind == "" {
		return true
	}
	if behind[0] == '.' || behind[0] == ',' {
		return len(behind) == 1 || behind[0] == ',' || !digit(behind[1])
	}
	return !letter(behind[0]) && !strings.ContainsRune("%_", rune(behind[0]))
}

// Bytes beyond ASCII count as letters: nobody knows what they are a part of.
func letter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' || b >= 0x80 }

func digit(b byte) bool { return '0' <= b && b <= '9' }

// gs is what stands between the elements of a GS1 code whose length is not fixed.
const gs = '\x1d'

// gs1 are the symbologies' signs that say that elements of GS1 follow (ISO/IEC 15424).
var gs1 = map[string]bool{"]C1": true, "]d2": true, "]e0": true, "]Q3": true, "]J1": true}

// symbology parts the sign that a scanner can put before what it read, such as "]d2", from the rest.
func symbology(text string) (sign, rest string) {
	if len(text) >= 3 && text[0] == ']' && letter(text[1]) && (digit(text[2]) || letter(text[2])) {
		return text[:3], text[3:]
	}
	return "", text
}

// fixed are the lengths of the elements that end by themselves, by the first two digits of their identifier (GS1 General
// Specifications, figure 7.8.5-2), the identifier included.
var fixed = map[string]int{
	"00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "11": 8, "12": 8, "13": 8, "14": 8, "15": 8, "16": 8, "17": 8, "18": 8, "19": 8, "20": 4,
	"31": 10, "32": 10, "33": 10, "34": 10, "35": 10, "36": 10, "41": 16,
}

// elements are the values of a GS1 code that can be an IMEI: that of identifier 8002, which is made for it, else those of 21, a serial
// number. False: it is none.
func elements(text string) (values []string, ok bool) {
	var serials []string
	for text = strings.TrimLeft(text, string(gs)); text != ""; text = strings.TrimPrefix(text, string(gs)) {
		if len(text) < 2 || !digit(text[0]) || !digit(text[1]) {
			return nil, false
		}
		if n := fixed[text[:2]]; n > 0 {
			if len(text) < n {
				return nil, false
			}
			text = text[n:]
			continue
		}
		element, rest, _ := strings.Cut(text, string(gs))
		text = rest
		if v, is := strings.CutPrefix(element, "8002"); is {
			values = append(values, v)
		} else if v, is := strings.CutPrefix(element, "21"); is {
			serials = append(serials, v)
		}
	}
	if values == nil {
		values = serials
	}
	return values, true
}
