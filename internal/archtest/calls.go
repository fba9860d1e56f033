package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"strings"
)

// Calls: what nobody does. Only main ends the process; nobody panics, logs by themselves, sleeps, or starts work in an init. What a
// package offers counts by the package's path, whatever a file calls it, and handing it on counts as calling it.
func Calls(files []File) (bad []string) {
	for _, f := range files {
		say := func(n ast.Node, what string) {
			bad = append(bad, fmt.Sprintf("%s:%d: %s", f.Path, f.Fset.Position(n.Pos()).Line, what))
		}
		names := packages(f)
		if _, dot := names["."]; dot {
			say(f.AST, "no import hides where a name comes from")
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if what := forbidden(f, said(n, names)); what != "" {
				say(n, what)
			}
			switch n := n.(type) {
			case *ast.CommClause: // waiting for time among other things is no sleep
				for _, s := range n.Body {
					sleeps(f, s, names, say)
				}
			case *ast.BlockStmt:
				for _, s := range n.List {
					sleeps(f, s, names, say)
				}
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil && f.Room != "tui/guard" {
					say(n, "nothing is wired in an init")
				}
			}
			return true
		})
	}
	return bad
}

// packages are the names under which a file knows its imports.
func packages(f File) map[string]string {
	out := map[string]string{}
	for i, spec := range f.AST.Imports {
		name := path.Base(f.Imports[i])
		if spec.Name != nil {
			name = spec.Name.Name
		}
		out[name] = f.Imports[i]
	}
	return out
}

// said writes a use of a package's name as path.Name, a call of a method as .Name, and a call of a plain function as Name.
func said(n ast.Node, names map[string]string) string {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && names[x.Name] != "" {
			return names[x.Name] + "." + n.Sel.Name
		}
	case *ast.CallExpr:
		switch fun := n.Fun.(type) {
		case *ast.Ident:
			return fun.Name
		case *ast.SelectorExpr:
			if x, ok := fun.X.(*ast.Ident); ok && names[x.Name] == "" {
				return "." + fun.Sel.Name
			}
		}
	}
	return ""
}

// sleeps finds a statement that waits for time alone. Tests may: in a bubble of testing/synctest it costs nothing.
func sleeps(f File, s ast.Stmt, names map[string]string, say func(ast.Node, string)) {
	x, ok := s.(*ast.ExprStmt)
	if !ok || f.Test {
		return
	}
	from, ok := x.X.(*ast.UnaryExpr)
	if !ok || from.Op != token.ARROW {
		return
	}
	if c, ok := from.X.(*ast.CallExpr); ok {
		if what := said(c.Fun, names); what == "time.After" || what == "time.Tick" {
			say(s, "nobody sleeps: wait for the event")
		}
	}
}

// clocks are what a machine would learn the time by.
var clocks = map[string]bool{
	"time.Now": true, "time.Since": true, "time.Until": true, "time.After": true, "time.AfterFunc": true, "time.Tick": true,
	"time.NewTimer": true, "time.NewTicker": true,
}

func forbidden(f File, what string) string {
	inMain := f.AST.Name.Name == "main" || f.Test
	switch {
	case what == "time.Sleep":
		return "nobody sleeps: wait for the event"
	case f.Test && (what == ".Skip" || what == ".Skipf" || what == ".SkipNow" || what == "testing.Short"):
		return "no test is skipped"
	case clocks[what] && !f.Test && inside([]string{"flows"}, f):
		return "machines have no clock"
	case what == "panic" && !f.Test:
		return "nobody panics: return an error"
	case (what == "os.Exit" || what == "syscall.Exit" || what == "runtime.Goexit") && !inMain:
		return "only main ends the process"
	case (strings.HasPrefix(what, "log.") || strings.HasPrefix(what, "log/slog.")) && !f.Test:
		return "rooms do not log"
	}
	return ""
}
