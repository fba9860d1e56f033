package target

import (
	"time"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cred"
	"example.org/sectag/internal/atomicfile"
)

// maxFile bounds what is read of a file that should hold a certificate or a key.
const maxFile = 1 << 20

// Identity is what a unit has to show, in files: --cert, --key and --anchor, or --psk-id and --psk-file.
type Identity struct {
	cert, key, anchor string
	psk               PSK
}

// Add adds the flags.
func (i *Identity) Add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&i.cert, "cert", "", "the unit's certificate")
	f.StringVar(&i.key, "key", "", "its private key, in clear")
	f.StringVar(&i.anchor, "anchor", "", "the root that the unit trusts the server by")
	i.psk.Add(c)
}

// Read reads the files. With need all of one kind must be named; without, all or none.
func (i *Identity) Read(need bool) (out ask.Identity, err error) {
	some := i.cert+i.key+i.anchor != ""
	switch {
	case i.psk.Given():
		out.PSKID, out.PSK, err = i.psk.Read(some)
		return out, err
	case !need && !some:
		return out, nil
	}
	for _, f := range []struct {
		flag, name string
		to         *[]byte
	}{{"cert", i.cert, &out.Cert}, {"key", i.key, &out.Key}, {"anchor", i.anchor, &out.Anchor}} {
		if f.name == "" {
			return out, cred.Failed("usage.flag", "--"+f.flag+" is missing", "write sectag connect URL --cert F --key F --anchor F, or --psk-id S --psk-file F")
		}
		if *f.to, err = atomicfile.Read(f.name, maxFile); err != nil {
			return out, cred.Because(err, "config.file", "the file "+f.name+" cannot be read", "name the file behind --"+f.flag)
		}
	}
	return out, nil
}

// Via is the flags of a connection through a modem.
type Via struct {
	port, tag, name string
	register        bool
	said            func(flag string) bool
}

// Add adds the flags.
func (v *Via) Add(c *cobra.Command) {
	f := c.Flags()
	v.said = func(flag string) bool { return c.Flags().Changed(flag) }
	f.StringVar(&v.port, "via-modem", "", "port of a unit whose modem makes the connection by itself")
	f.StringVar(&v.tag, "sec-tag", "", "sec_tag that the modem connects by")
	f.BoolVar(&v.register, "register", false, "register with LwM2M, update and de-register, through the modem")
	f.StringVar(&v.name, "endpoint", "", "LwM2M endpoint name; the profile's id with the unit's IMEI if not given")
}

// Through is what they ask for; ok is false for a connection from this computer. The time of --timeout is a modem's only where it
// was given: what it is without is for a server, and too short for a network.
func (v *Via) Through(timeout time.Duration) (o ask.Through, ok bool, err error) {
	const hint = "write sectag connect URL --via-modem P --sec-tag N"
	if v.port == "" {
		if v.tag != "" || v.register || v.name != "" {
			return o, false, cred.Failed("usage.flag", "--sec-tag, --register and --endpoint need --via-modem", hint)
		}
		return o, false, nil
	}
	if v.tag == "" {
		return o, false, cred.Failed("usage.flag", "--sec-tag is missing", hint)
	}
	if v.name != "" && !v.register {
		return o, false, cred.Failed("usage.flag", "--endpoint needs --register", hint+" --register --endpoint NAME")
	}
	o = ask.Through{Port: v.port, Register: v.register, Name: v.name}
	if v.said("timeout") {
		o.Timeout = timeout
	}
	o.SecTag, err = secTag(v.tag)
	return o, err == nil, err
}
