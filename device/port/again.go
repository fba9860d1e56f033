package port

import (
	"context"
	"slices"
	"sync"
)

// Again finds a port in a new list by what does not change when its unit reboots or is plugged in again: the serial number of
// the USB device and the interface. Devices without a number of their own (CP210x bridges all say 0001, CH340 have none) are
// known by the socket they hang in. A board that reboots into MCUboot is not found: it has no such port then.
func Again(was Info, now []Info) (Info, bool) {
	same := func(p Info) bool {
		return p.VID != "" && p.VID == was.VID && number(p.Interface) == number(was.Interface)
	}
	var found []Info
	for _, p := range now {
		if same(p) && was.Serial != "" && p.Serial == was.Serial && p.Kind == was.Kind {
			found = append(found, p)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	for _, p := range now {
		if same(p) && p.PID == was.PID && p.Serial == was.Serial && p.Device != "" && p.Device == was.Device {
			return p, true
		}
	}
	return Info{}, false
}

// Memory knows which USB device the ports were that were opened, for as long as a bench runs. It may be used by several at a
// time.
type Memory struct {
	mu    sync.Mutex
	ports map[string]Info
}

// resolve says by which name a port is to be opened now, which is the name that was asked for unless the device that had it is
// plugged in elsewhere. The unit that is there is then remembered for that name.
func (m *Memory) resolve(ctx context.Context, root, name string) string {
	if m == nil {
		return name
	}
	now, err := Lister{Root: root}.named(ctx)
	if err != nil {
		return name
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at := slices.IndexFunc(now, func(p Info) bool { return p.Name == canonical(name) })
	if was, known := m.ports[name]; known {
		if p, ok := Again(was, now); ok {
			m.ports[name] = p
			if at < 0 || now[at].Device != p.Device || number(now[at].Interface) != number(p.Interface) {
				return p.Name
			}
			return name
		}
	}
	if at >= 0 && now[at].VID != "" {
		if m.ports == nil {
			m.ports = map[string]Info{}
		}
		m.ports[name] = now[at]
	}
	return name
}
