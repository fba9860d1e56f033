// Package inventory holds what a unit's store lists against what its product declares (EN 18031: that nothing undocumented is there):
// developers' leftovers, a cloud's credentials, a tag of another product. It costs no question to the modem: the list is that of the
// plan, with what the work made of it. Everything here is pure.
package inventory

import (
	"fmt"
	"slices"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
)

// Held is what a store lists after the work on a plan: what it listed before, with what was read back since.
func Held(items []device.Item, plan []flows.PlanFacts) []device.Item {
	out := slices.DeleteFunc(slices.Clone(items), func(i device.Item) bool { return planned(plan, i.Slot) })
	for _, p := range plan {
		if now := p.Listed(); !now.IsZero() {
			out = append(out, device.Item{Slot: p.Slot, SHA256: now})
		}
	}
	return out
}

func planned(plan []flows.PlanFacts, s cred.Slot) bool {
	return slices.ContainsFunc(plan, func(p flows.PlanFacts) bool { return p.Slot == s })
}

// Undeclared are findings, one a sec_tag, of what a store lists and nobody declares: neither the plan, which has every slot that the
// profile asks for, nor the further tags of the product. The modem's own items are everybody's.
func Undeclared(items []device.Item, plan []flows.PlanFacts, also []cred.SecTag) (out []cred.Finding) {
	kinds := map[cred.SecTag][]string{}
	var tags []cred.SecTag
	for _, i := range Held(items, plan) {
		declared := slices.ContainsFunc(plan, func(p flows.PlanFacts) bool { return p.Slot == i.Slot && !p.Stray })
		if declared || own(i.Slot) || slices.Contains(also, i.SecTag) {
			continue
		}
		if kinds[i.SecTag] == nil {
			tags = append(tags, i.SecTag)
		}
		kinds[i.SecTag] = append(kinds[i.SecTag], i.Slot.Kind.String())
	}
	slices.Sort(tags)
	for _, t := range tags {
		slices.Sort(kinds[t])
		out = append(out, finding(t, kinds[t]))
	}
	return out
}

// own tells whether a slot is one that modems leave the factory with (nrf91.md, section 1.4: types 6, 10 and 11 in the reserved range).
func own(s cred.Slot) bool {
	const identityRoot, baseKey = 10, 11
	return s.SecTag.Reserved() && (s.Kind == cred.DeviceIDKey || s.Kind == identityRoot || s.Kind == baseKey)
}

func finding(t cred.SecTag, kinds []string) cred.Finding {
	f := cred.Finding{
		Code: "store.undeclared", Severity: cred.Warning,
		Text: fmt.Sprintf("sec_tag %d holds what the profile does not declare: %s", t, strings.Join(kinds, ", ")),
		Hint: fmt.Sprintf("delete it (sectag slots delete --sec-tag %d), or if it belongs to the product write also = [%d] below [inventory] in the profile", t, t),
	}
	switch {
	case t.Decrypt():
		f.Text += "; TLS traffic under this developer tag can be decrypted"
		f.Hint = "do not ship such a unit: delete it with the vendor's tools"
	case t.Reserved():
		f.Hint = "it stands in the modem's own range, which sectag does not change: ask the modem's vendor what it is"
	}
	return f
}
