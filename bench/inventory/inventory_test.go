package inventory

import (
	"slices"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
)

func at(tag cred.SecTag, k cred.Kind) cred.Slot { return cred.Slot{SecTag: tag, Kind: k} }

func item(tag cred.SecTag, k cred.Kind) device.Item {
	return device.Item{Slot: at(tag, k), SHA256: cred.Sum([]byte{byte(tag), byte(k)})}
}

// A plan over sec_tag 42, carried out: root kept, certificate written, key not come to, and something that went astray before deleted.
func plan() []flows.PlanFacts {
	old, now := cred.Sum([]byte("old")), cred.Sum([]byte("new"))
	return []flows.PlanFacts{
		{Slot: at(42, cred.RootCA), Op: flows.Keep, Has: flows.Current, Old: old, New: old, Now: old},
		{Slot: at(42, cred.ClientCert), Op: flows.WriteSlot, Has: flows.Empty, New: now, Now: now, Stage: flows.SlotMatches},
		{Slot: at(42, cred.ClientKey), Op: flows.WriteSlot, Has: flows.Empty, New: now},
		{Slot: at(46, cred.ClientKey), Op: flows.DeleteSlot, Has: flows.Ours, Old: old, Stray: true, Stage: flows.SlotGone},
	}
}

func TestUndeclared(t *testing.T) {
	own := []device.Item{item(4294967293, 10), item(4294967294, 6), item(4294967292, 11), {Slot: at(42, cred.RootCA), SHA256: cred.Sum([]byte("old"))}, item(46, cred.ClientKey)}
	stray := plan()
	stray[3].Stage, stray[3].Now = flows.SlotDiffers, cred.Sum([]byte("old"))
	for name, c := range map[string]struct {
		plan []flows.PlanFacts
		more []device.Item
		also []cred.SecTag
		want []string // parts of each finding's text and hint
	}{
		"nothing else":           {plan(), nil, nil, nil},
		"a cloud's":              {plan(), []device.Item{item(16842753, 2), item(16842753, 0), item(7, 3)}, nil, []string{"sec_tag 7 holds what the profile does not declare: psk", "sec_tag 16842753 holds what the profile does not declare: client-key, root-ca"}},
		"declared":               {plan(), []device.Item{item(16842753, 2)}, []cred.SecTag{16842753}, nil},
		"another type":           {plan(), []device.Item{item(42, cred.PSK)}, nil, []string{"sec_tag 42 holds what the profile does not declare: psk"}},
		"a developer's tag":      {plan(), []device.Item{item(2147483648, 0)}, nil, []string{"can be decrypted"}},
		"strange in their range": {plan(), []device.Item{item(4294967290, 0)}, nil, []string{"ask the modem's vendor"}},
		"a stray that stays":     {stray, nil, nil, []string{"sec_tag 46"}},
	} {
		got := Undeclared(append(slices.Clone(own), c.more...), c.plan, c.also)
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i, f := range got {
			if !strings.Contains(f.Text+f.Hint, c.want[i]) || f.Code != "store.undeclared" || f.Severity != cred.Warning || f.Hint == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// What a store holds after the work is what was read back; what was not come to holds what it did.
func TestHeld(t *testing.T) {
	p := plan()
	p[2].Has, p[2].Old, p[2].Now = flows.Ours, cred.Sum([]byte("before")), cred.Sum([]byte("before"))
	got := Held([]device.Item{item(7, 3), {Slot: at(42, cred.ClientKey), SHA256: cred.Sum([]byte("before"))}, item(46, cred.ClientKey)}, p)
	want := []device.Item{item(7, 3), {Slot: at(42, cred.RootCA), SHA256: cred.Sum([]byte("old"))}, {Slot: at(42, cred.ClientCert), SHA256: cred.Sum([]byte("new"))}, {Slot: at(42, cred.ClientKey), SHA256: cred.Sum([]byte("before"))}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
