package office

import (
	"context"
	"errors"
	"fmt"

	"example.org/sectag/bench/bundle"
	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/profile"
	"example.org/sectag/bench/slotfile"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/flows"
	"example.org/sectag/internal/atomicfile"
	"example.org/sectag/ledger/record"
)

// BundleOrder asks for a unit's certificate, key and trust anchor in one file, to be written into the modem by other means.
type BundleOrder struct {
	Signer
	Unit
	SecTag  cred.SecTag
	Anchor  string // file of what the unit trusts its server by
	Format  bundle.Format
	Out     string          // new file, mode 0600
	Profile profile.Profile // what it says of the firmware's buffer, of send_chain and of the product's life; may be empty
}

// Bundled is what came of it: nothing of it is secret but the file.
type Bundled struct {
	Out         string
	Certificate ca.Certificate
	Slots       []bundle.Slot
	Longest     int
	Record      string // "" without a ledger
	Findings    []cred.Finding
}

// Bundle makes a key, signs its certificate and writes both with the anchor into a file. It is recorded as written by other means before
// there is a file: what is signed is bound. Faults: those of Issue and bundle.Format.Write; config.anchor, config.firmware-key-size.
func (o Office) Bundle(ctx context.Context, b BundleOrder) (Bundled, error) {
	if err := taken(b.Out); err != nil {
		return Bundled{}, err
	}
	anchor, err := slotfile.Anchors([]string{b.Anchor}, o.Now())
	if err != nil {
		return Bundled{}, err
	}
	var trust slotfile.Trust
	trust.Add(b.SecTag, anchor, o.Now(), b.Profile.Life, flows.AnchorFacts{})
	a, err := o.open(ctx, b.Signer)
	if err != nil {
		return Bundled{}, err
	}
	defer a.Lock()
	done, err := o.lease(ctx, b.IMEI)
	if err != nil {
		return Bundled{}, err
	}
	defer done()
	key, err := ca.NewKey()
	if err != nil {
		return Bundled{}, err
	}
	defer key.Clear()
	spki, err := digest(key)
	if err != nil {
		return Bundled{}, err
	}
	r := record.Record{Kind: record.Issue, IMEI: b.IMEI, KeyOrigin: "host", Means: record.OtherMeans}
	cert, err := o.certify(ctx, a, b.Unit, r.Seen(), ca.Request{Public: key.Public()}, spki)
	if err != nil {
		return Bundled{}, err
	}
	if err := key.Prove(cert); err != nil {
		return Bundled{}, err
	}
	behind := identity.Behind(b.Profile.Chain, a.Root)
	file, err := b.file(anchor, append([]byte(cert.PEM), behind.PEM()...), key)
	if err != nil {
		return Bundled{}, err
	}
	defer clear(file.Bytes)
	out := Bundled{Out: b.Out, Certificate: cert, Slots: file.Slots, Longest: file.Longest}
	out.Findings = append(append(append(evidence.Notes(b.IMEI), a.Findings()...), trust.Doubts...), b.warnings(file)...)
	r.Verdict, r.Findings, r.Bench = cred.Judge(out.Findings), out.Findings, evidence.Bench(o.Tool, cert.Clock)
	r.Cert, r.Authority, r.Key = evidence.Certificate(cert, a.Root), evidence.Authority(a, a.Root), evidence.HostKey(cert.SPKI, "kept")
	r.Cert.Behind = behind.Sums()
	r.Anchor, r.Anchors = evidence.Anchors(anchor, trust.Facts, b.Profile.Operator)
	r.Slots = unread(file.Slots)
	if out.Record, err = o.write(ctx, r); err != nil {
		return Bundled{}, err
	}
	if err := atomicfile.Create(b.Out, file.Bytes, 0o600); err != nil {
		err = cred.Because(err, "config.file", "the file "+b.Out+" cannot be written, and the unit's key is gone", "name a file that is not there yet, in a folder that you may write to")
		_, worse := o.write(ctx, lost(r, err))
		return Bundled{}, errors.Join(err, worse)
	}
	return out, nil
}

// unread is what may be said of slots that nobody asked a modem about: what they hold where the file was used as it is meant.
func unread(slots []bundle.Slot) (out []record.Slot) {
	for _, s := range slots {
		out = append(out, record.Slot{SecTag: s.SecTag, Type: s.Type, Bytes: s.Bytes, Sent: s.SHA256, Holds: "unknown"})
	}
	return out
}

// file puts the three credentials together, each within what firmware and host take.
func (b BundleOrder) file(anchor, cert []byte, key *ca.Key) (bundle.File, error) {
	parts := []bundle.Part{{Kind: cred.RootCA, Content: anchor}, {Kind: cred.ClientCert, Content: cert}, {Kind: cred.ClientKey, Content: key.PEM()}}
	for _, p := range parts {
		if err := b.Profile.Fits(cred.Slot{SecTag: b.SecTag, Kind: p.Kind}, p.Content); err != nil {
			return bundle.File{}, err
		}
	}
	return b.Format.Write(b.SecTag, parts)
}

// warnings say what the file is and what it needs.
func (b BundleOrder) warnings(f bundle.File) []cred.Finding {
	room := fmt.Sprintf("an AT host needs a buffer of more than %d characters (AT Host has 4096 where CONFIG_AT_HOST_CMD_MAX_LEN says so)", f.Longest)
	switch b.Format {
	case bundle.Shell:
		room = fmt.Sprintf("the shell needs a line of more than %d characters (CONFIG_SHELL_CMD_BUFF_SIZE=4096), and CONFIG_AT_SHELL_UNESCAPE_LF=y where it is no modem_shell", f.Longest)
	case bundle.Header:
		room = fmt.Sprintf("the firmware's buffer for a command needs %d characters and a zero byte; the modem library takes %d", f.Longest, at.Buffer)
	}
	return []cred.Finding{
		{
			Code: "ca.clear-key", Severity: cred.Warning, File: b.Out, Text: "the unit's private key is written in clear, for one write",
			Hint: "delete the file when the modem lists the digests; the modem never gives the key back",
		},
		{
			Code: "store.not-read-back", Severity: cred.Info, Text: "nobody has asked the modem what it holds", Hint: "compare what AT%CMNG=1 lists with the digests of this file; " + room,
		},
	}
}
