package system

import (
	"context"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// Ports are the serial ports of this computer. root is for the other systems.
func Ports(context.Context, string) ([]Port, error) { return registryPorts(localMachine{}), nil }

// localMachine is HKEY_LOCAL_MACHINE. What cannot be read is not there.
type localMachine struct{}

func (localMachine) keys(path string) []string {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return nil
	}
	defer k.Close()
	names, _ := k.ReadSubKeyNames(-1)
	return names
}

func (localMachine) value(path, name string) string {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer k.Close()
	s, _, _ := k.GetStringValue(name)
	return s
}

func (h localMachine) serialPorts() map[string]bool {
	out := map[string]bool{}
	const path = `HARDWARE\DEVICEMAP\SERIALCOMM`
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return out
	}
	defer k.Close()
	names, _ := k.ReadValueNames(-1)
	for _, n := range names {
		if s := h.value(path, n); s != "" {
			out[strings.ToUpper(s)] = true
		}
	}
	return out
}
