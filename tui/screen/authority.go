package screen

import (
	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// authority shows whose signature the units will carry.
func authority(s Scene, _ Room) []paint.Line {
	a := s.Facts.Authority
	if a.Subject == "" {
		out := []paint.Line{
			paint.L(paint.B("No authority yet.")),
			paint.Text("It signs the certificate of every unit. Load the one that your server trusts, or create one; its root.crt then goes to the server's owner."),
		}
		out = append(out, optional("certificate", a.Cert)...)
		return append(out, optional("key", a.Key)...)
	}
	key, style := "encrypted", paint.Plain
	if !a.KeyEncrypted {
		key, style = "in clear: whoever copies the file can make units (ca.clear-key)", paint.Odd|paint.Bold
	}
	state := pair("state", "locked: the passphrase is needed before anything is signed", paint.Bold)
	if s.Machine.Stage(flows.AuthorityScreen) == flows.Done {
		state = pair("state", "unlocked: units can be signed", paint.Good|paint.Bold)
	}
	out := []paint.Line{pair("subject", a.Subject, paint.Bold), state}
	out = append(out, pair("valid", words.Day(a.NotBefore)+" to "+words.Day(a.NotAfter), paint.Plain))
	out = append(out, paint.AsDetail(pair("sha256", a.SHA256.Short(), paint.Plain))...)
	out = append(out, optional("certificate", a.Cert)...)
	out = append(out, optional("key", a.Key)...)
	return append(out, pair("key at rest", key, style))
}
