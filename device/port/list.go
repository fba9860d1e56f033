package port

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device/port/board"
	"example.org/sectag/device/port/system"
)

// Lister finds the ports of this computer.
type Lister struct {
	// Root is put before /sys, /dev and /proc on Linux; empty is the real system. A test hands in a tree of its own.
	Root string
	// LockDir is that of the Dialer: ports that another bench has are busy.
	LockDir string
}

// Ports lists the serial ports that the system knows: USB devices first, the ports of one device together and in the order
// of their interfaces. No port is opened.
func (l Lister) Ports(ctx context.Context) ([]Info, error) {
	ports, err := l.named(ctx)
	if err != nil {
		return []Info{}, err // never nil: a list is always there
	}
	programs := system.Look(l.Root)
	dir := Dialer{LockDir: l.LockDir}.lockDir()
	for i := range ports {
		l.judge(&ports[i], dir, programs)
	}
	return ports, ctx.Err()
}

// named is the list without looking at who has the ports.
func (l Lister) named(ctx context.Context) ([]Info, error) {
	found, err := system.Ports(ctx, l.Root)
	if err != nil {
		var f *cred.Fault
		if errors.As(err, &f) {
			return nil, f
		}
		return nil, cred.Because(err, "port.denied", "the list of ports cannot be read", "type the name of the port instead")
	}
	ports := make([]Info, 0, len(found))
	for _, p := range found {
		ports = append(ports, Info{
			Name: p.Name, VID: p.VID, PID: p.PID, Serial: p.Serial, Interface: p.Interface, Role: Unknown,
			Stable: p.Stable, Device: p.Device, Product: p.Product, Maker: p.Maker,
		})
	}
	slices.SortFunc(ports, compare)
	label(ports)
	return ports, nil
}

// label names boards and roles. The ports of one device stand together, in the order of their interfaces.
func label(ports []Info) {
	for i := 0; i < len(ports); {
		n := i + 1
		for n < len(ports) && ports[i].Device != "" && ports[i].Device == ports[n].Device {
			n++
		}
		if b, ok := board.Lookup(ports[i].USB()); ok {
			for j := i; j < n; j++ {
				ports[j].Board, ports[j].Kind, ports[j].Of, ports[j].Role = b.Name, b.Kind, b, b.Role(j-i, n-i)
			}
		}
		i = n
	}
}

func compare(a, b Info) int {
	return cmp.Or(
		boolCompare(a.VID == "", b.VID == ""),
		strings.Compare(a.VID, b.VID),
		strings.Compare(a.Serial, b.Serial),
		strings.Compare(a.Device, b.Device),
		cmp.Compare(number(a.Interface), number(b.Interface)),
		cmp.Compare(len(a.Name), len(b.Name)), // COM9 before COM10
		strings.Compare(a.Name, b.Name),
	)
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func number(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// judge says whether a port can be opened now, and if not, why and what to do.
func (l Lister) judge(p *Info, lockDir string, programs system.Programs) {
	if pid, held := heldBy(lockDir, canonical(p.Name)); held {
		p.Busy = true
		p.Blocked = busyBy(p.Name, "sectag", pid)
		return
	}
	if h, has := programs.Holder(p.Name); has {
		p.Busy = true
		p.Blocked = busyBy(p.Name, h.Name, h.PID)
		return
	}
	if f := l.access(p.Name); f != nil {
		p.Blocked = f
	}
}
