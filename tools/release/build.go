package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// settled is what else in a person's environment would change the bytes of a program.
var settled = []string{"CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off", "GOWORK=off"}

func (t target) env() []string {
	return append([]string{"GOOS=" + t.os, "GOARCH=" + t.arch}, settled...)
}

func (t target) program() string {
	if t.os == "windows" {
		return "sectag.exe"
	}
	return "sectag"
}

func (r release) ldflags() string {
	return fmt.Sprintf("-s -w -X main.version=%s -X main.commit=%s -X main.built=%s", r.version, r.commit, r.built)
}

// build compiles the program for t into the file out.
func (r release) build(t target, out string) error {
	env := t.env()
	if t.String() == r.fresh {
		cache, err := os.MkdirTemp("", "sectag-cache-")
		if err != nil {
			return fmt.Errorf("making an empty cache: %w", err)
		}
		defer os.RemoveAll(cache)
		env = append(env, "GOCACHE="+cache)
	}
	if err := r.goes(env, "build", "-trimpath", "-buildvcs=false", "-ldflags", r.ldflags(), "-o", out, "./cmd/sectag"); err != nil {
		return fmt.Errorf("building for %s: %w", t, err)
	}
	return nil
}

// manual has the program itself write its manual pages and completions into a folder.
func (r release) manual(dir string) error {
	page := filepath.Join(r.source, "docs", "cli.md")
	if err := r.goes(settled, "run", "-trimpath", "-buildvcs=false", "-tags", "manual", "-ldflags", r.ldflags(), "./cmd/sectag", "manual", dir, page); err != nil {
		return fmt.Errorf("writing the manual: %w", err)
	}
	return nil
}

func (r release) goes(env []string, args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = r.source, append(os.Environ(), env...)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w: %s", args[0], err, said)
	}
	return nil
}
