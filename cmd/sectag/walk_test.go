package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is a piece of a page: what people type and what comes out ("console"), or with a name the file that they write.
type block struct{ file, kind, text string }

var fence = regexp.MustCompile("(?ms)^(?:<!-- file (\\S+) -->\n)?```(\\w+)\n(.*?)^```$")

func blocks(page string) (out []block) {
	for _, m := range fence.FindAllStringSubmatch(page, -1) {
		if m[1] != "" || m[2] == "console" {
			out = append(out, block{m[1], m[2], m[3]})
		}
	}
	return out
}

// step is one command of a page, and what the page says comes out.
type step struct{ command, shown string }

// steps takes a console block apart: a line with "$ " before it is a command, which a backslash at its end goes on with; what stands below
// it is what comes out.
func steps(block string) (out []step) {
	open := false
	for _, l := range strings.SplitAfter(block, "\n") {
		rest, begins := strings.CutPrefix(l, "$ ")
		switch {
		case begins:
			out = append(out, step{command: rest})
		case open:
			out[len(out)-1].command += l
		case len(out) > 0:
			out[len(out)-1].shown += l
		}
		open = (begins || open) && strings.HasSuffix(l, "\\\n")
	}
	return out
}

// walkLine is what changes from one walk to the next, beside demoLine.
var walkLine = []struct {
	re *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`\b[0-9A-Fa-f]{64}\b`), "SHA256"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d(\.\d+)?Z?\b`), "TIME"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "UUID"},
	{regexp.MustCompile(`\d+ packets`), "N packets"},
	{regexp.MustCompile(`/rd/\S*\d`), "/rd/N"},
}

func walked(text string) string {
	for _, w := range walkLine {
		text = w.re.ReplaceAllString(text, w.as)
	}
	return settled(text)
}

// agrees tells whether what came out is what the page shows. A line "…" stands for any lines, and an "…" at a line's end for its rest.
func agrees(shown, got string) bool {
	want := strings.Split(walked(shown), "\n")
	for i, w := range want {
		switch head, cut := strings.CutSuffix(w, "…"); {
		case w == "…":
			want[i] = "(?:.*\n)*?"
		case cut:
			want[i] = regexp.QuoteMeta(head) + ".*\n"
		default:
			want[i] = regexp.QuoteMeta(w) + "\n"
		}
	}
	return regexp.MustCompile("^" + strings.Join(want, "") + "$").MatchString(walked(got) + "\n")
}

// reading is one of a page: a folder, and what stands in it in the place of the page's board and server.
type reading struct {
	t      *testing.T
	folder string
	names  map[string]string // of the page, and what they are here
}

// own puts what is here into a text of the page.
func (w reading) own(text string) string {
	for name, here := range w.names {
		text = strings.ReplaceAll(text, name, here)
	}
	return text
}

// others says what came out in the page's words.
func (w reading) others(text string) string {
	for name, here := range w.names {
		text = strings.ReplaceAll(text, here, name)
	}
	return text
}

// page writes the files that a page shows and does what it tells people to type, in its order, with a look at each command before it. A
// command fails where the page shows a failure, and nowhere else. It returns what was typed.
func (w reading) page(text string, before func(command string)) (typed []string) {
	w.t.Helper()
	for _, b := range blocks(text) {
		if b.file != "" {
			w.write(b.file, w.own(b.text))
			continue
		}
		for _, s := range steps(b.text) {
			before(s.command)
			w.step(s)
			typed = append(typed, s.command)
		}
	}
	return typed
}

func (w reading) step(s step) {
	w.t.Helper()
	cmd := exec.Command("sh", "-c", "exec 2>&1\n"+w.own(s.command))
	cmd.Dir = w.folder
	cmd.Env = append(os.Environ(), "HOME="+w.folder, "XDG_CACHE_HOME="+filepath.Join(w.folder, ".cache"))
	out, err := cmd.CombinedOutput()
	if fails := strings.Contains("\n"+s.shown, "\nsectag: "); fails != (err != nil) {
		w.t.Fatalf("$ %s: %v\n%s", s.command, err, out)
	}
	if got := w.others(string(out)); !agrees(s.shown, got) {
		w.t.Errorf("$ %sthe page shows\n%s\nand there comes\n%s", s.command, s.shown, got)
	}
}

func (w reading) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// beside runs sectag in a folder until the test is over, and returns its first line.
func beside(t *testing.T, folder string, args ...string) string {
	t.Helper()
	cmd := exec.Command("sectag", args...)
	cmd.Dir = folder
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // the exit code of a killed server says nothing
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("sectag %s said nothing: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(line)
}

// theServer stands in the pages for somebody's server.
const theServer = "coaps://lwm2m.example.eu:5684"

// serve starts the local server, by the name that its certificate has, when the page first speaks of theirs. Its root is what its owner gives.
func (w reading) serve(command string) {
	w.t.Helper()
	if !strings.Contains(command, theServer) || w.names[theServer] != "" {
		return
	}
	url := beside(w.t, w.folder, "sim", "endpoint", "--dir", "far", "--client-ca", "authority/root.crt")
	w.names[theServer] = strings.Replace(url, "127.0.0.1", "localhost", 1)
	if err := os.Rename(filepath.Join(w.folder, "far", "server-root.pem"), filepath.Join(w.folder, "their-root.pem")); err != nil {
		w.t.Fatal(err)
	}
}

// TestTheFirstBoardIsTriedAsThePageSays goes through docs/first-board.md with a virtual unit in the place of the board.
func TestTheFirstBoardIsTriedAsThePageSays(t *testing.T) {
	t.Parallel()
	w := reading{t: t, folder: t.TempDir(), names: map[string]string{"/dev/ttyACM0": "virtual-tty"}}
	beside(t, w.folder, "sim", "modem", "--link", "virtual-tty", "--host", "serial-modem")
	typed := w.page(read(t, pages+"first-board.md"), w.serve)
	for _, verb := range []string{"doctor", "inspect", "slots write", "slots verify", "provision", "connect"} {
		if !slices.ContainsFunc(typed, func(c string) bool { return strings.HasPrefix(c, "sectag "+verb+" ") }) {
			t.Errorf("the page never tells people to type sectag %s", verb)
		}
	}
}

// TestAWalkSees what a page shows wrongly, and what comes out besides.
func TestAWalkSees(t *testing.T) {
	t.Parallel()
	got := blocks("x\n```console\n$ a\n```\n<!-- file f -->\n```toml\nb\n```\n```text\nc\n```\n")
	if want := []block{{"", "console", "$ a\n"}, {"f", "toml", "b\n"}}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got, want := steps("$ a \\\n    b\nout\n$ c\n"), []step{{"a \\\n    b\n", "out\n"}, {"c\n", ""}}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, c := range []struct {
		shown, got string
		want       bool
	}{
		{"a\nb\n", "a\nb\n", true},
		{"a\n", "a\nb\n", false},
		{"a\nc\n", "a\nb\n", false},
		{"a\n…\nz\n", "a\nb\nc\nz\n", true},
		{"a\n…\nz\n", "a\nb\n", false},
		{"ab…\n", "abc\n", true},
		{"ab…\n", "acb\n", false},
		{"", "", true},
		{"", "a\n", false},
		{"at 10:11:12\n", "at 01:02:03\n", true},
		{"record 1\n", "record 2\n", false},
		{strings.Repeat("0f", 32) + "\n", strings.Repeat("F0", 32) + "\n", true},
	} {
		if agrees(c.shown, c.got) != c.want {
			t.Errorf("%q agrees with %q: %v", c.shown, c.got, !c.want)
		}
	}
}

// TestServersAreAskedAsThePageSays goes through docs/servers.md with the local server in the place of somebody's.
func TestServersAreAskedAsThePageSays(t *testing.T) {
	t.Parallel()
	w := reading{t: t, folder: t.TempDir(), names: map[string]string{}}
	typed := strings.Join(w.page(read(t, pages+"servers.md"), w.serve), "")
	for _, asks := range []string{"ca chain", "probe", "connect", "--negative", "--format leshan", "--format aws", "--format nrfcloud"} {
		if !strings.Contains(typed, asks) {
			t.Errorf("the page never has people type %s", asks)
		}
	}
}
