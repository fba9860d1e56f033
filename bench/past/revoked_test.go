package past

import (
	"slices"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/ledger/record"
)

// A revoked certificate is told of where the modem lists it or its key, or where the unit has no newer one; with the first revocation's
// time and reason.
func TestWhatIsRevoked(t *testing.T) {
	at := func(k cred.Kind, d cred.Digest) device.Item {
		return device.Item{Slot: cred.Slot{SecTag: 42, Kind: k}, SHA256: d}
	}
	revoked := func(id, serial string, by cred.Digest) record.Record {
		return record.Record{Kind: record.Revocation, ID: id, Verdict: cred.Pass, Revoked: &record.Revoked{
			Serial: serial, Issuer: by, Reason: "keyCompromise", Time: record.Stamp(now),
		}}
	}
	first, second := passed(), passed()
	first.Cert.Serial, first.Slots[1].Sent, first.Slots[1].SHA256 = "7e", anchor, anchor
	young := cred.Sum([]byte("young"))
	second.Slots[2].Sent, second.Slots[2].SHA256 = young, young
	failed, file, issued := passed(), passed(), passed()
	failed.Verdict, file.Cert.IssuerSHA = cred.Fail, cred.Digest{}
	issued.Kind, issued.Slots, issued.Cert.PEM = record.Issue, nil, "the text"
	all := []device.Item{at(cred.RootCA, anchor), at(cred.ClientCert, cert), at(cred.ClientKey, key)}
	for name, c := range map[string]struct {
		records []record.Record // the oldest first
		items   []device.Item
		want    string // the slots' kinds of each certificate that is told of
		says    string
	}{
		"nothing":                   {[]record.Record{passed()}, all, "", ""},
		"what it holds":             {[]record.Record{passed(), revoked("4", "7f", issuer)}, all, "client-cert client-key;", "(record 4): 42 client-cert and 42 client-key hold it still"},
		"twice":                     {[]record.Record{passed(), revoked("4", "7f", issuer), revoked("5", "7f", issuer)}, all, "client-cert client-key;", "(record 4)"},
		"its key alone":             {[]record.Record{passed(), revoked("4", "7f", issuer)}, all[2:], "client-key;", "42 client-key holds it still"},
		"what was deleted":          {[]record.Record{passed(), revoked("4", "7f", issuer)}, all[:1], ";", "does not list it"},
		"another authority's":       {[]record.Record{passed(), revoked("4", "7f", anchor)}, all, "", ""},
		"from a file":               {[]record.Record{file, revoked("4", "7f", issuer)}, all, "client-cert client-key;", ""},
		"to files":                  {[]record.Record{issued, revoked("4", "7f", issuer)}, []device.Item{at(cred.ClientCert, cred.Sum([]byte("the text")))}, "client-cert;", ""},
		"one that was replaced":     {[]record.Record{first, second, revoked("4", "7e", issuer)}, []device.Item{at(cred.ClientCert, cert), at(cred.ClientKey, young)}, "", ""},
		"one whose key went on":     {[]record.Record{first, second, revoked("4", "7e", issuer)}, all, "client-key;", ""},
		"one that a run left there": {[]record.Record{first, failed, revoked("4", "7e", issuer)}, []device.Item{at(cred.ClientCert, anchor)}, "client-cert;", ""},
		"one that nobody recorded":  {[]record.Record{revoked("4", "99", issuer)}, all, ";", "no record says which slot"},
		"and the unit has another":  {[]record.Record{passed(), revoked("4", "99", issuer)}, all, "", ""},
	} {
		var p Past
		for _, r := range slices.Backward(c.records) {
			p.remember(r)
		}
		got, said := "", ""
		for _, g := range p.Gone(c.items) {
			var kinds []string
			for _, s := range g.Held {
				kinds = append(kinds, s.Kind.String())
			}
			f := g.Finding()
			got, said = got+strings.Join(kinds, " ")+";", said+f.Text
			for _, want := range []string{record.Stamp(now), "keyCompromise", g.Serial} {
				if !strings.Contains(f.Text, want) || f.Code != "store.revoked" || f.Hint == "" {
					t.Errorf("%s: %+v", name, f)
				}
			}
		}
		if got != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%s: %q, want %q: %s", name, got, c.want, said)
		}
		for _, s := range p.Slots(c.items) {
			if s.Revoked != strings.Contains(c.want, s.Kind) {
				t.Errorf("%s: %+v", name, s)
			}
		}
	}
}
