// Package setup is the bench behind the questions that make a profile: it has a draft judged by the one reader of profiles, lists
// folders, makes an authority and writes the file. The machine is flows/setup, the screens are tui/setup.
//
// Read setup.go (the desk), judge.go (what is said against a draft), folder.go (what a person can choose from).
package setup

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/secret"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/setup"
	"example.org/sectag/internal/atomicfile"
)

// maxFile bounds what is read of a profile.
const maxFile = 1 << 20

// Desk works on one profile's file.
type Desk struct {
	file    string
	src     string            // of the file that is edited, as it was read; else profile.Blank
	was     map[string]string // its values
	old     string            // the file that a new one would replace, as it was read; "" for none
	now     func() time.Time
	built   time.Time
	secrets secret.Keeper
	work    sync.WaitGroup
}

// Open reads what is there: an edit begins with the file's values, a new profile with none. Faults: config.file, config.value.
func Open(file string, edit bool, built time.Time, now func() time.Time) (*Desk, error) {
	d := &Desk{file: file, src: profile.Blank, now: now, built: built}
	src, err := atomicfile.Read(file, maxFile)
	switch {
	case errors.Is(err, os.ErrNotExist) && !edit:
		return d, nil
	case err != nil:
		return nil, cred.Because(err, "config.file", "the profile "+file+" cannot be read", "name another file with --profile")
	}
	d.old = string(src)
	if edit {
		d.src = strings.TrimPrefix(d.old, "\ufeff")
		d.was, err = profile.Values([]byte(d.src))
	}
	return d, err
}

// Exists tells whether a file is there that would be replaced.
func (d *Desk) Exists() bool { return d.old != "" }

// Draft is what the questions begin with.
func (d *Desk) Draft() (out setup.Draft) {
	if d.was == nil {
		out[setup.Mode], out[setup.Origin], out[setup.Start], out[setup.Ledger] = "x509", "auto", "key", "sqlite:ledger.db"
		return out
	}
	for k := range setup.Key(setup.Keys) {
		out[k] = d.was[k.String()]
	}
	return out
}

// Keep takes a secret, clears the slice, and gives a reference for Make.
func (d *Desk) Keep(secret []byte) flows.Ref { return d.secrets.Keep(secret) }

// Make makes an authority in a folder and tells of it. It does not wait.
func (d *Desk) Make(dir, subject string, pass flows.Ref, tell func(setup.Told)) {
	d.work.Go(func() {
		var made ca.Created
		err := d.secrets.Use(pass, func(pass []byte) (err error) {
			made, err = ca.Init(ca.InitOptions{Dir: d.join(dir), Subject: subject, Passphrase: pass, Clock: ca.Clock{Now: d.now(), Build: d.built}})
			return err
		})
		tell(setup.Told{Event: setup.Made{Failed: err != nil}, Cert: d.relative(made.Cert), Key: d.relative(made.Key), Fault: cred.AsFault(err)})
	})
}

// Save writes a draft and tells of it. It does not wait. A file that is not the one that was read is never replaced.
func (d *Desk) Save(draft setup.Draft, replace bool, tell func(setup.Told)) {
	d.work.Go(func() {
		err := d.save(draft, replace)
		tell(setup.Told{Event: setup.Saved{Failed: err != nil}, Fault: cred.AsFault(err)})
	})
}

func (d *Desk) save(draft setup.Draft, replace bool) error {
	paper := d.check(draft)
	if len(paper.Refusals) > 0 {
		r := paper.Refusals[0]
		return cred.Failed("config.value", r.Key.String()+": "+r.Text, r.Hint)
	}
	if !replace {
		return unwritable(d.file, atomicfile.Create(d.file, []byte(paper.Text), 0o644))
	}
	now, err := atomicfile.Read(d.file, maxFile)
	if err != nil || string(now) != d.old {
		return cred.Because(err, "config.file", "the profile "+d.file+" was changed by somebody else meanwhile", "leave, and begin again with what it says now")
	}
	return unwritable(d.file, over(d.file, []byte(paper.Text)))
}

// over puts a text into a file that is there: where its name is a link, into the one that it leads to, whose other readers would keep the
// old one. Who may read it stays as its owner has set it.
func over(file string, text []byte) error {
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	st, err := os.Stat(real)
	if err != nil {
		return err
	}
	return atomicfile.Write(real, text, st.Mode().Perm())
}

func unwritable(file string, err error) error {
	if err == nil {
		return nil
	}
	return cred.Because(err, "config.file", "the profile cannot be written as "+file, "start in a folder that you may write to; a new profile needs a name there that is free")
}

// Close waits for what is being made or written, and forgets every secret.
func (d *Desk) Close() {
	d.work.Wait()
	d.secrets.Clear()
}

// join is a path as the profile means it: relative to its folder.
func (d *Desk) join(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(d.file), name)
}

// relative is a path below the profile's folder as the profile has it.
func (d *Desk) relative(name string) string { return below(filepath.Dir(d.file), name) }

// below is a path as it is named from a folder above it; any other stays as it is.
func below(base, name string) string {
	full, err := filepath.Abs(name)
	if err != nil || name == "" {
		return name
	}
	if base, err = filepath.Abs(base); err != nil {
		return name
	}
	r, err := filepath.Rel(base, full)
	if err != nil || strings.HasPrefix(r, "..") {
		return name
	}
	return filepath.ToSlash(r)
}
