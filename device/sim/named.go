package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim/socket"
)

// Names lists the units that Named knows.
func Names() []string { return []string{"nrf9151", "nrf9161", "nrf9160", "nrf9160-old", "nrf9151-ntn"} }

// Named describes the unit behind a port such as sim:nrf9151, without the "sim:". Settings may follow as in an address:
// "nrf9151?state=unit.json&imei=352656100367872&baud=115200&flash=30ms&host=at-host&firmware=mfw_nrf91x1_2.0.2&fault=full@2";
// fault may be repeated. A dash and a number after the name ("nrf9151#2") only tell several alike apart.
func Named(name string) (Config, error) {
	base, query, _ := strings.Cut(name, "?")
	base, _, _ = strings.Cut(base, "#")
	c := Config{}
	switch base {
	case "nrf9151", "nrf9161":
		c.Firmware, c.Model = DefaultFirmware, "nRF"+base[3:]
	case "nrf9160":
		c.Firmware = "mfw_nrf9160_1.3.7"
	case "nrf9160-old":
		c.Firmware = "mfw_nrf9160_1.2.3"
	case "nrf9151-ntn":
		c.Firmware = "mfw_nrf9151-ntn_1.0.0"
	default:
		return Config{}, cred.Failed("port.missing", fmt.Sprintf("there is no virtual modem %q", base),
			"give sim: and one of "+strings.Join(Names(), ", "))
	}
	settings, err := url.ParseQuery(query)
	if err != nil {
		return Config{}, badSetting(name, err)
	}
	for key, values := range settings {
		for _, v := range values {
			if err := c.setting(key, v); err != nil {
				return Config{}, badSetting(key, err)
			}
		}
	}
	return c, nil
}

func badSetting(what string, err error) error {
	why := err.Error()
	if f := (*cred.Fault)(nil); errors.As(err, &f) {
		why = f.Text // its code would stand in the middle of the line
	}
	return cred.Because(err, "config.value", fmt.Sprintf("the setting %q of the virtual modem cannot be used: %s", what, why),
		"settings are state, imei, firmware, host, baud, flash and fault, as in sim:nrf9151?baud=115200&flash=30ms")
}

func (c *Config) setting(key, v string) (err error) {
	switch key {
	case "state":
		c.State = v
	case "imei":
		c.IMEI, err = cred.ParseIMEI(v)
	case "firmware":
		c.Firmware = v
	case "host":
		c.Host = v
	case "baud":
		c.Baud, err = strconv.Atoi(v)
	case "flash":
		c.Flash, err = time.ParseDuration(v)
	case "fault":
		var f Fault
		f, err = ParseFault(v)
		c.Faults = append(c.Faults, f)
	default:
		err = fmt.Errorf("there is no such setting")
	}
	return err
}

// Rack holds the units behind sim: ports, so that a port that is closed and opened again leads to the same unit. The zero
// value is an empty rack.
type Rack struct {
	Dialer socket.Dialer // makes the connections of its units' sockets; nil: none can be made

	mu    sync.Mutex
	units map[string]*Modem
}

// Open puts the named unit on a line and returns the host's end; the name is as for Named, with or without "sim:". The line
// ends when it is closed, not with ctx.
func (r *Rack) Open(ctx context.Context, name string) (io.ReadWriteCloser, error) {
	m, err := r.Unit(name)
	if err != nil {
		return nil, err
	}
	return m.Pipe(context.WithoutCancel(ctx)), nil
}

// Unit returns the unit of that name, made new when the rack has none.
func (r *Rack) Unit(name string) (*Modem, error) {
	name = strings.TrimPrefix(name, "sim:")
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.units[name]; m != nil {
		return m, nil
	}
	c, err := Named(name)
	if err != nil {
		return nil, err
	}
	c.Dialer = r.Dialer
	m, err := New(c)
	if err != nil {
		return nil, err
	}
	if r.units == nil {
		r.units = map[string]*Modem{}
	}
	r.units[name] = m
	return m, nil
}
