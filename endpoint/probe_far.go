package endpoint

import (
	"context"
	"net/netip"

	"example.org/sectag/endpoint/anon"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/endpoint/hail"
	"example.org/sectag/endpoint/tcp"
)

// far is the server at one address, over UDP or TCP.
type far interface {
	hail.Asker
	// letIn makes a handshake without a certificate: see package anon.
	letIn(ctx context.Context, takes []flight.Suite) bool
}

type overUDP struct{ hail.Server }

func (u *overUDP) letIn(ctx context.Context, takes []flight.Suite) bool {
	return anon.LetIn(ctx, &u.Server, takes)
}

type overTCP struct{ tcp.Server }

func (t *overTCP) letIn(ctx context.Context, takes []flight.Suite) bool {
	return tcp.LetIn(ctx, &t.Server, takes)
}

// overStream tells whether the endpoint is spoken to over TCP.
func (p *probe) overStream() bool { return p.endpoint.Scheme == "tls" }

// at is the server at an address of the name.
func (p *probe) at(a netip.AddrPort) far {
	name := ""
	if !p.endpoint.IsIP() {
		name = p.endpoint.Host
	}
	if p.overStream() {
		return &overTCP{tcp.Server{Addr: a, Name: name, Dial: p.o.Dial}}
	}
	return &overUDP{hail.Server{Addr: a, Name: name, Dial: p.o.Dial}}
}
