package seal

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// maxNote bounds a signed checkpoint: three short lines and a few signatures, witnesses' among them.
const maxNote = 16 << 10

// Signer signs the checkpoints of one log. Its key is the log's own and no authority's.
type Signer struct {
	note.Verifier // the key's name and id
	key           crypto.Signer
	pub           string
}

// NewSigner takes an Ed25519 key for the log of that origin: C2SP tlog-checkpoint wants the key's name to be the origin. The key stays
// the caller's.
func NewSigner(origin string, key crypto.Signer) (*Signer, error) {
	pub, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("checkpoints are signed with an Ed25519 key, this is another")
	}
	if err := originOK(origin); err != nil {
		return nil, err
	}
	line, err := note.NewEd25519VerifierKey(origin, pub)
	if err != nil {
		return nil, fmt.Errorf("name the checkpoints' key: %w", err)
	}
	v, err := note.NewVerifier(line)
	if err != nil {
		return nil, fmt.Errorf("name the checkpoints' key: %w", err)
	}
	return &Signer{Verifier: v, key: key, pub: line}, nil
}

// Public is the line to give to whoever shall verify (C2SP vkey): name+id+key.
func (s *Signer) Public() string { return s.pub }

// Sign implements note.Signer.
func (s *Signer) Sign(text []byte) ([]byte, error) { return s.key.Sign(nil, text, crypto.Hash(0)) }

// Checkpoint is the signed note of a checkpoint of this log.
func (s *Signer) Checkpoint(c Checkpoint) ([]byte, error) {
	if c.Origin != s.Name() {
		return nil, fmt.Errorf("the key is of the log %s, the checkpoint of %s", s.Name(), c.Origin)
	}
	out, err := note.Sign(&note.Note{Text: c.String()}, s)
	if err != nil {
		return nil, fmt.Errorf("sign the checkpoint: %w", err)
	}
	return out, nil
}

// Public is what somebody trusts who verifies: the public keys of one log, one as a rule, several after its key was changed.
type Public struct {
	name string
	keys []note.Verifier
}

// ParsePublic reads a file of C2SP vkeys, one a line, all of one log. Empty lines are passed by, and so is a
// line that was there before: nobody could tell by which of the two a signature is.
func ParsePublic(text []byte) (*Public, error) {
	p, seen := &Public{}, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, errors.New("a public key of a ledger is one line, NAME+ID+KEY, and this is none")
		}
		if p.name == "" {
			p.name = v.Name()
		}
		if v.Name() != p.name {
			return nil, errors.New("the public keys are of several ledgers")
		}
		if seen[line] {
			continue
		}
		seen[line] = true
		p.keys = append(p.keys, v)
	}
	if len(p.keys) == 0 {
		return nil, errors.New("there is no public key in it")
	}
	return p, nil
}

// Name is the origin of the log whose keys these are.
func (p *Public) Name() string { return p.name }

// ErrUnsigned says that a checkpoint bears no signature of a key that is trusted.
var ErrUnsigned = errors.New("the checkpoint is not signed by this key")

// ErrForged says that a checkpoint names a key that is trusted and its signature is wrong: it was changed.
var ErrForged = errors.New("the signature of the checkpoint is wrong: it was changed after it was signed")

// Open reads a signed checkpoint and believes it only if a key of p signed it. Signatures of others are passed by. The errors are
// ErrUnsigned and ErrForged, or say what is no checkpoint at all.
func (p *Public) Open(text []byte) (Checkpoint, error) {
	c, err := ParseNote(text)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open(unix(text), note.VerifierList(p.keys...))
	var forged *note.InvalidSignatureError
	switch {
	case errors.As(err, &forged):
		return Checkpoint{}, ErrForged
	case err != nil:
		return Checkpoint{}, ErrUnsigned
	case c.Origin != p.name:
		return Checkpoint{}, fmt.Errorf("the checkpoint is of %s, the key of %s", c.Origin, p.name)
	case n.Text != c.String():
		return Checkpoint{}, ErrForged
	}
	return c, nil
}

// ParseNote reads a checkpoint as Parse does, whether it is signed or not; it looks at no signature.
func ParseNote(text []byte) (Checkpoint, error) {
	if len(text) > maxNote {
		return Checkpoint{}, fmt.Errorf("a checkpoint has three short lines and signatures, this has %d bytes", len(text))
	}
	body, sigs, signed := bytes.Cut(unix(text), []byte("\n\n"))
	if !signed {
		return Parse(text)
	}
	if len(sigs) == 0 {
		return Checkpoint{}, fmt.Errorf("the signatures of the checkpoint are missing")
	}
	for line := range strings.Lines(string(sigs)) {
		_, sig, _ := strings.Cut(strings.TrimPrefix(line, "— "), " ")
		_, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSuffix(sig, "\n")) // one spelling only
		if err != nil || !strings.HasPrefix(line, "— ") || !strings.HasSuffix(line, "\n") {
			return Checkpoint{}, fmt.Errorf("what follows a checkpoint is its signatures, a line each that begins with a dash")
		}
	}
	return Parse(append(body, '\n'))
}

// unix forgives line ends of CR LF, because such files are mailed. A note has no other carriage return.
func unix(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }
