package archtest

import (
	"fmt"
	"go/ast"
	"sort"
)

// Names: every name that a room offers is explained, and is said by somebody besides the one who offers it: the compiler does not
// miss an exported name that nobody uses any more. Methods need a word only on a type that is offered, and are not missed: an
// interface may call them.
func Names(files []File) (bad []string) {
	said := map[string]int{}
	for _, f := range files {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				said[id.Name]++
			}
			return true
		})
	}
	for _, f := range files {
		if f.Test {
			continue
		}
		for _, o := range offers(f) {
			if !o.told {
				bad = append(bad, fmt.Sprintf("%s: nobody says what %s is", f.Path, o.name))
			}
			if o.missed && said[o.name] == 1 {
				bad = append(bad, fmt.Sprintf("%s: nobody uses %s", f.Path, o.name))
			}
		}
	}
	sort.Strings(bad)
	return bad
}

// offer is a name that other rooms see.
type offer struct {
	name   string
	told   bool // it has a comment, or its group has
	missed bool // nobody but its users calls it
}

func offers(f File) (out []offer) {
	for _, d := range f.AST.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
				out = append(out, offer{d.Name.Name, d.Doc != nil, d.Recv == nil})
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					out = seen(out, s.Name, d.Doc, s.Doc, s.Comment)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						out = seen(out, n, d.Doc, s.Doc, s.Comment)
					}
				}
			}
		}
	}
	return out
}

// seen adds a type, a constant or a variable if others see it.
func seen(out []offer, name *ast.Ident, comments ...*ast.CommentGroup) []offer {
	if !name.IsExported() {
		return out
	}
	o := offer{name: name.Name, missed: true}
	for _, c := range comments {
		o.told = o.told || c != nil
	}
	return append(out, o)
}

// receiver is the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) string {
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return true
	})
	return name
}
