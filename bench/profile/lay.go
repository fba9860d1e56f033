package profile

import (
	"slices"
	"strings"
)

// put changes, adds or takes out the line of a key in the first table of its name.
func put(lines []string, w Wish) []string {
	table, key, _ := strings.Cut(w.Key, ".")
	from, to := span(lines, table)
	if from < 0 {
		if w.Value == "" {
			return lines
		}
		head := "[" + table + "]"
		if table == "slot" {
			head = "[[slot]]"
		}
		return append(lines, "", head, key+" = "+literal(w))
	}
	for i := from + 1; i < to; i++ {
		name, rest, ok := strings.Cut(lines[i], "=")
		if !ok || strings.TrimSpace(name) != key {
			continue
		}
		if w.Value == "" {
			return slices.Delete(lines, i, i+1)
		}
		gap := rest[:len(rest)-len(strings.TrimLeft(rest, " \t"))]
		if gap == "" {
			gap = " "
		}
		lines[i] = name + "=" + gap + literal(w) + remark(rest)
		return lines
	}
	if w.Value == "" {
		return lines
	}
	next := to < len(lines) // comments before its head are the next table's
	for to > from+1 && (strings.TrimSpace(lines[to-1]) == "" || next && strings.HasPrefix(strings.TrimSpace(lines[to-1]), "#")) {
		to--
	}
	return slices.Insert(lines, to, key+" = "+literal(w))
}

// span is where the first table of a name begins and where the next one does; -1 when it is not there.
func span(lines []string, table string) (from, to int) {
	from = -1
	for i, l := range lines {
		l = strings.TrimSpace(l)
		if !strings.HasPrefix(l, "[") {
			continue
		}
		if from >= 0 {
			return from, i
		}
		if strings.Trim(strings.SplitN(l, "#", 2)[0], "[] \t\r") == table {
			from = i
		}
	}
	return from, len(lines)
}

// dropTable takes a table out. Comments before the next table's head stay: they are that one's.
func dropTable(lines []string, table string) []string {
	from, to := span(lines, table)
	if from < 0 {
		return lines
	}
	for to > from+1 && to < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[to-1]), "#") {
		to--
	}
	return slices.Delete(lines, from, to)
}

// remark is the comment behind a value, with the room before it.
func remark(rest string) string {
	quoted := rune(0)
	for i, r := range rest {
		switch {
		case quoted != 0 && r == quoted && (i == 0 || rest[i-1] != '\\' || quoted == '\''):
			quoted = 0
		case quoted != 0:
		case r == '"' || r == '\'':
			quoted = r
		case r == '#':
			return rest[len(strings.TrimRight(rest[:i], " \t")):]
		}
	}
	return ""
}
