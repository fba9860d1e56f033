package host

import "strings"

// words takes a shell's line apart as Zephyr's shell does (nrf91.md, 3.4): blanks part words, quotes keep them together, a
// backslash outside quotes protects any character, inside them only the quote, an octal and a hexadecimal number. The quote
// that is still open at the end is returned, else 0.
func words(line string) (argv []string, open byte) {
	for i := 0; i < len(line); {
		if blank(line[i]) {
			i++
			continue
		}
		var word string
		word, i, open = oneWord(line, i)
		argv = append(argv, word)
	}
	return argv, open
}

func blank(c byte) bool { return strings.IndexByte(" \t\n\v\f\r", c) >= 0 }

// oneWord reads from i to the next blank outside quotes.
func oneWord(line string, i int) (word string, next int, quote byte) {
	var b strings.Builder
	for i < len(line) {
		c := line[i]
		switch {
		case quote == 0 && c == '\\':
			if i++; i < len(line) {
				b.WriteByte(line[i])
			}
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && blank(c):
			return b.String(), i, 0
		case quote != 0 && c == '\\' && i+1 < len(line):
			i = escaped(&b, line, i, quote)
		default:
			b.WriteByte(c)
		}
		i++
	}
	return b.String(), i, quote
}

// escaped reads what follows a backslash inside quotes and returns where its last character is; what is no escape stays.
func escaped(b *strings.Builder, line string, i int, quote byte) int {
	switch line[i+1] {
	case quote:
		b.WriteByte(quote)
		return i + 1
	case '0':
		if v, n := number(line[i+2:], 3, 8); n > 0 {
			b.WriteByte(v)
			return i + 1 + n
		}
	case 'x':
		if v, n := number(line[i+2:], 2, 16); n > 0 {
			b.WriteByte(v)
			return i + 1 + n
		}
	}
	b.WriteByte('\\')
	return i
}

// number reads up to so many digits of a base and tells how many there were.
func number(s string, most int, base byte) (v byte, n int) {
	for n < most && n < len(s) {
		d := strings.IndexByte("0123456789abcdef", s[n]|0x20)
		if s[n] <= '9' {
			d = strings.IndexByte("0123456789", s[n])
		}
		if d < 0 || byte(d) >= base {
			break
		}
		v, n = v*base+byte(d), n+1
	}
	return v, n
}
