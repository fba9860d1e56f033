package license

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Std is the name that Go's own library and runtime have among the modules.
const Std = "std"

var (
	textName   = regexp.MustCompile(`(?i)^(licen[cs]e|unlicense|copying|copyright|notice|patents|.*-licen[cs]e)([-_.].*)?$`)
	noticeName = regexp.MustCompile(`(?i)(^|/)(notice|patents)[^/]*$`)
)

// listed is what go list tells of a package.
type listed struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// Find lists the modules whose packages go list names for args (such as "-deps", "./cmd/sectag") in the folder source, with env
// added to the process's, and reads their licence texts: those in the folders of the packages and in all above them, up to the
// module's own. The main module is left out; Std stands for what comes with Go. The modules are sorted by their path.
func Find(source string, env []string, args ...string) ([]Module, error) {
	out, err := goSays(source, env, append([]string{"list", "-json=Dir,Standard,Module"}, args...)...)
	if err != nil {
		return nil, err
	}
	found := map[string]*Module{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading what go list says: %w", err)
		}
		if p.Module == nil || p.Module.Main {
			continue
		}
		m := found[p.Module.Path]
		if m == nil {
			m = &Module{Path: p.Module.Path, Version: p.Module.Version}
			found[m.Path] = m
		}
		if err := m.read(p.Module.Dir, p.Dir); err != nil {
			return nil, err
		}
	}
	if found[Std], err = goItself(source); err != nil {
		return nil, err
	}
	return sorted(found), nil
}

func sorted(found map[string]*Module) []Module {
	var list []Module
	for _, m := range found {
		sort.Slice(m.Texts, func(i, j int) bool { return m.Texts[i].Name < m.Texts[j].Name })
		list = append(list, *m)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Path < list[j].Path })
	return list
}

// read adds the texts in folder and above it, up to top, that are not there yet.
func (m *Module) read(top, folder string) error {
	for dir := folder; ; dir = filepath.Dir(dir) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("looking for licences of %s: %w", m.Path, err)
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || !textName.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" {
				continue
			}
			if err := m.add(top, filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
		if dir == top || len(dir) <= len(top) {
			return nil
		}
	}
}

func (m *Module) add(top, file string) error {
	name, err := filepath.Rel(top, file)
	if err != nil {
		return err
	}
	name = filepath.ToSlash(name)
	if m.has(name) {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading a licence of %s: %w", m.Path, err)
	}
	m.keep(Text{Name: name, Bytes: bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))})
	return nil
}

func (m *Module) has(name string) bool {
	return slices.ContainsFunc(m.Texts, func(t Text) bool { return t.Name == name })
}

func (m *Module) keep(t Text) {
	if !m.has(t.Name) {
		m.Texts = append(m.Texts, t)
	}
}

// goItself is the licence of the Go distribution, whose library and runtime are in every program.
func goItself(source string) (*Module, error) {
	out, err := goSays(source, nil, "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	root, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	m := &Module{Path: Std, Version: version}
	return m, m.read(root, root)
}

func goSays(source string, env []string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = source, append(os.Environ(), env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, errs.String())
	}
	return out, nil
}
