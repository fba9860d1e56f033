package ledger

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// ofOneKind are the tests that are not run with each kind of ledger, with the reason. Whoever writes a test of what a ledger does has it run
// by onEach.
var ofOneKind = map[string]string{
	"TestNewLedgerIsPrivateAndWhole":         "the modes of files, and what SQLite leaves beside its file",
	"TestTamperBytes":                        "the bytes of the file; a server's are not ours",
	"TestTornWriteAheadFile":                 "SQLite's write-ahead file; what a crash leaves of a server's is TestTheServerCrashes",
	"TestKilledAtEverySync":                  "the syncs that SQLite makes in this process; a server makes its own",
	"TestWhatGoesThroughTheDisk":             "a file has one connection that syncs and one that does not; a database has one, asked in TestPoolsAreDurableAsPromised",
	"TestSecondWriterIsToldWho":              "a file has one writer; of a database there are as many as stations, TestThirtyTwoStations",
	"TestBusyNamesTheOtherProcess":           "the same, of another process",
	"TestReaderOfAFolderThatCannotBeWritten": "the rights of a folder; a role's rights are tried in package postgres",
	"TestStrangePathNames":                   "names of files; those of schemas are TestStrangeSchemaNames",
	"TestTamperEveryColumn":                  "its twin for a server puts each cell back, which is quicker there: TestTamperEveryColumnOnPostgreSQL",
	"TestAMemoryIsALedger":                   "a third kind, which cannot be opened again",
	"TestOpenRefuses":                        "addresses, of all kinds in one list",

	"TestTamperEveryColumnOnPostgreSQL":  "its twin is TestTamperEveryColumn",
	"TestAnotherSchemaIsFound":           "what a server's schema has beside tables; a file's is in TestTamperByRearranging",
	"TestStrangeSchemaNames":             "its twin is TestStrangePathNames",
	"TestTheServerCrashes":               "a server that ends by itself",
	"TestThirtyTwoStations":              "several writers at once, which a file refuses",
	"TestFirstOpeners":                   "the same, of a ledger that is not there yet",
	"TestAStationMayWhatItsWorkNeeds":    "roles and their rights",
	"TestACommitWhoseAnswerIsLost":       "a connection that breaks",
	"TestABrokenConnectionIsMadeAgain":   "a connection that breaks",
	"TestAServerThatDoesNotNoticeIsTold": "a connection that breaks",
	"TestWhatAnotherTookOverIsLost":      "a connection that breaks",

	"TestDocsNameEveryFieldAndCode": "the page, and no ledger",
	"TestEachTestSaysWhereItRuns":   "this room's tests, and no ledger",
}

// TestEachTestSaysWhereItRuns: a test of this room is run with each kind of ledger, or it is named above with the reason.
func TestEachTestSaysWhereItRuns(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	must(t, err)
	seen, both := map[string]bool{}, 0
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") || fn.Name.Name == "TestMain" {
				continue
			}
			test := fn.Name.Name
			seen[test] = true
			switch each, reason := onEachIn(fn), ofOneKind[test]; {
			case each && reason != "":
				t.Errorf("%s runs with each kind of ledger, and ofOneKind says that it does not", test)
			case !each && reason == "":
				t.Errorf("%s runs with one kind of ledger only: have onEach run it, or say in ofOneKind why not", test)
			case each:
				both++
			}
		}
	}
	for test := range ofOneKind {
		if !seen[test] {
			t.Errorf("ofOneKind has %s, which is no test", test)
		}
	}
	if both < 40 {
		t.Errorf("only %d tests run with each kind of ledger", both)
	}
}

// onEachIn tells whether a test does nothing by itself but hand what it has to say to onEach, and prepare that.
func onEachIn(fn *ast.FuncDecl) (found bool) {
	for _, s := range fn.Body.List {
		call, ok := s.(*ast.ExprStmt)
		if !ok {
			continue
		}
		c, ok := call.X.(*ast.CallExpr)
		if !ok {
			continue
		}
		id, ok := c.Fun.(*ast.Ident)
		found = found || ok && id.Name == "onEach"
	}
	return found
}
