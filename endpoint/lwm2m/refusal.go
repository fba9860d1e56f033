package lwm2m

import (
	"cmp"
	"fmt"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
)

// said is an answer's code, and its diagnostic payload where there is one (RFC 7252, section 5.5.2).
func said(m coap.Message) string {
	const most = 120
	if m.Code.Class() < 4 || len(m.Payload) == 0 {
		return m.Code.String()
	}
	return m.Code.String() + " (" + cred.Line(string(m.Payload[:min(len(m.Payload), most)])) + ")"
}

// refused says what an answer means that is not the one that was hoped for (endpoint.md, 1.4 and 2: the table of the standard, and
// what Leshan does otherwise).
func (c Client) refused(what string, m coap.Message) *cred.Fault {
	text := "the server answers " + said(m) + " to the " + what
	hint := "look at the server's log for this name"
	switch {
	case m.Code == coap.Forbidden:
		text += ": it does not take the unit under this name; " + c.names()
		hint = c.whyNot("it has no security record for the name, or one of another kind: add one (Leshan needs one for certificates too)")
	case m.Code == coap.BadRequest && what == "registration":
		text += ": the endpoint name is not the session's, or unknown, or it cannot read the request; " + c.names()
		hint = c.whyNot("does the server know the name? Its log says what it misses")
	case m.Code == coap.BadRequest:
		text += "; " + c.names()
	case m.Code == coap.Unauthorized:
		hint = "it wants another identity than this session's: " + c.names()
	case m.Code == coap.NotFound:
		hint = notFound[what]
	case m.Code == coap.MethodNotAllowed:
		hint = "it is a resource directory or another CoAP server, and no LwM2M server"
	case m.Code == coap.Conflict:
		hint = "it cannot use the list of objects, which is </1/0>,</3/0> here: what does it ask of its units?"
	case m.Code == coap.PreconditionFailed:
		hint = "it does not speak LwM2M 1.1, which is what is offered"
	case m.Code == coap.Unavailable:
		hint = "it is overloaded or not ready: try again later"
	case m.Code.Class() == 5:
		hint = "it has a fault of its own: its log"
	}
	return cred.Failed(cmp.Or(explained[m.Code], fmt.Sprintf("lwm2m.%d", m.Code.Number())), text, hint)
}

// explained are the answers that have a row of their own in docs/codes.md.
var explained = map[coap.Code]string{
	coap.BadRequest: "lwm2m.400", coap.Unauthorized: "lwm2m.401", coap.Forbidden: "lwm2m.403", coap.NotFound: "lwm2m.404",
	coap.MethodNotAllowed: "lwm2m.405", coap.Conflict: "lwm2m.409", coap.PreconditionFailed: "lwm2m.412",
	coap.ServerError: "lwm2m.500", coap.Unavailable: "lwm2m.503",
}

var notFound = map[string]string{
	"registration":      "it has no /rd: it is no LwM2M server, or its path is another",
	"update":            "it has forgotten the registration already: is there a second server behind the same address?",
	"de-registration":   "it has forgotten the registration already: is there a second server behind the same address?",
	"bootstrap request": "it has no /bs: it is no bootstrap server; --register is for the others",
}

// names puts the two names side by side that must be one; where one of them is not known, what is known in its place.
func (c Client) names() string {
	if c.Unread != "" {
		return "endpoint name " + strconv.Quote(cred.Line(c.Name)) + " was sent, device.id gives " + strconv.Quote(cred.Line(c.Identity)) + ", and " + c.Unread + " was not read"
	}
	whose := "certificate's common name"
	if c.PSK {
		whose = "identity of the pre-shared key"
	}
	return whose + " " + strconv.Quote(cred.Line(c.Identity)) + ", endpoint name " + strconv.Quote(c.Name)
}

func (c Client) whyNot(same string) string {
	switch {
	case c.Unread != "":
		return "the endpoint name must be equal to the letter to " + c.Unread + ": compare with the file or the record that it was written from; if it is, " + same
	case c.Identity == c.Name:
		return same
	case c.PSK:
		return "register this name at the server for this identity, or use one name for both"
	}
	return "the two must be equal to the letter: give the certificate's name with --endpoint, or issue one with this name; a server may have a table of its own"
}
