package port

import (
	"cmp"
	"context"
	"slices"
	"strings"
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
	ports, err := l.find(ctx)
	if err != nil || ports == nil {
		return []Info{}, err // never nil: a list is always there
	}
	slices.SortFunc(ports, compare)
	label(ports)
	dir := Dialer{LockDir: l.LockDir}.lockDir()
	for i := range ports {
		l.judge(&ports[i], dir)
	}
	return ports, ctx.Err()
}

func compare(a, b Info) int {
	return cmp.Or(
		boolCompare(a.VID == "", b.VID == ""),
		strings.Compare(a.VID, b.VID),
		strings.Compare(a.Serial, b.Serial),
		strings.Compare(a.device, b.device),
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
func (l Lister) judge(p *Info, lockDir string) {
	if pid, held := heldBy(lockDir, canonical(p.Name)); held {
		p.Busy = true
		p.Blocked = busyBy(p.Name, "sectag", pid)
		return
	}
	l.access(p)
}
