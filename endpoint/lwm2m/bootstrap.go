package lwm2m

import (
	"context"
	"errors"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
)

// Bootstrapped is what a bootstrap server did. Nothing of it is kept.
type Bootstrapped struct {
	Code     string `json:"code,omitempty"` // the server's answer to the request, "2.04"
	Deleted  int    `json:"deleted"`        // how often it had something deleted
	Written  int    `json:"written"`        // how often it wrote
	Finished bool   `json:"finished"`       // it said that it was done
}

// bs is the path of a bootstrap request, and of the server's last word (OMA LwM2M Transport 1.1, section 6.4.2).
const bs = "bs"

// isBootstrap asks a server that has no /rd whether it has /bs, in a way that begins nothing: a bootstrap server says that GET is
// not allowed there, any other that there is nothing.
func (j *job) isBootstrap(ctx context.Context) bool {
	j.client.Tell("-> is it a bootstrap server?")
	m := coap.Message{Code: coap.GET}
	m.Add(coap.URIPath, bs)
	out, err := j.request(ctx, false, "question for /bs", m)
	return err == nil && out.Code != coap.NotFound
}

func bootstrapServer(m coap.Message) *cred.Fault {
	return cred.Failed("lwm2m.bootstrap", "this is a bootstrap server: it answers "+said(m)+" to the registration, and has /bs",
		"give the LwM2M server's own address, or try the bootstrap from this computer, with --bootstrap")
}

// Bootstrap asks a bootstrap server for its steps, acknowledges what it deletes and writes, stores none of it, and waits until it says
// that it is done, at most twice Wait. The error is a *cred.Fault, or one of the connection, as it is.
func Bootstrap(ctx context.Context, conn coap.Conn, c Client) (r Bootstrapped, err error) {
	if f := CheckName(c.Name); f != nil {
		return r, f
	}
	c = c.withDefaults()
	j := job{client: c, talk: coap.NewDialogue(conn, c.First, func(in coap.Message) coap.Message { return r.take(in, c.Tell) })}
	c.Tell("-> LwM2M bootstrap request as " + c.Name)
	m := coap.Message{Code: coap.POST}
	m.Add(coap.URIPath, bs)
	m.Add(coap.URIQuery, "ep="+c.Name)
	out, err := j.request(ctx, false, "bootstrap request", m)
	if err != nil {
		return r, err
	}
	r.Code = out.Code.String()
	c.Tell("<- " + said(out))
	if out.Code != coap.Changed {
		return r, c.refused("bootstrap request", out)
	}
	limit, cancel := context.WithTimeout(ctx, 2*c.Wait)
	defer cancel()
	err = j.talk.Serve(limit, func() bool { return r.Finished })
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return r, cred.Because(err, "lwm2m.unfinished", "the server began a bootstrap and did not say that it was done, after "+times(r.Written)+" and "+strconv.Itoa(r.Deleted)+" deleted",
			"look at its log: it may write in blocks, or wait for what this computer does not have; a slow link needs --timeout")
	}
	return r, err
}

func times(n int) string {
	if n == 1 {
		return "1 object written"
	}
	return strconv.Itoa(n) + " objects written"
}

// objects is what a bootstrap server that looks first is shown: nothing but what every client has (OMA LwM2M Transport 1.1, section
// 6.4.2, Bootstrap-Discover).
const objects = `</>;lwm2m=1.1,</0>,</1>,</3/0>`

// take takes one step of a bootstrap server.
func (r *Bootstrapped) take(in coap.Message, tell func(string)) coap.Message {
	switch {
	case in.Code == coap.POST && in.Path() == bs:
		tell("<- the bootstrap is done")
		r.Finished = true
		return coap.Message{Code: coap.Changed}
	case in.Code == coap.DELETE:
		tell("<- deletes /" + cred.Line(in.Path()))
		r.Deleted++
		return coap.Message{Code: coap.Deleted}
	case in.Code == coap.PUT:
		tell("<- writes /" + cred.Line(in.Path()))
		r.Written++
		return coap.Message{Code: coap.Changed}
	case in.Code == coap.GET && in.Path() == "":
		out := coap.Message{Code: coap.Content, Payload: []byte(objects)}
		out.AddUint(coap.ContentFormat, coap.LinkFormat)
		return out
	}
	return coap.Message{Code: coap.NotFound}
}
