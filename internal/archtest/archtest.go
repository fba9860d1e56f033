// Package archtest holds the rules of the house as tests: who may import whom, which library lives in which room, how large
// a file, a function and a room may grow, and what nobody does. Each rule is a pure function from a source tree to the places
// that break it; rules_test.go runs them on the project and proves on a small made-up tree that each of them can fail.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
)

// module is the path that all our packages begin with.
const module = "example.org/sectag"

// File is one parsed Go file.
type File struct {
	Path    string // relative to the root, with slashes
	Room    string // its folder
	Test    bool
	Lines   int
	Imports []string
	AST     *ast.File
	Fset    *token.FileSet
}

// Load parses every Go file below root, testdata and hidden folders apart.
func Load(root fs.FS) ([]File, error) {
	var out []File
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); p != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parse(root, p)
		if err != nil {
			return err
		}
		out = append(out, f)
		return nil
	})
	return out, err
}

func parse(root fs.FS, p string) (File, error) {
	src, err := fs.ReadFile(root, p)
	if err != nil {
		return File{}, err
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, p, src, parser.ParseComments)
	if err != nil {
		return File{}, fmt.Errorf("parsing %s: %w", p, err)
	}
	f := File{Path: p, Room: path.Dir(p), Test: strings.HasSuffix(p, "_test.go"), Lines: strings.Count(string(src), "\n"), AST: tree, Fset: fset}
	for _, i := range tree.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return File{}, err
		}
		f.Imports = append(f.Imports, name)
	}
	return f, nil
}

// room finds the longest key of a table that covers a folder: its own name or a folder above it.
func room[V any](table map[string]V, dir string) (string, bool) {
	for d := dir; ; d = path.Dir(d) {
		if _, ok := table[d]; ok {
			return d, true
		}
		if d == "." || d == "/" {
			return "", false
		}
	}
}

// Directions: every import of one of our packages must be allowed for the importing room. Tests may also use what allowedInTests names.
func Directions(files []File) (bad []string) {
	for _, f := range files {
		own, ok := room(mayImport, f.Room)
		if !ok {
			bad = append(bad, f.Path+": the room is not in the plan of the house (internal/archtest)")
			continue
		}
		for _, i := range f.Imports {
			to, ours := strings.CutPrefix(i, module+"/")
			if !ours || to == own || strings.HasPrefix(to, own+"/") || allowed(mayImport[own], to) {
				continue
			}
			if f.Test && allowed(testsMayImport[own], to) {
				continue
			}
			bad = append(bad, fmt.Sprintf("%s: %s may not import %s", f.Path, own, to))
		}
	}
	return bad
}

func allowed(list []string, to string) bool {
	for _, a := range list {
		if to == a || strings.HasPrefix(to, a+"/") {
			return true
		}
	}
	return false
}

// Fences: a library that was chosen for one room is imported there only, and one that nobody chose is imported nowhere.
func Fences(files []File) (bad []string) {
	for _, f := range files {
		for _, i := range f.Imports {
			known := false
			for lib, rooms := range fences {
				if i != lib && !strings.HasPrefix(i, lib+"/") {
					continue
				}
				known = true
				if !inside(rooms, f) {
					bad = append(bad, fmt.Sprintf("%s: %s belongs behind %s", f.Path, i, strings.Join(rooms, ", ")))
				}
			}
			if host, _, _ := strings.Cut(i, "/"); strings.Contains(host, ".") && !known && !strings.HasPrefix(i, module+"/") {
				bad = append(bad, fmt.Sprintf("%s: no room was given to %s (internal/archtest)", f.Path, i))
			}
		}
	}
	return bad
}

func inside(rooms []string, f File) bool {
	for _, r := range rooms {
		if r == "tests" && f.Test || f.Room == r || strings.HasPrefix(f.Room, r+"/") {
			return true
		}
	}
	return false
}

// world is what shows it: files, processes, sockets, terminals, and chance.
var world = []string{"os", "net", "syscall", "io/ioutil", "path/filepath", "plugin", "crypto/tls", "crypto/rand", "math/rand", "database/sql", "golang.org/x"}

// Blind: neither the screens nor the machines see the world.
func Blind(files []File) (bad []string) {
	for _, f := range files {
		if f.Test || !inside([]string{"tui", "flows"}, f) {
			continue
		}
		for _, i := range f.Imports {
			if allowed(world, i) {
				bad = append(bad, fmt.Sprintf("%s: %s may not see %s", f.Path, f.Room, i))
			}
		}
	}
	return bad
}

// The caps of the design, tests apart.
const (
	maxFile     = 400
	maxFunction = 60
	maxRoom     = 1500
)

// Sizes: no file, function or room larger than the caps.
func Sizes(files []File) (bad []string) {
	rooms := map[string]int{}
	for _, f := range files {
		if f.Test {
			continue
		}
		rooms[f.Room] += f.Lines
		if f.Lines > maxFile {
			bad = append(bad, fmt.Sprintf("%s: %d lines, %d are enough", f.Path, f.Lines, maxFile))
		}
		bad = append(bad, longFunctions(f)...)
	}
	for r, n := range rooms {
		if n > maxRoom {
			bad = append(bad, fmt.Sprintf("%s: the room has %d lines, %d are enough", r, n, maxRoom))
		}
	}
	sort.Strings(bad)
	return bad
}

// longFunctions also finds one that is the value of a package's variable.
func longFunctions(f File) (bad []string) {
	for _, d := range f.AST.Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			name := ""
			switch n := n.(type) {
			case *ast.FuncDecl:
				name = n.Name.Name
			case *ast.FuncLit:
				name = "a function without a name"
			default:
				return true
			}
			if lines := f.Fset.Position(n.End()).Line - f.Fset.Position(n.Pos()).Line + 1; lines > maxFunction {
				bad = append(bad, fmt.Sprintf("%s: %s has %d lines, %d are enough", f.Path, name, lines, maxFunction))
			}
			return false // what stands inside counts with it
		})
	}
	return bad
}

// Comments: every package has exactly one package comment.
func Comments(files []File) (bad []string) {
	have, rooms := map[string]int{}, map[string]bool{}
	for _, f := range files {
		if f.Test {
			continue
		}
		rooms[f.Room] = true
		if f.AST.Doc != nil && len(f.AST.Doc.List) > 0 && !strings.HasPrefix(f.AST.Doc.Text(), "Code generated") {
			have[f.Room]++
		}
	}
	for r := range rooms {
		if have[r] != 1 {
			bad = append(bad, fmt.Sprintf("%s: %d package comments, a newcomer needs one", r, have[r]))
		}
	}
	sort.Strings(bad)
	return bad
}
