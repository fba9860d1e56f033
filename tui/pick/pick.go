// Package pick is the list from which a person chooses a file. It opens no folder: the bench lists, this shows.
package pick

import (
	"fmt"
	"strconv"
	"strings"

	"example.org/sectag/flows/setup"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
)

// Lister tells what a folder holds.
type Lister func(dir string) setup.Folder

// Pick is an open list.
type Pick struct {
	list   Lister
	folder setup.Folder
	typed  string
	at     int
	note   string
}

// maxTyped is how many characters narrow a list.
const maxTyped = 64

// up is the entry that leads to the folder above.
var up = setup.Entry{Name: "..", Folder: true}

// Open lists a folder.
func Open(list Lister, dir string) *Pick { return &Pick{list: list, folder: list(dir)} }

// shown are the entries that what was typed leaves. Hidden ones are left out until a dot is typed.
func (p *Pick) shown() (out []setup.Entry) {
	if strings.HasPrefix("..", p.typed) {
		out = append(out, up)
	}
	want := strings.ToLower(p.typed)
	for _, e := range p.folder.Entries {
		hidden := strings.HasPrefix(e.Name, ".") && !strings.HasPrefix(want, ".")
		if !hidden && strings.Contains(strings.ToLower(e.Name), want) {
			out = append(out, e)
		}
	}
	return out
}

// Press gives it a key. Done tells that the list is to be closed; path is the file that was chosen, "" for none.
func (p *Pick) Press(k form.Key) (path string, done bool) {
	p.note = ""
	list := p.shown()
	switch k.Name {
	case form.Esc, form.Files:
		return "", true
	case form.Up:
		p.at = max(p.at-1, 0)
	case form.Down, form.Tab:
		p.at = min(p.at+1, max(len(list)-1, 0))
	case form.PageUp:
		p.at = max(p.at-10, 0)
	case form.PageDown:
		p.at = min(p.at+10, max(len(list)-1, 0))
	case form.WheelUp, form.WheelDown:
		p.at = max(min(p.at+k.Step(), len(list)-1), 0)
	case form.Home:
		p.at = 0
	case form.End:
		p.at = max(len(list)-1, 0)
	case form.Left:
		p.enter(up)
	case form.Backspace:
		if r := []rune(p.typed); len(r) > 0 {
			p.narrow(string(r[:len(r)-1]))
		}
	case form.ClearLine:
		p.narrow("")
	case form.Char:
		if len(p.typed) < maxTyped {
			p.narrow(p.typed + string(k.Char))
		}
	case form.Enter, form.Right:
		if p.at < len(list) {
			return p.choose(list[p.at], k.Name == form.Enter)
		}
		p.note = "nothing here is called so"
	}
	return "", false
}

// narrow leaves what a text is in. The first file or folder is stood at, not the way up, unless that is meant.
func (p *Pick) narrow(typed string) {
	p.typed, p.at = typed, 0
	if list := p.shown(); typed != ".." && typed != "" && len(list) > 1 && list[0] == up {
		p.at = 1
	}
}

// choose goes into a folder or takes a file.
func (p *Pick) choose(e setup.Entry, takes bool) (string, bool) {
	switch {
	case e.Barred != "":
		p.note = e.Name + ": " + e.Barred
	case e.Folder:
		p.enter(e)
	case takes:
		return e.Path, true
	}
	return "", false
}

// enter lists another folder. One that cannot be listed is told, and the list stays where it is.
func (p *Pick) enter(e setup.Entry) {
	f := p.list(p.folder.Path + "/" + e.Name)
	if f.Fault != nil {
		p.note = f.Fault.Text
		return
	}
	from := p.folder.Path
	p.folder, p.typed, p.at, p.note = f, "", 0, ""
	for i, x := range p.shown() {
		if e == up && x.Folder && strings.HasSuffix(strings.ReplaceAll(from, `\`, "/"), "/"+x.Name) {
			p.at = i // where we came from
		}
	}
}

// Note is what the last key led to, or why there is nothing to see.
func (p *Pick) Note() string {
	if p.note == "" && p.folder.Fault != nil {
		return p.folder.Fault.Text
	}
	return p.note
}

// Keys are the keys of the list, for the foot of the window.
func Keys() [][]paint.Span {
	var out [][]paint.Span
	for _, k := range [][2]string{{"enter", "open"}, {"esc", "close"}, {"↑↓", "choose"}, {"←", "up"}, {"letters", "narrow"}} {
		out = append(out, []paint.Span{paint.B(k[0]), paint.P(" " + k[1])})
	}
	return out
}

// Draw draws the list in w by h cells.
func (p *Pick) Draw(w, h int) []paint.Line {
	path := []rune(p.folder.Path)
	if room := max(w-1, 1); len(path) > room {
		path = append([]rune("…"), path[len(path)-room:]...)
	}
	out := []paint.Line{paint.Row(paint.B(string(path)))}
	list := p.shown()
	where := paint.Row(paint.P("▸ "+p.typed), paint.S(paint.Reverse, " "), paint.P(fmt.Sprintf("  %d of %d", min(p.at+1, len(list)), len(list))))
	if p.folder.More > 0 {
		where.Spans = append(where.Spans, paint.P(fmt.Sprintf(", %d more are not listed", p.folder.More)))
	}
	out = append(out, where)
	room := max(h-len(out), 1)
	from := max(0, min(p.at-room/2, len(list)-room))
	for i := from; i < min(from+room, len(list)); i++ {
		out = append(out, line(list[i], i == p.at, w).On(rowSpot+strconv.Itoa(i)))
	}
	return out
}

// line is one entry: its name, and how large it is or why it cannot be taken.
func line(e setup.Entry, here bool, w int) paint.Line {
	sign, style := "  ", paint.Plain
	if here {
		sign, style = "▸ ", paint.Bold
	}
	name, note := e.Name, size(e.Size)
	switch {
	case e.Barred != "":
		note = e.Barred
	case e == up:
		note = "the folder above"
	case e.Folder:
		name, note = name+"/", "folder"
	}
	return paint.Row(paint.S(style, sign), paint.Cell(max(w-22, 10), paint.S(style, name)), paint.P("  "+note))
}

func size(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}

// rowSpot begins the spot of an entry's row; its number follows.
const rowSpot = "row "

// Stand goes to the row that a spot is of; false when it is none.
func (p *Pick) Stand(spot string) bool {
	n, is := strings.CutPrefix(spot, rowSpot)
	at, err := strconv.Atoi(n)
	if !is || err != nil || at < 0 || at >= len(p.shown()) {
		return false
	}
	p.at = at
	return true
}

// Window is the list in a window of its own, for the field of a name.
func (p *Pick) Window(field string, w, h int) []paint.Line {
	head := []paint.Line{paint.Row(paint.B(" sectag"), paint.P(" · choose a file: "+field))}
	var foot []paint.Line
	if n := p.Note(); n != "" {
		note := paint.Line{Spans: []paint.Span{paint.S(paint.Odd|paint.Bold, " "+n)}, Hang: 1}.Fit(w)
		foot = note[:min(len(note), 2)]
	}
	foot = append(foot, paint.Flow(Keys(), w, 2)...)
	room := max(h-len(head)-len(foot), 0)
	body := p.Draw(w, room)
	lines := append(head, body[:min(len(body), room)]...)
	for len(lines)+len(foot) < h {
		lines = append(lines, paint.Line{})
	}
	return append(lines, foot...)
}
