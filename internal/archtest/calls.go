package archtest

import (
	"fmt"
	"go/ast"
	"strings"
)

// Calls: what nobody does. Only main ends the process; nobody panics, logs by themselves, sleeps, or starts work in an init.
func Calls(files []File) (bad []string) {
	for _, f := range files {
		say := func(n ast.Node, what string) {
			bad = append(bad, fmt.Sprintf("%s:%d: %s", f.Path, f.Fset.Position(n.Pos()).Line, what))
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if what := forbidden(f, called(n)); what != "" {
					say(n, what)
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

// called writes a call as panic or pkg.Name.
func called(c *ast.CallExpr) string {
	switch fun := c.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		if x, ok := fun.X.(*ast.Ident); ok {
			return x.Name + "." + fun.Sel.Name
		}
	}
	return ""
}

// skips tells whether a call leaves a test out, whatever the test's receiver is called.
func skips(call string) bool {
	_, name, _ := strings.Cut(call, ".")
	return name == "Skip" || name == "Skipf" || name == "SkipNow" || call == "testing.Short"
}

func forbidden(f File, call string) string {
	inMain := f.AST.Name.Name == "main" || f.Test
	switch {
	case call == "time.Sleep":
		return "nobody sleeps: wait for the event"
	case f.Test && skips(call):
		return "no test is skipped"
	case call == "time.Now" && !f.Test && inside([]string{"flows"}, f):
		return "machines have no clock"
	case call == "panic" && !f.Test:
		return "nobody panics: return an error"
	case call == "os.Exit" && !inMain:
		return "only main ends the process"
	case strings.HasPrefix(call, "log.") && !f.Test:
		return "rooms do not log"
	}
	return ""
}
