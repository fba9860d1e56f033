// Package codes holds the written pages against the source, so that neither can change alone: docs/codes.md lists every code that
// the program can say and none that it cannot, docs/house.md names every folder with Go in it, and no page points at a file that
// is not there. It has tests only; what a page says in words is still for people to check.
//
// Read source_test.go for how codes are found in the source (by go/ast, not by running anything), page_test.go for how the page
// is read, codes_test.go for the comparison. That the exit codes in the page are the program's is tested in cmd/sectag/console, and
// that docs/cli.md names every verb, flag and field in cmd/sectag.
package codes
