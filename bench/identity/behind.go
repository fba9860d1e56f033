package identity

import (
	"fmt"

	"example.org/sectag/ca"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/chain"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

// Behind is what a unit sends behind its certificate: its authority's intermediates, where the profile wants them sent.
func Behind(wanted bool, authority ca.Root) chain.Chain {
	if !wanted {
		return nil
	}
	return authority.Chain.Between()
}

// ChainFits refuses a plan whose certificates could become too long with what stands behind them. Who signs need not be open for that.
// fits says what has room, and its faults are those here, beside Issue's.
func (m Maker) ChainFits(authority ca.Root, behind chain.Chain, plan flows.Plan, fits func(cred.Slot, []byte) error) error {
	for _, s := range plan.Slots[:plan.N] {
		if s.Op != flows.WriteSlot || s.Slot.Kind != cred.ClientCert {
			continue
		}
		r, err := authority.Rehearse(m.request())
		if err != nil {
			return inProfile(err)
		}
		if err := fits(s.Slot, append(r.Longest, behind.PEM()...)); err != nil {
			return err
		}
	}
	return nil
}

// unknownCA is what a server says of a unit whose authority it does not know (RFC 5246, section 7.2.2).
const unknownCA = "dtls.48"

// Unknown says what a server misses that does not know the authority of a unit, where that is an intermediate: the connection cannot
// know it. Other failures stay as they are; f may be nil.
func Unknown(f *cred.Fault, authority ca.Root, behind chain.Chain) *cred.Fault {
	if f == nil || f.Code != unknownCA || !authority.Intermediate() {
		return f
	}
	write := fmt.Sprintf("sectag ca chain --cert %s --out client-ca.pem writes both", authority.File)
	hint := fmt.Sprintf("an intermediate signs the units: give the server it and its root as trusted CAs (%s), "+
		"or write send_chain = true below [device] in the profile, so that the unit sends it and the server needs the root only", write)
	if len(behind) > 0 {
		hint = fmt.Sprintf("the unit sends the intermediate, and the server does not know the root above it, %s, or takes no way over it: "+
			"give it them as trusted CAs (%s)", certfile.Subject(authority.Chain.Root()), write)
	}
	return cred.Because(f, f.Code, f.Text, hint)
}
