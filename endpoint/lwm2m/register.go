package lwm2m

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
)

// Lifetime is how long a server keeps a registration that was not taken back, in seconds. It is short, so that what a bench leaves
// behind is soon forgotten (endpoint.md, 1.4).
const Lifetime = 60

// The limits where nobody names one. Grace is for the answer to a request that is under way when the job is cancelled, and for the
// farewell behind it.
const (
	DefaultWait  = 15 * time.Second
	DefaultGrace = 3 * time.Second
)

// Client says who registers and with what patience.
type Client struct {
	Name     string // the endpoint name
	Identity string // who the session says that the unit is: the certificate's common name, or the identity of the pre-shared key
	PSK      bool   // it is the latter
	Unread   string // what was not read, in words ("the common name of the certificate in the modem"), where nobody here knows who the session says that the unit is; Identity is then what the unit's id template gives

	Wait  time.Duration // limit of one request; DefaultWait if zero
	First time.Duration // before a request is sent again for the first time; coap.AckTimeout if zero
	Grace time.Duration // limit of a request once the job was cancelled; DefaultGrace if zero

	Tell func(line string) // told each step; may be nil
}

// Registration is what became of a registration, in the words of the contract's verb connect.
type Registration struct {
	Code         string `json:"code,omitempty"`     // the server's answer to Register, "2.01"
	Location     string `json:"location,omitempty"` // where it put the registration, "/rd/7"
	Lifetime     int    `json:"lifetime,omitempty"` // that was asked for, in seconds
	Updated      bool   `json:"updated"`
	Deregistered bool   `json:"deregistered"`
}

// Register registers, updates and de-registers (OMA LwM2M Transport 1.1, section 6.4.3; endpoint.md, 1.4). What was registered is
// always taken back: when the update fails, and when ctx is cancelled, then within Grace. A registration that is cancelled before its
// answer is there is waited for so long, because there is nothing to take back without one.
//
// The registration is there whatever happened, with what is known. The findings are there beside an error. The error is a
// *cred.Fault, or one of the connection, as it is.
func Register(ctx context.Context, conn coap.Conn, c Client) (r Registration, findings []cred.Finding, err error) {
	if f := CheckName(c.Name); f != nil {
		return r, nil, f
	}
	c = c.withDefaults()
	j := job{client: c, talk: coap.NewDialogue(conn, c.First, c.politely), r: &r}
	r.Lifetime = Lifetime
	err = j.run(ctx)
	return r, j.findings, err
}

func (c Client) withDefaults() Client {
	if c.Wait <= 0 {
		c.Wait = DefaultWait
	}
	if c.Grace <= 0 {
		c.Grace = DefaultGrace
	}
	if c.Tell == nil {
		c.Tell = func(string) {}
	}
	return c
}

// maxName is what fits a query option behind "ep=" (RFC 7252, section 5.10).
const maxName = 252

// CheckName refuses what cannot be an endpoint name.
func CheckName(name string) *cred.Fault {
	const hint = "give the name under which the server knows the unit, such as urn:imei:350457790000012"
	switch {
	case name == "":
		return cred.Failed("config.value", "there is no endpoint name to register under", hint)
	case len(name) > maxName:
		return cred.Failed("config.value", "the endpoint name is longer than "+strconv.Itoa(maxName)+" bytes", hint)
	case cred.Line(name) != name || strings.ToValidUTF8(name, "") != name:
		return cred.Failed("config.value", "the endpoint name has characters that cannot be written", hint)
	}
	return nil
}

// politely answers what a server asks of a client that has no objects.
func (c Client) politely(in coap.Message) coap.Message {
	c.Tell("<- asks for /" + cred.Line(in.Path()) + ", is told that there is none")
	return coap.Message{Code: coap.NotFound}
}

// job is one registration under way.
type job struct {
	client   Client
	talk     *coap.Dialogue
	r        *Registration
	findings []cred.Finding
}

func (j *job) run(ctx context.Context) error {
	c := j.client
	c.Tell("-> LwM2M register as " + c.Name)
	out, err := j.request(ctx, true, "registration", register(c.Name))
	if err != nil {
		return j.perhapsLeft(err)
	}
	j.r.Code = out.Code.String()
	c.Tell("<- " + said(out))
	switch {
	case out.Code == coap.NotFound && j.isBootstrap(ctx):
		return bootstrapServer(out)
	case out.Code != coap.Created:
		return c.refused("registration", out)
	}
	place := out.Values(coap.LocationPath)
	if len(place) == 0 {
		return cred.Failed("lwm2m.location", "the server took the registration and does not say where it is, so that it can be neither updated nor taken back",
			"it is no whole LwM2M server; it forgets the unit after "+strconv.Itoa(Lifetime)+" s")
	}
	j.r.Location = path(place)
	err = j.update(ctx, place)
	left := j.leave(ctx, place)
	j.aftermath(left)
	return cmp.Or(err, left)
}

