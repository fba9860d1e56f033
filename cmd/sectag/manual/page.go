package manual

import (
	"path"
	"regexp"
	"strings"
)

// sections takes docs/cli.md apart by its headings of the second rank; what stands before the first is "".
func sections(page string) map[string]string {
	parts := strings.Split("\n"+page, "\n## ")
	out := map[string]string{"": withoutTitle(parts[0])}
	for _, s := range parts[1:] {
		title, text, _ := strings.Cut(s, "\n")
		out[strings.Trim(title, "`")] = text
	}
	return out
}

func withoutTitle(s string) string {
	s = strings.TrimLeft(s, "\n")
	if strings.HasPrefix(s, "# ") {
		_, s, _ = strings.Cut(s, "\n")
	}
	return s
}

var brackets = strings.NewReplacer("[", `\[`, "]", `\]`)

// synopsis takes off the lines at the beginning of a section that say how the verb at path is called, and gives them as cobra wants
// them: without the path, for it puts that there itself, and further forms on lines of their own.
func synopsis(section, path string) (forms, rest string) {
	lines := strings.Split(strings.TrimLeft(section, "\n"), "\n")
	n := 0
	for ; n < len(lines) && strings.HasPrefix(lines[n], "    "); n++ {
		switch l := strings.TrimSpace(lines[n]); {
		case n == 0 && !strings.HasPrefix(l, path):
			return "", section
		case n == 0:
			forms = strings.TrimPrefix(l, path)
		case strings.HasPrefix(l, path):
			forms += "**\n\n**" + l
		default:
			forms += " " + l
		}
	}
	return brackets.Replace(forms), strings.Join(lines[n:], "\n") // markdown takes brackets for a link
}

var flagRow = regexp.MustCompile("(?m)^\\| `--([a-z0-9-]+)[^|]*\\|(.*)\\|$")

// rows are the words for each flag in a section's table, without markup: man shows them as they are.
func rows(section string) map[string]string {
	out := map[string]string{}
	for _, m := range flagRow.FindAllStringSubmatch(section, -1) {
		out[m[1]] = plain(strings.TrimSpace(m[2]))
	}
	return out
}

var (
	flagTable = regexp.MustCompile(`(?m)^\| flag \|.*\n\|[-|]+\n(?:\|.*\n)*`)
	link      = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
	subtitle  = regexp.MustCompile(`(?m)^#{3,} `) // man knows one rank below a part
)

// prose is a section for a manual page: the flags have their own part there, links become names, and headings keep their rank.
func prose(section string) string {
	s := flagTable.ReplaceAllString(section, "")
	s = subtitle.ReplaceAllString(s, "### ")
	return strings.TrimSpace(unlinked(s))
}

// unlinked names the file that a link leads to, which is beside the program's other pages.
func unlinked(s string) string {
	return link.ReplaceAllStringFunc(s, func(l string) string {
		m := link.FindStringSubmatch(l)
		file, _, _ := strings.Cut(m[2], "#")
		if file == "" || strings.Contains(m[1], strings.TrimSuffix(path.Base(file), ".md")) {
			return m[1]
		}
		return m[1] + " (" + file + ")"
	})
}

func plain(s string) string {
	return strings.ReplaceAll(unlinked(s), "`", "")
}
