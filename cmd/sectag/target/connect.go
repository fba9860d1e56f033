package target

import (
	"time"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/internal/atomicfile"
)

// MaxFile bounds what is read of a file that a person names, in bytes.
const MaxFile = 1 << 20

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
	f.StringVar(&i.anchor, "anchor", "", "the server's root, by which the unit trusts it; sectag probe URL --anchor-out F writes it")
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
			return out, cred.Failed("usage.flag", "--"+f.flag+" is missing", "write sectag connect URL --cert F --key F --anchor F, or --psk-id S --psk-file F"+
				"; sectag ca issue makes the first two, sectag probe URL --anchor-out F the third")
		}
		if *f.to, err = atomicfile.Read(f.name, MaxFile); err != nil {
			return out, cred.Because(err, "config.file", "the file "+f.name+" cannot be read", "name the file behind --"+f.flag)
		}
	}
	return out, nil
}

// Via is the flags of a connection through a modem.
type Via struct {
	port, tag string
	said      func(flag string) bool
}

// Add adds the flags.
func (v *Via) Add(c *cobra.Command) {
	f := c.Flags()
	v.said = func(flag string) bool { return c.Flags().Changed(flag) }
	f.StringVar(&v.port, "via-modem", "", "port of a unit whose modem makes the connection by itself")
	f.StringVar(&v.tag, "sec-tag", "", "sec_tag that the modem connects by")
}

// Through is what they ask for; ok is false for a connection from this computer. The time of --timeout is a modem's only where it
// was given: what it is without is for a server, and too short for a network. negative is whether a flag of --negative was given: what
// is not done must be refused, or a PASS would be taken for its proof.
func (v *Via) Through(timeout time.Duration, d Dialogue, negative bool) (o ask.Through, ok bool, err error) {
	const hint = "write sectag connect URL --via-modem P --sec-tag N"
	if v.port == "" {
		if v.tag != "" {
			return o, false, cred.Failed("usage.flag", "--sec-tag needs --via-modem", hint)
		}
		return o, false, nil
	}
	if v.tag == "" {
		return o, false, cred.Failed("usage.flag", "--sec-tag is missing", hint)
	}
	if d.bootstrap || d.rebind || negative {
		return o, false, cred.Failed("usage.flag", "--bootstrap, --rebind and --negative are for a connection from this computer", hint+" --register")
	}
	var said endpoint.ConnectOptions
	if err = d.Ask(&said); err != nil {
		return o, false, err
	}
	o = ask.Through{Port: v.port, Register: said.Register, Name: said.Endpoint}
	if v.said("timeout") {
		o.Timeout = timeout
	}
	o.SecTag, err = secTag(v.tag)
	return o, err == nil, err
}

// Dialogue is the flags that say what is done in the open session.
type Dialogue struct {
	register, bootstrap, rebind bool
	name                        string
	cmd                         *cobra.Command
}

// Add adds the flags.
func (d *Dialogue) Add(c *cobra.Command) {
	d.cmd = c
	f := c.Flags()
	f.BoolVar(&d.register, "register", false, "register with LwM2M, update, and de-register")
	f.StringVar(&d.name, "endpoint", "", "LwM2M endpoint name (default: the certificate's common name, or the identity of the pre-shared key)")
	f.BoolVar(&d.bootstrap, "bootstrap", false, "ask a bootstrap server for its steps; what it writes is not kept")
	f.BoolVar(&d.rebind, "rebind", false, "go on from another port, and tell whether the session survives")
}

// Ask puts into o what is asked for, or refuses what cannot be.
func (d *Dialogue) Ask(o *endpoint.ConnectOptions) error {
	named := d.cmd.Flags().Changed("endpoint")
	switch {
	case d.register && d.bootstrap:
		return cred.Failed("usage.flag", "--register and --bootstrap are for two kinds of servers", "write one of the two")
	case named && d.name == "":
		return cred.Failed("usage.flag", "--endpoint is empty", "leave the flag out, or look at the variable that should have filled it")
	case named && !d.register && !d.bootstrap:
		return cred.Failed("usage.flag", "--endpoint names a unit that is not registered", "write --register --endpoint NAME")
	}
	o.Register, o.Bootstrap, o.Endpoint, o.Rebind = d.register, d.bootstrap, d.name, d.rebind
	return nil
}
