package endpoint

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
	"example.org/sectag/endpoint/traits"
)

// maxAddresses is how many addresses of one name are tried.
const maxAddresses = 4

// meet finds the server among the addresses of the name, and hears what it says to the modem's hello.
func (p *probe) meet(ctx context.Context) *cred.Fault {
	addrs, fault := p.lookup(ctx)
	if fault != nil {
		return fault
	}
	for i, a := range addrs {
		p.far, p.address = p.at(a), a
		share := ctx
		cancel := func() {}
		if i < len(addrs)-1 { // an address that is silent must leave time for the next
			share, cancel = context.WithTimeout(ctx, p.o.Timeout/time.Duration(len(addrs)))
		}
		fault = p.greet(share)
		cancel()
		if fault == nil || p.far.Knows().Met || i == len(addrs)-1 {
			break
		}
		p.sent += p.far.Knows().Packets
	}
	return fault
}

// greet offers suites in rounds, the next one only when the one before was refused: with certificates what the modem has,
// then what LwM2M and other servers have; then pre-shared keys.
func (p *probe) greet(ctx context.Context) *cred.Fault {
	rest := append(flight.LwM2M(), flight.Wider()...)
	rounds := [][]flight.Suite{
		certificates(flight.Modem()), certificates(rest), psk(append(flight.Modem(), rest...)),
	}
	for i, suites := range rounds {
		view, err := p.far.Say(ctx, flight.Hello{Suites: suites, CID: true})
		if err != nil {
			return cred.Because(err, "dtls.no-route", "no way to "+p.endpoint.Addr()+": "+err.Error(), "check this computer's network")
		}
		if i > 0 && view.Hello == nil && (view.State() == flight.Nothing || view.State() == flight.Refused) {
			p.unheard = true
			break // it had enough of us, or time ran out, or packets were lost: what it said before counts
		}
		p.first = view
		p.unheard = p.unheard || view.State() == flight.Cookie
		switch {
		case view.Hello != nil && view.State() != flight.Garbled:
			p.psk = view.Hello.Suite.PSK()
			p.found = append(p.found, view.Hello.Suite)
			return hail.Why(view, p.endpoint.Addr())
		case view.State() == flight.Alerted && refusesSuites(view.Alert.Number):
		case view.State() == flight.Cookie && view.Cookies < hail.MaxCookies:
			// GnuTLS refuses by silence: only after the last round is it known that the silence does not mean the suites.
		default:
			return hail.Why(view, p.endpoint.Addr())
		}
	}
	if p.first.Alert != nil && !p.unheard {
		return cred.Failed("dtls.no-common-suite",
			fmt.Sprintf("%s refuses every cipher suite that was offered, with alert %s", p.endpoint.Addr(), p.first.Alert),
			"have the server offer "+flight.Suite(0xC02B).String()+" or "+flight.Suite(0xC023).String())
	}
	return hail.Why(p.first, p.endpoint.Addr())
}

func refusesSuites(alert uint8) bool {
	return alert == flight.HandshakeFailure || alert == flight.InsufficientSecurity
}

func certificates(suites []flight.Suite) []flight.Suite {
	return slices.DeleteFunc(slices.Clone(suites), flight.Suite.PSK)
}

func psk(suites []flight.Suite) []flight.Suite {
	return slices.DeleteFunc(slices.Clone(suites), func(s flight.Suite) bool { return !s.PSK() })
}

// lookup finds the addresses to try.
func (p *probe) lookup(ctx context.Context) ([]netip.AddrPort, *cred.Fault) {
	if a, err := netip.ParseAddr(p.endpoint.Host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(a, p.endpoint.Port)}, nil
	}
	found, err := p.o.Lookup(ctx, p.endpoint.Host)
	out := addresses(found, p.endpoint.Port)
	if err == nil && len(out) == 0 {
		err = &net.DNSError{Err: "no address", Name: p.endpoint.Host, IsNotFound: true}
	}
	if err != nil {
		return nil, cred.Because(err, "dtls.unresolved", "the name "+p.endpoint.Host+" has no address",
			"check the name and this computer's name server")
	}
	return out, nil
}

// sweep finds the other suites that the server takes, of the modem's list and LwM2M's.
func (p *probe) sweep(ctx context.Context) {
	for n := 0; n == 0 || n < 3 && p.doubtful(); n++ {
		p.found = append(p.found, hail.Sweep(ctx, p.far, append(flight.Modem(), flight.LwM2M()...), p.found, p.report.Traits.Heard)...)
	}
	if ctx.Err() != nil {
		p.finding(cred.Info, "dtls.suites-partial", "time ran out before all cipher suites were tried", "give more time with --timeout")
	}
}

// doubtful tells whether the server was seen to take nothing of the modem's, and was silent when it was asked for that: a refusal, as
// GnuTLS has it, or packets that were lost. One silence more makes the second unlikely.
func (p *probe) doubtful() bool {
	return p.unheard && !slices.ContainsFunc(p.found, flight.InModem)
}

// look asks for what the server can do beside that.
func (p *probe) look(ctx context.Context) {
	of := traits.Subject{First: p.first, Suites: p.found}
	if len(p.first.Chain) > 0 {
		if c, err := x509.ParseCertificate(p.first.Chain[0]); err == nil {
			of.Key = c.PublicKey
		}
	}
	whole := traits.Look(ctx, p.far, of, &p.report.Traits)
	p.report.Findings = append(p.report.Findings, p.report.Traits.Findings(p.first)...)
	switch {
	case p.far.Knows().Spent():
		p.finding(cred.Info, "dtls.probe-partial", fmt.Sprintf("%d packets were sent to the server, which is enough: not all was asked", hail.MaxPackets),
			"packets are lost on the way, or many suites were found: try again when the network is quiet")
	case !whole && len(p.report.Suites.Server) > 0:
		p.finding(cred.Info, "dtls.probe-partial", "time ran out before all was asked: what is missing in traits is not known", "give more time with --timeout")
	}
}
