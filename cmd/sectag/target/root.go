package target

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// Root is the flags that say by what a server's root is believed, and where it goes.
type Root struct {
	Out, File string
	SHA256    cred.Digest // once Check has read it; zero means that none was given
	digest    string
	cmd       *cobra.Command
}

// Add adds --anchor-out, --anchor-sha256 and --roots.
func (r *Root) Add(c *cobra.Command) {
	r.cmd = c
	f := c.Flags()
	f.StringVar(&r.Out, "anchor-out", "", "write the root to this file, as minimal PEM")
	f.StringVar(&r.digest, "anchor-sha256", "", "SHA-256 of the root, as its owner told it")
	f.StringVar(&r.File, "roots", "", "PEM file of roots that are believed")
}

// Check reads the flags and refuses what cannot be, before any server is asked. A flag with nothing behind it is refused too: a
// script's variable that is not set must not turn a judgement off.
func (r *Root) Check() (err error) {
	for _, name := range []string{"anchor-out", "anchor-sha256", "roots"} {
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
	if r.Out == "" {
		return nil
	}
	folder, err := os.Stat(filepath.Dir(r.Out))
	if err == nil && !folder.IsDir() {
		err = errors.New(filepath.Dir(r.Out) + " is no folder")
	}
	if there, lost := os.Stat(r.Out); lost == nil && !there.Mode().IsRegular() { // a folder, or a device that would be replaced
		err = errors.New(r.Out + " is no file")
	}
	return r.lost(err)
}

// Said tells whether a flag says by what the root is believed.
func (r *Root) Said() bool { return r.File != "" || r.digest != "" }

// Write puts the root at --anchor-out. A server without a certificate has none: that is a failure then, as who asked for the file
// goes on with it.
func (r *Root) Write(pem []byte) error {
	if len(pem) == 0 {
		return cred.Failed("dtls.no-certificate", "the server shows no certificate, so there is no root to write to "+r.Out,
			"it takes pre-shared keys only: have it take certificates, or leave --anchor-out away")
	}
	return r.lost(atomicfile.Write(r.Out, pem, 0o644))
}

func (r *Root) lost(err error) error {
	if err == nil {
		return nil
	}
	return cred.Because(err, "config.file", "the anchor cannot be written to "+r.Out, "name a file in a folder that you may write to")
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
