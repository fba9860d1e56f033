package endpoint

import (
	"cmp"
	"context"
	"errors"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/lwm2m"
	"example.org/sectag/endpoint/session"
)

// lwm2m does in the open session what was asked for: a registration that is taken back, or the steps of a bootstrap.
func (c *connection) lwm2m(ctx context.Context, s *session.Session) *cred.Fault {
	o := c.options
	if !o.Register && !o.Bootstrap {
		return nil
	}
	who, wait := c.identity.Name(), max(o.Timeout, patience(s))
	unit := lwm2m.Client{
		Name: cmp.Or(o.Endpoint, who), Identity: who, PSK: c.identity.HasKey(), Tell: s.Tell,
		Wait: wait, First: min(max(coap.AckTimeout, s.Took()), wait/again), Grace: max(lwm2m.DefaultGrace, patience(s)),
	}
	var err error
	if o.Bootstrap {
		var b lwm2m.Bootstrapped
		b, err = lwm2m.Bootstrap(ctx, s, unit)
		c.report.Bootstrap = &b
	} else {
		var r lwm2m.Registration
		var found []cred.Finding
		r, found, err = lwm2m.Register(ctx, s, unit)
		c.report.Register = &r
		c.report.Findings = append(c.report.Findings, found...)
	}
	return c.broke(ctx, s, err)
}

// again is the part of the time for an answer after which a request is said again for the first time: it leaves room for three more.
const again = 10

// broke says why a dialogue ended: in its own words, or in those of the session that it ran over.
func (c *connection) broke(ctx context.Context, s *session.Session, err error) *cred.Fault {
	var f *cred.Fault
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return cred.Because(ctx.Err(), "dtls.canceled", "the connection was cancelled", "start it again")
	case errors.As(err, &f) && !(f.Code == "lwm2m.silent" && s.Refusing()):
		return f
	}
	return s.Ended(err)
}

// asks refuses what cannot be asked for, before any server is.
func (o ConnectOptions) asks(own string) *cred.Fault {
	switch {
	case o.Register && o.Bootstrap:
		return cred.Failed("config.value", "a server that registers units and one that bootstraps them are two servers", "ask for one of the two")
	case o.Register || o.Bootstrap:
		return lwm2m.CheckName(cmp.Or(o.Endpoint, own))
	case o.Endpoint != "":
		return cred.Failed("config.value", "an endpoint name was given and nothing is to be registered", "ask for the registration too")
	}
	return nil
}
