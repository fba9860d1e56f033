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
		head, text := words.NoAuthority(s.Facts.Terms.PSK)
		out := []paint.Line{paint.L(paint.B(head)), paint.Text(text)}
		out = append(out, paint.Optional("certificate", a.Cert)...)
		return append(out, paint.Optional("key", a.Key)...)
	}
	key, style := words.AtRest(a.Protection), paint.Plain
	if a.Clear() {
		key, style = "in clear: whoever copies the file can make units (ca.clear-key)", paint.Odd|paint.Bold
	}
	state := paint.Pair("state", "locked: the passphrase is needed before anything is signed", paint.Bold)
	if s.Machine.Stage(flows.AuthorityScreen) == flows.Done {
		state = paint.Pair("state", "unlocked: units can be signed", paint.Good|paint.Bold)
	}
	out := []paint.Line{paint.Pair("subject", a.Subject, paint.Bold), state}
	out = append(out, paint.Optional("below", words.Below(a.Root, a.RootEnd))...)
	out = append(out, paint.Pair("valid", words.Day(a.NotBefore)+" to "+words.Day(a.NotAfter), paint.Plain))
	out = append(out, paint.AsDetail(paint.Pair("sha256", a.SHA256.Short(), paint.Plain))...)
	out = append(out, paint.Optional("certificate", a.Cert)...)
	out = append(out, paint.Optional("key", a.Key)...)
	return append(out, paint.Pair("key at rest", key, style))
}
