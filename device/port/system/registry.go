package system

import (
	"regexp"
	"strconv"
	"strings"
)

// hive is what is needed of the Windows registry. Paths begin below HKEY_LOCAL_MACHINE and are told apart without regard to case.
type hive interface {
	keys(path string) []string      // the names of what lies below a key
	value(path, name string) string // a text, empty if there is none
	serialPorts() map[string]bool   // HARDWARE\DEVICEMAP\SERIALCOMM: the ports that are there now
}

// Where Windows keeps what was ever plugged in. A device with several functions has a key of its own and one for each function,
// whose name holds the interface number as MI_xx; the two belong together by ParentIdPrefix, which the instance of the function
// begins with (nrf-device-lister and its kin go the same way).
const (
	enumUSB  = `SYSTEM\CurrentControlSet\Enum\USB`
	enumFTDI = `SYSTEM\CurrentControlSet\Enum\FTDIBUS`
)

var (
	usbKey  = regexp.MustCompile(`(?i)^VID_([0-9a-f]{4})&PID_([0-9a-f]{4})(?:&MI_([0-9a-f]{2}))?$`)
	ftdiKey = regexp.MustCompile(`(?i)^VID_([0-9a-f]{4})\+PID_([0-9a-f]{4})\+(\S*?)([A-D]?)$`)
)

// registryPorts finds the ports that are there now and what is known of the devices behind them.
func registryPorts(h hive) []Port {
	there := h.serialPorts()
	var out []Port
	at := map[string]int{}
	add := func(key string, p Port) {
		if !there[strings.ToUpper(p.Name)] {
			return
		}
		i, had := at[p.Name]
		switch { // a number is given again when its old device is gone, which stays in the registry without Control
		case !had:
			at[p.Name] = len(out)
			out = append(out, p)
		case started(h, key):
			out[i] = p
		}
	}
	usbDevices(h, add)
	ftdiDevices(h, add)
	for name := range there {
		if _, had := at[name]; !had {
			out = append(out, Port{Name: name})
		}
	}
	return out
}

// started tells whether a device is there now: only then has its instance the volatile key Control.
func started(h hive, key string) bool {
	for _, k := range h.keys(key) {
		if strings.EqualFold(k, "Control") {
			return true
		}
	}
	return false
}

func usbDevices(h hive, add func(string, Port)) {
	for _, name := range h.keys(enumUSB) {
		m := usbKey.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		for _, instance := range h.keys(enumUSB + `\` + name) {
			key := enumUSB + `\` + name + `\` + instance
			p := Port{Name: h.value(key+`\Device Parameters`, "PortName")}
			if p.Name == "" {
				continue
			}
			p.VID, p.PID = strings.ToLower(m[1]), strings.ToLower(m[2])
			p.Device, p.Serial = enumUSB+`\`+name+`\`+instance, instance
			if m[3] != "" {
				n, _ := strconv.ParseUint(m[3], 16, 8)
				face := int(n)
				p.Interface = &face
				p.Device, p.Serial = parent(h, m[1], m[2], instance)
			}
			if strings.Contains(p.Serial, "&") { // Windows made it up: the device has none
				p.Serial = ""
			}
			p.Serial = serialNo(p.Serial)
			add(key, p)
		}
	}
}

// parent finds the device that a function belongs to, and with it the serial number, which is the name of its instance.
func parent(h hive, vid, pid, function string) (device, number string) {
	key := enumUSB + `\VID_` + vid + `&PID_` + pid
	for _, instance := range h.keys(key) {
		prefix := h.value(key+`\`+instance, "ParentIdPrefix")
		if prefix != "" && strings.HasPrefix(strings.ToUpper(function), strings.ToUpper(prefix)+"&") {
			return key + `\` + instance, instance
		}
	}
	if i := strings.LastIndexByte(function, '&'); i > 0 { // what the functions of one device have in common
		return key + `\` + function[:i], ""
	}
	return key + `\` + function, ""
}

// ftdiDevices are those of FTDI's own driver, which has a bus of its own. The letter behind the serial number is the channel.
func ftdiDevices(h hive, add func(string, Port)) {
	for _, name := range h.keys(enumFTDI) {
		m := ftdiKey.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		for _, instance := range h.keys(enumFTDI + `\` + name) {
			key := enumFTDI + `\` + name + `\` + instance
			p := Port{Name: h.value(key+`\Device Parameters`, "PortName")}
			if p.Name == "" {
				continue
			}
			face := 0
			if m[4] != "" {
				face = int(strings.ToUpper(m[4])[0] - 'A')
			}
			p.VID, p.PID, p.Interface = strings.ToLower(m[1]), strings.ToLower(m[2]), &face
			if !strings.Contains(m[3], "&") {
				p.Serial = serialNo(m[3])
			}
			p.Device = enumFTDI + `\` + strings.ToUpper(m[1]+m[2]+m[3])
			add(key, p)
		}
	}
}
