package identity

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/keygen"
	"example.org/sectag/flows"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// Ready is everything of a modem's identity that can be ready before its key is made.
type Ready struct {
	Serial  string // reserved
	Longest []byte // as long as no certificate will be: whether it fits a command can be known now
	Clock   string
}

// Prepare makes ready what can be, so that nothing is left to be refused once the modem has made its key: the authority is open, the
// name is free, the clock is believed, the serial is reserved.
func (m Maker) Prepare(ctx context.Context) (Ready, error) {
	if err := m.open(); err != nil {
		return Ready{}, err
	}
	rehearsed, err := m.Auth.Rehearse(m.request())
	if err != nil {
		return Ready{}, inProfile(err)
	}
	if err := m.free(ctx, cred.Digest{}); err != nil {
		return Ready{}, err
	}
	serial, err := m.reserve(ctx)
	return Ready{Serial: serial, Longest: rehearsed.Longest, Clock: rehearsed.Clock}, err
}

// Made is a key that a modem made, as far as a computer can know it.
type Made struct {
	CSR  ca.CSR
	Fact flows.KeyFacts
}

// Once draws a name that no key was asked for under before: 32 hex digits. random nil is the system's.
func Once(random io.Reader) (string, error) {
	if random == nil {
		random = rand.Reader
	}
	b := make([]byte, 16)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("drawing a name for the key's request: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// Hear reads what a modem says of a key that it made for a tag and checks all that can be checked: the request is signed with the key
// that it asks for, the statement beside it names this request, this tag and this modem, and the request bears the name that it was
// asked for under. One that bears the modem's own instead is taken and not called fresh: some modems may not let themselves be told, and
// no answer to a question with a name can look so. uuid is the modem's, "" where nobody knows it. The statement's own signature is not
// verified: the modem's public identity key is nowhere to be had.
func Hear(line string, tag cred.SecTag, uuid, name string) (Made, error) {
	a, err := keygen.Parse(line)
	if err != nil {
		return Made{}, err
	}
	if err := a.Check(tag, uuid); err != nil {
		return Made{}, err
	}
	csr, err := ca.ParseCSR(a.Body)
	if err != nil {
		return Made{}, err
	}
	fresh := csr.Named(name)
	if !fresh && !csr.Named(a.Proof.UUID) {
		return Made{}, stale("the modem's answer is to another request for a key, and not to the one that was made now")
	}
	return Made{CSR: csr, Fact: flows.KeyFacts{CSR: csr.SHA256, SPKI: csr.SPKI, Attestation: a.Proof.SHA256, UUID: a.Proof.UUID, Fresh: fresh}}, nil
}

// Attest asks a modem for its token. One of another modem than the one with this UUID is refused when it comes twice: the first may be
// the line's fault, as nothing in a token tells.
func Attest(ctx context.Context, m *device.Modem, uuid string) (keygen.Token, error) {
	var other error
	for range 2 {
		line, err := m.AttestToken(ctx)
		if err != nil {
			return keygen.Token{}, err
		}
		said, err := keygen.ParseToken(line)
		if err != nil {
			return keygen.Token{}, err
		}
		if other = said.Of(uuid); other == nil {
			return said, nil
		}
	}
	return keygen.Token{}, other
}

// New refuses an answer that was given before: a modem makes another key each time, so an old one says nothing of the key that is in
// the modem now. A line that keeps what it did not pass on can bring it, and everything in it is right but its age. before is the
// last key that was heard of here, the ledger knows of older ones; both may be nil. Fault: keygen.stale.
func (m Made) New(ctx context.Context, l *ledger.Reader, before *Made) error {
	known := before != nil && before.Fact.SPKI == m.Fact.SPKI
	if l != nil && !known {
		var err error
		if _, known, err = l.Holder(ctx, record.Binding{What: record.BindSPKI, Value: m.Fact.SPKI.String()}); err != nil {
			return err
		}
	}
	if !known {
		return nil
	}
	return stale("the modem's answer is about a key that was made before, and not about the one that was made now")
}

func stale(text string) error {
	return cred.Failed("keygen.stale", text, "start again: another key is made; if it says so again, something on the line keeps old answers "+
		"or damages what is sent: connect the unit without it, or switch it off and on")
}

// Certify signs the unit's certificate for a key that its modem made, with what was prepared.
func (m Maker) Certify(ctx context.Context, r Ready, key Made) (ca.Certificate, error) {
	if err := m.open(); err != nil {
		return ca.Certificate{}, err
	}
	if err := m.free(ctx, key.CSR.SPKI); err != nil {
		return ca.Certificate{}, err
	}
	q := m.request()
	q.Public, q.Serial = key.CSR.Public, r.Serial
	cert, err := m.Auth.Issue(q)
	if err != nil {
		return ca.Certificate{}, inProfile(err)
	}
	return cert, key.CSR.Prove(cert)
}

// Twin lets use show a server a certificate with the name of the unit's own and a key of this computer, because the unit's key is in
// its modem. The twin lives for minutes; its key is overwritten and its serial abandoned when use is over, so that it is never taken
// for the unit's.
func (m Maker) Twin(ctx context.Context, of ca.Certificate, use func(cert ca.Certificate, key []byte)) (serial string, err error) {
	if err := m.open(); err != nil {
		return "", err
	}
	if serial, err = m.reserve(ctx); err != nil {
		return "", err
	}
	cert, key, err := m.Auth.Twin(ca.TwinRequest{Of: of.DER, Profile: m.Profile, Serial: serial, Clock: m.Clock})
	if err == nil {
		use(cert, key.PEM())
		key.Clear()
	}
	return serial, errors.Join(err, m.Abandon(context.WithoutCancel(ctx), serial))
}
