package device

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/firmware"
	"example.org/sectag/device/shelf"
)

// The answers of %KEYGEN and %ATTESTTOKEN: base64url without padding, in one part or two (nrf91.md, sections 1.5 and 1.6), and a name
// that needs no escaping on any host. What the answers say is read in device/keygen.
var (
	keygenAnswer = regexp.MustCompile(`^%KEYGEN: ?"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?"$`)
	commonName   = regexp.MustCompile(`^[A-Za-z0-9-]{0,64}$`)
	tokenAnswer  = regexp.MustCompile(`^%ATTESTTOKEN: ?"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?"$`)
)

// CanMakeKey tells whether the firmware that Identify found has %KEYGEN: nRF9160 from 1.3.0 on, every nRF91x1 and NTN (nrf91.md,
// sections 1.5 and 1.8). A firmware that cannot be read has not.
func (m *Modem) CanMakeKey() bool { return firmware.AtLeast(m.id.Firmware, 1, 3, 0) }

// MakeKey has the modem make a private key in (tag, 2) that never leaves it, and returns the line with the request for its
// certificate as the modem wrote it. name is the common name that the request shall bear, so that its answer can be told from an
// older one: up to 64 letters, digits and dashes, "" for the modem's own (nrf91.md 1.5, attributes). A modem that refuses to be
// told a name is asked without one: what the request bears is for the caller to look at. The slot must be empty: a key that is there
// is cmng.519. When the answer is missing or damaged the list decides: keygen.csr-lost means that a key was made and nobody has its
// request, so that it must be deleted and another made. A firmware without %KEYGEN is keygen.unknown.
func (m *Modem) MakeKey(ctx context.Context, tag cred.SecTag, name string) (string, error) {
	if tag.Reserved() {
		return "", reserved(tag)
	}
	if !commonName.MatchString(name) {
		return "", cred.Failed("line.bad-command", "a key cannot be asked for under this name", "give up to 64 letters, digits and dashes, or none")
	}
	s := cred.Slot{SecTag: tag, Kind: cred.ClientKey}
	r, err := m.keygen(ctx, s, name)
	silent := m.silent(ctx, err)
	switch {
	case silent:
		if e := m.resync(ctx); e != nil {
			return "", e
		}
	case err != nil:
		return "", err
	case r.OK() && len(r.Info) == 1 && keygenAnswer.MatchString(r.Info[0]):
		return r.Info[0], nil
	case r.OK():
		err = garbled("AT%KEYGEN")
	case r.Final == at.Error && !r.Crashed || r.Final == at.CME && r.CME <= 4:
		return "", cred.Because(refuse("AT%KEYGEN", r), "keygen.unknown", "the modem makes no keys: it answers AT%KEYGEN with "+r.Result(),
			"its firmware is too old for it (mfw_nrf9160_1.3.0 is the first): let the computer make the key, or update the modem")
	default:
		return "", m.storeFault(ctx, "generation", s, r)
	}
	item, there, e := m.ListSlot(ctx, s)
	if e == nil && !there {
		e = m.Astray(ctx, s)
	}
	if e != nil || !there {
		return "", shelf.Undecided(err, e, "generation", s, item, there)
	}
	return "", cred.Because(errors.Join(err, ErrRequestLost), "keygen.csr-lost", fmt.Sprintf("a key was made in %s and its certificate request was lost", s),
		"delete the key (sectag slots delete) and start again: another one is made")
}

// keygen sends the command, and once more without the name when it is refused in a way that can mean the name: ERROR, or one of the
// general numbers (nrf91.md 1.7: 0, 50). A damaged command gets the same and was then given twice already.
func (m *Modem) keygen(ctx context.Context, s cred.Slot, name string) (at.Reply, error) {
	cmd := at.Command{Text: fmt.Sprintf("AT%%KEYGEN=%d,%d,0", s.SecTag, s.Kind), Answers: at.Answers{Prefix: "%KEYGEN:"}, Limit: at.SlowLimit}
	if name != "" {
		named := cmd
		named.Text += `,"CN=` + name + `"`
		if r, err := m.store(ctx, named, false); err != nil || !doubtful(r) {
			return r, err
		}
	}
	return m.store(ctx, cmd, false)
}

// ErrRequestLost is the cause of keygen.csr-lost.
var ErrRequestLost = errors.New("the request for a key's certificate was lost")

// AttestToken asks the modem for a signed statement of who it is, and returns the line as the modem wrote it. A firmware that
// has none refuses.
func (m *Modem) AttestToken(ctx context.Context) (string, error) {
	const text = "AT%ATTESTTOKEN"
	cmd := at.Command{Text: text, Answers: at.Answers{Prefix: "%ATTESTTOKEN:"}, Limit: at.SlowLimit}
	no := at.Result(0)
	for range tries {
		r, err := m.again(ctx, cmd)
		switch {
		case err != nil:
			return "", err
		case r.OK() && len(r.Info) == 1 && tokenAnswer.MatchString(r.Info[0]):
			return r.Info[0], nil
		case r.OK():
			continue
		case r.Final == no || !doubtful(r):
			return "", refuse(text, r)
		}
		no = r.Final
	}
	return "", garbled(text)
}
