package codes

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// seen is a code in the source: where it stands, and whether it is the code of a failure there, not only of a finding.
type seen struct {
	where string
	fails bool
}

// whole is what a code looks like; family is the format that a family of numbered codes is made with.
var (
	whole  = regexp.MustCompile(`^(usage|config|port|line|modem|store|doctor|keygen|cmng|cme|ca|chain|dtls|coap|lwm2m|ledger)\.[a-z0-9][a-z0-9-]*$`)
	family = regexp.MustCompile(`^(cmng|cme|dtls|coap|lwm2m)\.%d$`)
	file   = regexp.MustCompile(`\.(pem|crt|key|db|toml|txt)$`)
)

// otherNames are files whose dotted names are not codes: the journal's events and lines, and the table that looks exit codes up.
var otherNames = []string{"flows/codec/table.go", "ledger/seal/journal.go", "cmd/sectag/console/exit.go"}

// codePosition says which argument of a call is a code.
var codePosition = map[string]int{"cred.Failed": 0, "cred.Because": 1, "refuse": 0}

// tables are the functions and variables whose numbers make codes of a family.
var tables = map[string]string{"vendorErrors": "cmng", "plainErrors": "cme", "meanings": "dtls", "AlertName": "dtls"}

// sourceCodes finds the codes in the Go files below root. A family of numbers is there as dtls.N, and once for each number that
// a table gives a meaning or a name.
func sourceCodes(root fs.FS) (map[string]seen, error) {
	out := map[string]seen{}
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); p != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "bin") || p == "internal/peers" {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") || slices.Contains(otherNames, p) {
			return nil
		}
		src, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, p, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		collect(tree, func(n ast.Node, code string, fails bool) {
			s := out[code]
			if s.where == "" {
				s.where = fmt.Sprintf("%s:%d", p, fset.Position(n.Pos()).Line)
			}
			s.fails = s.fails || fails
			out[code] = s
		})
		return nil
	})
	return out, err
}

// collect looks at one file: literals in the positions of codes, literals that look like codes anywhere else (constants, findings,
// tables), formats of families, and the numbers of the tables.
func collect(tree *ast.File, add func(n ast.Node, code string, fails bool)) {
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.CallExpr:
			name := called(n)
			if i, ok := codePosition[name]; ok && i < len(n.Args) {
				if s, ok := text(n.Args[i]); ok && (name != "refuse" || whole.MatchString(s)) {
					add(n, s, true)
				}
			}
		case *ast.FuncDecl:
			numbers(n.Name.Name, n, add)
		case *ast.ValueSpec:
			for _, name := range n.Names {
				numbers(name.Name, n, add)
			}
		case *ast.BasicLit:
			s, ok := text(n)
			switch {
			case !ok:
			case family.MatchString(s):
				add(n, strings.TrimSuffix(s, "%d")+"N", true)
			case whole.MatchString(s) && !file.MatchString(s):
				add(n, s, false)
			}
		}
		return true
	})
}

// numbers adds a code for each entry of a table: a key in a map, or a number that stands before a name.
func numbers(name string, in ast.Node, add func(n ast.Node, code string, fails bool)) {
	of, ok := tables[name]
	if !ok {
		return
	}
	ast.Inspect(in, func(n ast.Node) bool {
		var at ast.Expr
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			at = n.Key
		case *ast.CompositeLit:
			if len(n.Elts) == 2 {
				at = n.Elts[0]
			}
		}
		if l, ok := at.(*ast.BasicLit); ok && l.Kind == token.INT {
			add(l, of+"."+l.Value, true)
		}
		return true
	})
}

func text(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// called writes a call as Name or pkg.Name.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

// TestCodesAreFound proves on a made-up tree that each way in which the source names a code is seen, and that names which are no
// codes are not.
func TestCodesAreFound(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"a/a.go": {Data: []byte("package a\n\nimport _ \"ca.import\"\n\nconst c = \"chain.long\"\n\nfunc f() {\n" +
			"\tcred.Failed(\"odd.name\", \"text\", \"hint\")\n\tcred.Because(nil, \"internal\", \"text\", \"hint\")\n" +
			"\t_ = cred.Finding{Code: \"ca.weak\"}\n\tfinding(w, \"dtls.no-cid\")\n\t_ = fmt.Sprintf(\"cme.%d\", 1)\n" +
			"\t_ = \"ledger.db\"\n\t_ = \"see dtls.silent\"\n\trefuse(\"usage.flag\", \"\", \"\")\n\trefuse(\"sec_tag\", \"\", \"\")\n}\n\n" +
			"func vendorErrors() map[int]meaning { return map[int]meaning{513: {\"a\", \"b\"}} }\n\n" +
			"var meanings = map[uint8]meaning{48: {\"a\", \"b\"}}\n\n" +
			"func AlertName(n uint8) string { return [...]x{{60, \"export_restriction\"}}[0].s }\n")},
		"a/a_test.go":            {Data: []byte("package a\n\nconst t = \"port.test\"\n")},
		"flows/codec/table.go":   {Data: []byte("package codec\n\nconst e = \"port.chosen\"\n")},
		"a/testdata/x.go":        {Data: []byte("package x\n\nconst e = \"port.data\"\n")},
		"internal/peers/pki.go":  {Data: []byte("package peers\n\nconst e = \"port.peer\"\n")},
		"ledger/seal/journal.go": {Data: []byte("package seal\n\nconst e = \"ledger.begin\"\n")},
	}
	found, err := sourceCodes(tree)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ca.weak", "chain.long", "cme.N", "cmng.513", "dtls.48", "dtls.60", "dtls.no-cid", "internal", "odd.name", "usage.flag",
	}
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	if !found["usage.flag"].fails || found["ca.weak"].fails {
		t.Errorf("failures and findings are not told apart: %v", found)
	}
}
