package paint

import "strings"

// letters are five rows high; a '#' is a filled cell and is drawn two cells wide, because a cell is twice as high as wide.
var letters = map[rune][5]string{
	'A': {".##.", "#..#", "####", "#..#", "#..#"},
	'D': {"###.", "#..#", "#..#", "#..#", "###."},
	'E': {"###", "#..", "##.", "#..", "###"},
	'F': {"###", "#..", "##.", "#..", "#.."},
	'I': {"#", "#", "#", "#", "#"},
	'L': {"#..", "#..", "#..", "#..", "###"},
	'N': {"#..#", "##.#", "#.##", "#..#", "#..#"},
	'P': {"###.", "#..#", "###.", "#...", "#..."},
	'R': {"###.", "#..#", "###.", "#.#.", "#..#"},
	'S': {".###", "#...", ".##.", "...#", "###."},
	'T': {"###", ".#.", ".#.", ".#.", ".#."},
	'U': {"#..#", "#..#", "#..#", "#..#", ".##."},
	'W': {"#...#", "#...#", "#.#.#", "##.##", "#...#"},
	'X': {"#..#", "#..#", ".##.", "#..#", "#..#"},
}

// Big draws a word of the letters above so that it can be read from two metres, as large as w cells and h lines allow, and at
// least five lines high. Where even that has no room, or a letter is not there, it is one line in reverse.
func Big(word string, style Style, w, h int) []Line {
	cells := 0
	for i, r := range word {
		g, ok := letters[r]
		if !ok {
			return inReverse(word, style)
		}
		if i > 0 {
			cells++
		}
		cells += len(g[0])
	}
	for _, size := range [][2]int{{6, 3}, {4, 2}, {2, 1}, {1, 1}} {
		if cells*size[0] <= w && 5*size[1] <= h {
			return draw(word, style, size[0], size[1])
		}
	}
	return inReverse(word, style)
}

func inReverse(word string, style Style) []Line {
	return []Line{Row(S(style|Reverse|Bold, "  "+strings.Join(strings.Split(word, ""), " ")+"  "))}
}

// draw makes each cell of a letter wide columns and high rows.
func draw(word string, style Style, wide, high int) []Line {
	var out []Line
	for row := range 5 {
		var b strings.Builder
		for i, r := range word {
			if i > 0 {
				b.WriteString(strings.Repeat(" ", wide))
			}
			for _, c := range letters[r][row] {
				if c == '#' {
					b.WriteString(strings.Repeat("█", wide))
				} else {
					b.WriteString(strings.Repeat(" ", wide))
				}
			}
		}
		for range high {
			out = append(out, Row(S(style|Bold, b.String())))
		}
	}
	return out
}
