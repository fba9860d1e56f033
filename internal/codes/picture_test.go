package codes

import (
	"flag"
	"io/fs"
	"os"
	"regexp"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "put the newest pictures of the screens into README.md")

// picture is a block of text that is the content of the file named before it.
var picture = regexp.MustCompile("(?s)<!-- (docs/screens/[a-z/-]+\\.txt) -->\n```text\n(.*?)```")

// pictured puts into a page what the named files hold now.
func pictured(root fs.FS, page string) (fresh string, pictures int, err error) {
	fresh = picture.ReplaceAllStringFunc(page, func(block string) string {
		m := picture.FindStringSubmatch(block)
		text, e := fs.ReadFile(root, m[1])
		if e != nil {
			err = e
		}
		pictures++
		return "<!-- " + m[1] + " -->\n```text\n" + string(text) + "```"
	})
	return fresh, pictures, err
}

func TestPicturesAreFresh(t *testing.T) {
	const name = project + "/README.md"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fresh, n, err := pictured(os.DirFS(project), string(page))
	switch {
	case err != nil || n == 0:
		t.Fatalf("%d pictures, %v", n, err)
	case fresh == string(page):
	case *update:
		if err := os.WriteFile(name, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("a picture in README.md is not what docs/screens has: go test ./internal/codes -update")
	}
	tree := fstest.MapFS{"docs/screens/a.txt": {Data: []byte("new\n")}}
	const stale = "x\n<!-- docs/screens/a.txt -->\n```text\nold\n```\n"
	if got, _, err := pictured(tree, stale); err != nil || got == stale {
		t.Errorf("a stale picture was not seen: %q, %v", got, err)
	}
	if _, _, err := pictured(fstest.MapFS{}, stale); err == nil {
		t.Error("a picture without a file was not seen")
	}
}
