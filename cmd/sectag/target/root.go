package target

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/cmd/sectag/outfile"
	"example.org/sectag/cred"
)

// Root is the flags that say by what a server's root is believed, and where it goes.
type Root struct {
	Out, Backup, File string
	Both              bool        // the backup goes behind the root, into the same file
	SHA256            cred.Digest // once Check has read it; zero means that none was given
	digest            string
	cmd               *cobra.Command
}

// Add adds --anchor-out, --with-backup, --backup-out, --anchor-sha256 and --roots.
func (r *Root) Add(c *cobra.Command) {
	r.cmd = c
	f := c.Flags()
	f.StringVar(&r.Out, "anchor-out", "", "write the root to this file, as minimal PEM")
	f.BoolVar(&r.Both, "with-backup", false, "write the backup root behind the root, into the same file")
	f.StringVar(&r.Backup, "backup-out", "", "write the backup root to this file, as minimal PEM")
	f.StringVar(&r.digest, "anchor-sha256", "", "SHA-256 of the root, as its owner told it")
	f.StringVar(&r.File, "roots", "", "PEM file of roots that are believed")
}

// Check reads the flags and refuses what cannot be, before any server is asked. A flag with nothing behind it is refused too: a
// script's variable that is not set must not turn a judgement off.
func (r *Root) Check() (err error) {
	for _, name := range []string{"anchor-out", "backup-out", "anchor-sha256", "roots"} {
		if f := r.cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return cred.Failed("usage.flag", "--"+name+" is empty", "leave the flag out, or look at the variable that should have filled it")
		}
	}
	if r.digest != "" {
		r.SHA256, err = cred.ParseDigest(strings.ToLower(strings.ReplaceAll(r.digest, ":", "")))
		if err == nil && r.SHA256.IsZero() {
			err = errors.New("a SHA-256 is not all zeros")
		}
		if err != nil {
			return cred.Because(err, "usage.flag", "--anchor-sha256: "+err.Error(), "write the 64 characters that the server's owner told you")
		}
	}
	if r.Both && r.Out == "" {
		return cred.Failed("usage.flag", "--with-backup has no file to write to", "name it with --anchor-out F")
	}
	if r.Backup != "" && r.Backup == r.Out {
		return cred.Failed("usage.flag", "--backup-out and --anchor-out name the same file", "write --anchor-out F --with-backup for both in one file")
	}
	for _, name := range []string{r.Out, r.Backup} {
		if err := writable(name); err != nil {
			return lost(name, err)
		}
	}
	return nil
}

// writable refuses a file that cannot be one.
func writable(name string) error {
	if name == "" {
		return nil
	}
	folder, err := os.Stat(filepath.Dir(name))
	if err == nil && !folder.IsDir() {
		err = errors.New(filepath.Dir(name) + " is no folder")
	}
	if there, lost := os.Stat(name); lost == nil && !there.Mode().IsRegular() { // a folder, or a device that would be replaced
		err = errors.New(name + " is no file")
	}
	return err
}

// Said tells whether a flag says by what the root is believed.
func (r *Root) Said() bool { return r.File != "" || r.digest != "" }

// Write puts the root at --anchor-out and the backup where it was asked for, and gives the files. Neither is written when one that was
// asked for is not there: who asked for a file goes on with it. why says why there is no backup.
func (r *Root) Write(pem, backup []byte, why string) (files []string, err error) {
	if len(pem) == 0 && r.Out+r.Backup != "" {
		return nil, cred.Failed("dtls.no-certificate", "the server shows no certificate, so there is no root to write to "+cmp.Or(r.Out, r.Backup),
			"it takes pre-shared keys only: have it take certificates, or leave --anchor-out away")
	}
	if len(backup) == 0 && (r.Both || r.Backup != "") {
		return nil, cred.Failed("chain.no-backup", "there is no backup root to write: "+strings.TrimPrefix(why, "no backup: "),
			"leave --with-backup and --backup-out away: then the root alone is written")
	}
	if r.Both {
		pem = slices.Concat(pem, backup)
	}
	for _, f := range []struct {
		name string
		pem  []byte
	}{{r.Out, pem}, {r.Backup, backup}} {
		if f.name == "" {
			continue
		}
		if err := outfile.Write(f.name, "the anchor", f.pem); err != nil {
			return files, err
		}
		files = append(files, f.name)
	}
	return files, nil
}

func lost(name string, err error) error {
	return cred.Because(err, "config.file", "the anchor cannot be written to "+name, "name a file in a folder that you may write to")
}

// Anchors are the roots that a profile's units trust already, as PEM. One that cannot be used is no reason not to look.
func Anchors(p profile.Profile, now time.Time) (pem []byte) {
	for _, s := range p.Slots {
		if content, err := slotfile.Anchors(s.Anchors(), now); err == nil {
			pem = append(pem, content...)
		}
	}
	return pem
}
