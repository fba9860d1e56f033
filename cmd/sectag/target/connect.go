package target

import (
	"github.com/spf13/cobra"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/internal/atomicfile"
)

// maxFile bounds what is read of a file that should hold a certificate or a key.
const maxFile = 1 << 20

// Identity is --cert, --key and --anchor, or --psk-id and --psk-file: what a unit has to show.
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

// Read reads the files. What is secret in them is in o even beside an error.
func (i *Identity) Read(o *endpoint.ConnectOptions) (err error) {
	if i.psk.Given() {
		o.PSKID, o.PSK, err = i.psk.Read(i.cert+i.key+i.anchor != "")
		return err
	}
	for _, f := range []struct {
		flag, name string
		to         *[]byte
	}{{"cert", i.cert, &o.Cert}, {"key", i.key, &o.Key}, {"anchor", i.anchor, &o.Anchor}} {
		if f.name == "" {
			return cred.Failed("usage.flag", "--"+f.flag+" is missing", "write sectag connect URL --cert F --key F --anchor F, or --psk-id S --psk-file F")
		}
		if *f.to, err = atomicfile.Read(f.name, maxFile); err != nil {
			return cred.Because(err, "config.file", "the file "+f.name+" cannot be read", "name the file behind --"+f.flag)
		}
	}
	return nil
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
