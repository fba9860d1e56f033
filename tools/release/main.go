// Command release makes what people install: archives for six systems, Debian packages, bills of materials and their checksums
// (make release), and the page of licences (make licenses). It is a module apart, so that nothing which it needs is in the program.
// build.go builds a program, files.go says what lies beside it, dist.go packs, licenses.go asks who wrote it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release is what one call makes.
type release struct {
	source, out            string
	version, commit, built string
	maintainer             string
	targets                []target
	fresh                  string // this target is compiled with an empty cache, as proof that the cache adds nothing
	at                     time.Time
}

// target is a system that a program is built for.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("say licenses or archives")
	}
	var r release
	var targets string
	f := flag.NewFlagSet("release "+args[0], flag.ContinueOnError)
	f.StringVar(&r.source, "source", "..", "the project's folder")
	f.StringVar(&r.out, "out", "../dist", "the folder that is made")
	f.StringVar(&r.version, "version", "", "what git describe says")
	f.StringVar(&r.commit, "commit", "", "the commit")
	f.StringVar(&r.built, "built", "", "the time of the commit, RFC 3339: every time in what is made")
	f.StringVar(&r.maintainer, "maintainer", "", "whom the Debian package names")
	f.StringVar(&targets, "targets", "", "systems such as linux/amd64, with spaces between")
	f.StringVar(&r.fresh, "fresh", "", "compile for this one with an empty cache")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	for _, s := range strings.Fields(targets) {
		system, arch, ok := strings.Cut(s, "/")
		if !ok {
			return fmt.Errorf("the target %q is not such as linux/amd64", s)
		}
		r.targets = append(r.targets, target{system, arch})
	}
	if len(r.targets) == 0 {
		return errors.New("no -targets")
	}
	var err error
	if r.source, err = filepath.Abs(r.source); err != nil {
		return err
	}
	switch args[0] {
	case "licenses":
		return r.licensePage()
	case "archives":
		if r.at, err = time.Parse(time.RFC3339, r.built); err != nil {
			return fmt.Errorf("reading the time of the commit, without which no two releases are the same: %w", err)
		}
		return r.archives()
	}
	return fmt.Errorf("there is no %q: say licenses or archives", args[0])
}