// aftermath says what the registration leaves behind at the server. No answer tells whether it replaced another.
func (j *job) aftermath(left error) {
	j.finding(cred.Info, "lwm2m.replaces", "this registration takes the place of any that "+j.client.Name+" had at the server: that one is gone",
		"a unit in service under this name is unknown to the server until it registers again")
	if f := cred.AsFault(left); left == nil || f != nil && f.Code == forgotten {
		return
	}
	j.finding(cred.Warning, "lwm2m.left", "the registration may still be there: "+left.Error(), "the server forgets it after "+strconv.Itoa(Lifetime)+" s")
}

// forgotten is the code of a de-registration that finds nothing to take back.
const forgotten = "lwm2m.404"

// register is the request (OMA LwM2M Transport 1.1, section 6.4.3): version 1.1 because that is what servers speak, no Q.
func register(name string) coap.Message {
	m := coap.Message{Code: coap.POST, Payload: []byte("</1/0>,</3/0>")}
	m.Add(coap.URIPath, "rd")
	m.AddUint(coap.ContentFormat, coap.LinkFormat)
	m.Add(coap.URIQuery, "ep="+name, "lt="+strconv.Itoa(Lifetime), "lwm2m=1.1", "b=U")
	return m
}

// update keeps the registration alive. Its place is given back option by option, as the server gave it.
func (j *job) update(ctx context.Context, place []string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	j.client.Tell("-> LwM2M update of " + j.r.Location)
	m := coap.Message{Code: coap.POST}
	m.Add(coap.URIPath, place...)
	out, err := j.request(ctx, false, "update", m)
	if err != nil {
		return err
	}
	j.client.Tell("<- " + said(out))
	if j.r.Updated = out.Code == coap.Changed; !j.r.Updated {
		return j.client.refused("update", out)
	}
	return nil
}

// leave takes the registration back, whatever became of ctx.
func (j *job) leave(ctx context.Context, place []string) error {
	j.client.Tell("-> LwM2M de-register of " + j.r.Location)
	m := coap.Message{Code: coap.DELETE}
	m.Add(coap.URIPath, place...)
	out, err := j.request(ctx, true, "de-registration", m)
	if err != nil {
		return err
	}
	j.client.Tell("<- " + said(out))
	if j.r.Deregistered = out.Code == coap.Deleted; !j.r.Deregistered {
		return j.client.refused("de-registration", out)
	}
	return nil
}

// request asks once, within Wait. One that must be brought to its end goes on for Grace when ctx is cancelled.
func (j *job) request(ctx context.Context, must bool, what string, m coap.Message) (coap.Message, error) {
	if must {
		var stop func()
		ctx, stop = j.client.outlast(ctx)
		defer stop()
	}
	limit, cancel := context.WithTimeout(ctx, j.client.Wait)
	defer cancel()
	out, err := j.talk.Do(limit, m)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return out, cred.Because(err, "lwm2m.silent", "the server does not answer the "+what, "is it an LwM2M server? What does its log say? A slow link needs --timeout")
	case errors.Is(err, coap.ErrReset):
		return out, cred.Because(err, "lwm2m.silent", "the server resets the "+what+": it makes no sense of it", "is it an LwM2M server?")
	}
	return out, err
}

// outlast is a context that ends Grace after its parent does.
func (c Client) outlast(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	off := context.AfterFunc(parent, func() { time.AfterFunc(c.Grace, cancel) })
	return ctx, func() { off(); cancel() }
}

// perhapsLeft says that a registration that nobody answered may be there all the same.
func (j *job) perhapsLeft(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		j.finding(cred.Info, "lwm2m.left", "the server may have registered "+j.client.Name+", and where it is not known, so that it could not be taken back",
			"the server forgets it after "+strconv.Itoa(Lifetime)+" s")
	}
	return err
}

func (j *job) finding(severity cred.Severity, code, text, hint string) {
	j.findings = append(j.findings, cred.Finding{Code: code, Severity: severity, Text: text, Hint: hint})
}

// path writes the options of a place, whatever bytes are in them.
func path(place []string) string {
	var b strings.Builder
	for _, s := range place {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}
