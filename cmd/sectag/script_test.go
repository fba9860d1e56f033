package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.org/sectag/internal/peers"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sectag": func() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }})
}

// TestScripts runs testdata/script against the real main. Scripts have commands more: "postgres VAR…" starts a PostgreSQL server and puts the
// address of an empty place for a ledger into each variable; "start VAR args…" runs sectag beside
// the script, waits for its first line and puts it into $VAR; "field VAR FILE path…" takes a value out of a JSON document.
func TestScripts(t *testing.T) { scripts(t, "testdata/script") }

// scripts runs those of a folder.
func scripts(t *testing.T, dir string) {
	signer, err := filepath.Abs(pages + "signer.sh")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("SIGNER", signer) // of the documentation
			for _, v := range []string{"SOFTHSM2_MODULE", "PKCS11_SPY", "LESHAN", "LESHAN_URL", "AUTHORITY", "ANCHOR"} {
				e.Setenv(v, os.Getenv(v))
			}
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			return os.WriteFile(filepath.Join(e.WorkDir, "pass.txt"), []byte("correct horse\n"), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"start": start, "field": field, "strict": strict, "postgres": postgres},
	})
}

// start runs sectag beside the script until it ends.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start VAR args…")
	}
	exe, err := exec.LookPath("sectag")
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if p := filepath.Join(dir, "sectag"); err != nil && isFile(p) {
			exe, err = p, nil
		}
	}
	ts.Check(err)
	cmd := exec.Command(exe, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			ts.Logf("%v: %v\n%s", args, err, errs.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		ts.Fatalf("%v said nothing: %v\n%s", args, err, errs.String())
	}
	ts.Setenv(args[0], strings.TrimSpace(line))
}

// postgres starts a server that ends with the script.
func postgres(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: postgres VAR…")
	}
	p, err := peers.StartPostgres()
	ts.Check(err)
	ts.Defer(func() { ts.Check(p.Close()) })
	for _, name := range args {
		schema, err := p.Schema()
		ts.Check(err)
		ts.Setenv(name, p.URL(schema, "", 0))
	}
}

func isFile(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.Mode().IsRegular()
}

// field takes a value out of a document: "field SHA stdout slots 0 sha256".
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: field VAR FILE path…")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &v))
	for _, p := range args[2:] {
		switch at := v.(type) {
		case map[string]any:
			v = at[p]
		case []any:
			var i int
			if _, err := fmt.Sscan(p, &i); err != nil || i >= len(at) {
				ts.Fatalf("there is no element %s", p)
			}
			v = at[i]
		}
		if v == nil {
			ts.Fatalf("there is no %s in %v", p, args[2:])
		}
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}

// strict holds a JSON document against the contract's conventions: one object, no null, and lists where the names are plural.
func strict(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: strict FILE")
	}
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	var v map[string]any
	ts.Check(d.Decode(&v))
	if d.More() {
		ts.Fatalf("more than one object on stdout")
	}
	if where := nulls(v, ""); where != "" {
		ts.Fatalf("null at %s", where)
	}
}

func nulls(v any, at string) string {
	switch v := v.(type) {
	case nil:
		return at
	case map[string]any:
		for k, x := range v {
			if w := nulls(x, at+"."+k); w != "" {
				return w
			}
		}
	case []any:
		for i, x := range v {
			if w := nulls(x, fmt.Sprintf("%s[%d]", at, i)); w != "" {
				return w
			}
		}
	}
	return ""
}
