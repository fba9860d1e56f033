package ask

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
)

// Registered is what became of an LwM2M registration, in the words of the contract's verb connect.
type Registered struct {
	Code         string `json:"code,omitempty"`     // the server's answer to Register, "2.01"
	Location     string `json:"location,omitempty"` // where it put the registration, "/rd/7"
	Lifetime     int    `json:"lifetime,omitempty"` // seconds
	Updated      bool   `json:"updated"`
	Deregistered bool   `json:"deregistered"`
}

const (
	lifetime     = 60 // seconds: what a bench leaves behind is forgotten soon
	answerLimit  = 25 * time.Second
	answerFirst  = 5 * time.Second
	goodbyeLimit = 15 * time.Second
)

// run registers, updates and de-registers (OMA LwM2M Transport 1.1.1, section 6.4.3). What was registered is always taken back, also
// when the job was stopped meanwhile.
func (r *Registered) run(ctx context.Context, conn net.Conn, name string, tell func(string)) (err error) {
	r.Lifetime = lifetime
	tell("-> LwM2M register as " + name)
	in := coap.Message{Code: coap.POST, Payload: []byte("</1/0>,</3/0>")}
	in.Add(coap.URIPath, "rd")
	in.AddUint(coap.ContentFormat, coap.LinkFormat)
	in.Add(coap.URIQuery, "ep="+name, "lt="+strconv.Itoa(lifetime), "lwm2m=1.1", "b=U")
	out, err := request(ctx, conn, "registration", in, answerLimit)
	if err != nil {
		return err
	}
	r.Code = out.Code.String()
	if out.Code != coap.Created {
		return refusedRegistration(out, name)
	}
	place := out.Values(coap.LocationPath)
	r.Location = "/" + strings.Join(place, "/")
	tell("<- registered at " + r.Location)
	defer func() {
		if e := r.leave(context.WithoutCancel(ctx), conn, place); err == nil {
			err = e
		}
	}()
	in = coap.Message{Code: coap.POST}
	in.Add(coap.URIPath, place...)
	out, err = request(ctx, conn, "update", in, answerLimit)
	if err != nil {
		return err
	}
	if r.Updated = out.Code == coap.Changed; !r.Updated {
		return refusedRegistration(out, name)
	}
	return nil
}

// leave de-registers.
func (r *Registered) leave(ctx context.Context, conn net.Conn, place []string) error {
	in := coap.Message{Code: coap.DELETE}
	in.Add(coap.URIPath, place...)
	out, err := request(ctx, conn, "de-registration", in, goodbyeLimit)
	r.Deregistered = err == nil && out.Code == coap.Deleted
	if err == nil && !r.Deregistered {
		err = cred.Failed(fmt.Sprintf("lwm2m.%d", number(out.Code)), "the server does not let go of the registration: it answers "+said(out), "it forgets the unit after its lifetime")
	}
	return err
}

// request sends one confirmable request and waits for its answer.
func request(ctx context.Context, conn net.Conn, what string, in coap.Message, limit time.Duration) (coap.Message, error) {
	id := messageID()
	in.ID, in.Token = id, []byte{byte(id >> 8), byte(id), 1}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, err := coap.Do(ctx, conn, in, answerFirst)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return out, cred.Because(err, "lwm2m.silent", "the server does not answer the "+what+" within "+limit.String(),
			"is it an LwM2M server; what does its log say")
	case errors.Is(err, coap.ErrReset):
		return out, cred.Because(err, "lwm2m.silent", "the server resets the "+what+": it makes no sense of it", "is it an LwM2M server")
	}
	return out, err
}

// number writes 4.03 as 403.
func number(c coap.Code) int { return int(c>>5)*100 + int(c&0x1f) }

// said is an answer's code, and its diagnostic payload where there is one (RFC 7252, section 5.5.2).
func said(m coap.Message) string {
	if m.Code.Class() < 4 || len(m.Payload) == 0 {
		return m.Code.String()
	}
	return m.Code.String() + ` "` + cred.Line(string(m.Payload[:min(len(m.Payload), 80)])) + `"`
}

func refusedRegistration(m coap.Message, name string) error {
	hint := "look into the server's log for this name"
	switch m.Code {
	case coap.BadRequest, coap.Forbidden:
		hint = "register this name at the server, for the identity in this tag: the certificate's common name, or the identity of the PSK, must be the endpoint name"
	case coap.PreconditionFailed:
		hint = "the server does not speak LwM2M 1.1"
	case coap.NotFound:
		hint = "it has no /rd: a bootstrap server, or no LwM2M server at all"
	}
	return cred.Failed(fmt.Sprintf("lwm2m.%d", number(m.Code)), "the server answers "+said(m)+" to the registration of "+name, hint)
}
