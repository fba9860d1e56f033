package system

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said writes a port for comparison.
func said(ports []Port) (out []string) {
	for _, p := range ports {
		n := -1
		if p.Interface != nil {
			n = *p.Interface
		}
		out = append(out, fmt.Sprintf("%s|%s:%s|%s|%d", p.Name, p.VID, p.PID, p.Serial, n))
	}
	slices.Sort(out)
	return out
}

// exported is a registry as regedit writes it into a file.
type exported map[string]map[string]string

var (
	regKey   = regexp.MustCompile(`^\[HKEY_LOCAL_MACHINE\\(.*)\]$`)
	regValue = regexp.MustCompile(`^"(.*)"="(.*)"$`)
)

func export(t *testing.T, file string) exported {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out, at := exported{}, ""
	for l := range strings.Lines(string(b)) {
		l = strings.TrimSpace(l)
		if m := regKey.FindStringSubmatch(l); m != nil {
			at = m[1]
			for p := at; p != ""; p, _, _ = cutLast(p) {
				if out[p] == nil {
					out[p] = map[string]string{}
				}
			}
		} else if m := regValue.FindStringSubmatch(l); m != nil {
			out[at][strings.ReplaceAll(m[1], `\\`, `\`)] = strings.ReplaceAll(m[2], `\\`, `\`)
		}
	}
	return out
}

func cutLast(p string) (string, string, bool) {
	i := strings.LastIndexByte(p, '\\')
	if i < 0 {
		return "", p, false
	}
	return p[:i], p[i+1:], true
}

func (e exported) keys(path string) (out []string) {
	for k := range e {
		if above, name, ok := cutLast(k); ok && strings.EqualFold(above, path) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (e exported) value(path, name string) string { return e[path][name] }

func (e exported) serialPorts() map[string]bool {
	out := map[string]bool{}
	for _, v := range e[`HARDWARE\DEVICEMAP\SERIALCOMM`] {
		out[v] = true
	}
	return out
}

func TestTheWindowsRegistryNamesInterfaces(t *testing.T) {
	t.Parallel()
	ports := registryPorts(export(t, "testdata/windows/boards.reg"))
	want := []string{
		"COM10|1915:910a|THINGY91X_ABCDEF|4",
		"COM11|1915:9100||0", // Windows made a number up
		"COM13|1366:105d||0", // the parent is not told
		"COM15|1366:1055|000960112345|0",
		"COM1|:||-1",
		"COM20|0403:6010|FT1ABCDE|0",
		"COM21|0403:6010|FT1ABCDE|1",
		"COM3|10c4:ea60|0001|-1",
		"COM4|1a86:7523||-1",
		"COM6|1366:1059|001051234567|2",
		"COM7|1366:1059|001051234567|0", // and not the unit that had the number before
		"COM9|1915:910a|THINGY91X_ABCDEF|1",
	}
	if d := cmp.Diff(want, said(ports)); d != "" {
		t.Error(d)
	}
	device := map[string]string{}
	for _, p := range ports {
		device[p.Name] = p.Device
	}
	if device["COM6"] != device["COM7"] || device["COM9"] != device["COM10"] || device["COM20"] != device["COM21"] ||
		device["COM6"] == device["COM9"] || device["COM1"] != "" {
		t.Errorf("which ports belong together: %v", device)
	}
	if got := registryPorts(exported{}); len(got) != 0 {
		t.Errorf("nothing makes %v", got)
	}
}

func TestTheRegistryOfMacOSNamesInterfaces(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/macos/boards.plist")
	if err != nil {
		t.Fatal(err)
	}
	known, err := ioregPorts(text)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{
		"/dev/tty.usbmodem0010512345671", "/dev/cu.usbmodem0010512345671", "/dev/cu.usbmodem0010512345673", "/dev/cu.usbmodem142202",
		"/dev/cu.usbmodem142205", "/dev/cu.SLAB_USBtoUART", "/dev/cu.Bluetooth-Incoming-Port", "/dev/cu.debug-console", "/dev/cu.other",
	}
	ports := callouts(names, known)
	want := []string{
		"/dev/cu.SLAB_USBtoUART|10c4:ea60|0001|0", // a hub between
		"/dev/cu.other|:||-1",
		"/dev/cu.usbmodem0010512345671|1366:1059|001051234567|0",
		"/dev/cu.usbmodem0010512345673|1366:1059|001051234567|2",
		"/dev/cu.usbmodem142202|1915:910a|THINGY91X_ABCDEF|1",
		"/dev/cu.usbmodem142205|1915:910a|THINGY91X_ABCDEF|4",
	}
	if d := cmp.Diff(want, said(ports)); d != "" {
		t.Error(d)
	}
	if ports[0].Device != "14100000" || ports[0].Device != ports[1].Device || ports[0].Product != "J-Link" || ports[4].Product != "CP2102N ? Bridge" {
		t.Errorf("%+v", ports)
	}
	if got, err := ioregPorts([]byte(" \n")); got != nil || err != nil {
		t.Errorf("without a device: %v %v", got, err)
	}
	for _, bad := range []string{"no plist", "<plist><dict><string>x</string></dict></plist>", "<plist><dict><key>a</key></dict></plist>", "<plist><array>", strings.Repeat("<array>", 500)} {
		if _, err := ioregPorts([]byte(bad)); !errors.Is(err, errPlist) {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

// FuzzIoreg: what ioreg prints holds what devices call themselves.
func FuzzIoreg(f *testing.F) {
	text, err := os.ReadFile("testdata/macos/boards.plist")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("<plist><array><dict><key>idVendor</key><integer>99999999999999999999</integer></dict></array></plist>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ports, err := ioregPorts(b)
		for _, p := range ports {
			if p.VID == "" || p.Name == "" || strings.ContainsFunc(p.Serial+p.Product, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%+v", p)
			}
		}
		if err != nil && len(ports) > 0 {
			t.Error("ports beside a failure")
		}
	})
}
