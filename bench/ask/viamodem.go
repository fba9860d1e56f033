package ask

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/socket"
	"example.org/sectag/endpoint"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/flight"
	"example.org/sectag/flows"
)

// Through says which connection a modem is to make by itself.
type Through struct {
	Port    string
	SecTag  cred.SecTag
	Server  cred.Endpoint
	Timeout time.Duration // of the way onto the network, of the handshake, and of this computer's own behind it; the defaults below, and endpoint.ConnectTimeout, if zero

	Register bool          // register with LwM2M, update, de-register
	Name     string        // its endpoint name; made of ID and the IMEI if empty
	ID       cred.Template // of the profile

	Files Identity // the same identity in files, to compare with when the modem fails; may be empty

	Now   func() time.Time
	Tell  func(line string) // what goes on
	Trace func(flows.TraceLine)

	patience time.Duration // with the ping; pingLimit if zero. For tests, whose servers need not speak CoAP
}

// Identity is what a unit has to show, as files hold it: PEM, or the name and the hex text of a pre-shared key. Empty is none.
type Identity struct {
	Cert, Key, Anchor []byte
	PSKID             string
	PSK               []byte
}

func (i Identity) some() bool { return len(i.Key)+len(i.PSK) > 0 }

// Options are the beginning of a connection of this computer's with this identity.
func (i Identity) Options() endpoint.ConnectOptions {
	return endpoint.ConnectOptions{Cert: i.Cert, Key: i.Key, Anchor: i.Anchor, PSKID: i.PSKID, PSK: i.PSK}
}

// Clear overwrites what is secret.
func (i Identity) Clear() {
	clear(i.Key)
	clear(i.PSK)
}

// The limits where nobody names one.
const (
	attachLimit    = 5 * time.Minute // a first search over all bands, by a SIM that roams
	handshakeLTE   = 31              // seconds
	handshakeNB    = 63              // NB-IoT has seconds from one datagram to the next
	pingLimit      = 12 * time.Second
	pingFirst      = coap.AckTimeout  // libcoap was seen to drop what comes within two milliseconds of its handshake
	putBackLimit   = 90 * time.Second // +CFUN may have to sign off from the network
	technologySlow = "NB-IoT"
)

// ThroughReport is the document of a connection through the modem.
type ThroughReport struct {
	endpoint.ConnectReport
	Modem *ThroughModem
}

// ThroughModem is what the document says of the modem beside the connection.
type ThroughModem struct {
	IMEI       cred.IMEI   `json:"imei,omitempty"`
	Host       string      `json:"host"`
	SecTag     cred.SecTag `json:"sec_tag"`
	Network    string      `json:"network,omitempty"`    // "home", "roaming"
	Technology string      `json:"technology,omitempty"` // "LTE-M", "NB-IoT"
	AttachMS   int64       `json:"attach_ms,omitempty"`
	CIDStatus  string      `json:"cid_status,omitempty"` // "none", "downlink", "uplink", "both"
	Computer   string      `json:"computer,omitempty"`   // this computer's result with the same identity: "pass", "warn", or the code of its failure
}

// ConnectThrough has the modem at a port make a DTLS connection by its sec_tag, and proves with it what no computer can: that the
// identity in the modem's store is usable. It leaves the unit as it found it: sockets closed, its functional mode put back, also after
// a failure and when it is stopped. The error, if any, is the report's Failure.
func ConnectThrough(ctx context.Context, d device.Dialer, o Through) (ThroughReport, error) {
	o.Tell = orSilent(o.Tell)
	t := &through{o: o, ear: socket.NewEar(), r: ThroughReport{ConnectReport: endpoint.NewConnectReport()}}
	t.r.Path = "modem"
	err := t.possible()
	if err == nil {
		err = hearing(ctx, d, o.Port, o.Trace, t.ear.Hear, func(m *device.Modem) error { return t.run(ctx, m) })
	}
	if told := (*cred.Fault)(nil); errors.Is(err, context.Canceled) && !errors.As(err, &told) {
		err = cred.Because(err, "dtls.canceled", "the connection was cancelled", "start it again")
	}
	if err != nil {
		f := cred.AsFault(err)
		t.r.Failure = f
		return t.r, f
	}
	t.r.Verdict = cred.Judge(t.r.Findings)
	return t.r, nil
}

func orSilent(tell func(string)) func(string) {
	if tell == nil {
		return func(string) {}
	}
	return tell
}

// through is one connection under way.
type through struct {
	o     Through
	ear   *socket.Ear
	r     ThroughReport
	imei  cred.IMEI
	kinds []cred.Kind // that the tag holds
	limit int         // of the handshake, in seconds
}

// maxHost is the longest name that the firmwares take (nrf91.md, section 4.2).
const maxHost = 128

// possible refuses what cannot be done, before any device is touched.
func (t *through) possible() error {
	e := t.o.Server
	if e.Scheme != "coaps" {
		return cred.Failed("config.value", e.String()+" cannot be connected to through the modem: only coaps is spoken there so far",
			"give the server's DTLS address as coaps://host:port")
	}
	if len(e.Host) > maxHost {
		return cred.Failed("config.value", "the server's name is longer than the modem's firmware takes", fmt.Sprintf("%d characters are the most", maxHost))
	}
	return nil
}

func (t *through) finding(s cred.Severity, code, text, hint string) {
	t.r.Findings = append(t.r.Findings, cred.Finding{Code: code, Severity: s, Text: cred.Line(text), Hint: cred.Line(hint)})
}

// run is the whole of it on an open port.
func (t *through) run(ctx context.Context, m *device.Modem) (err error) {
	if err := socket.Supported(m.Host()); err != nil {
		return err
	}
	id, err := m.Identify(ctx)
	t.imei = id.IMEI
	t.r.Modem = &ThroughModem{IMEI: id.IMEI, Host: id.Host, SecTag: t.o.SecTag}
	if err != nil {
		return err
	}
	if err := t.holds(ctx, m); err != nil {
		return err
	}
	was, err := socket.Subscribe(ctx, m.Session())
	if err != nil {
		return err
	}
	defer func() { err = t.putBack(ctx, m, was, err) }()
	if err := t.attach(ctx, m); err != nil {
		return err
	}
	return t.talk(ctx, m)
}

// attach brings the modem onto the network.
func (t *through) attach(ctx context.Context, m *device.Modem) error {
	began := time.Now()
	t.o.Tell("switching the modem on (AT+CFUN=1)")
	if _, err := m.Online(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	in, err := socket.Await(ctx, m.Session(), t.ear, cmp.Or(t.o.Timeout, attachLimit), t.o.Tell)
	if err != nil {
		return err
	}
	t.r.Modem.Network, t.r.Modem.Technology = in.Network(), in.Technology()
	t.r.Modem.AttachMS = millis(time.Since(began))
	return nil
}

// putBack leaves the unit as it was found, whatever happened and whether or not somebody waits. On a line that is gone nothing can be
// said to the unit any more; one that is out of step is left to device.Modem.Close, which brings it in step first.
func (t *through) putBack(ctx context.Context, m *device.Modem, cereg int, failed error) error {
	s := m.Session()
	if s.Err() != nil {
		t.finding(cred.Warning, "modem.mode", "the line to the unit was lost while the modem was on the network: its functional mode could not be put back",
			"switch the unit off and on: it starts as its firmware has it")
		return failed
	}
	if !m.InStep() {
		return failed
	}
	t.o.Tell("putting the functional mode back")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putBackLimit)
	defer cancel()
	err := t.still(ctx, m)
	if err == nil {
		err = socket.Resubscribe(ctx, s, cereg)
		mode := m.Restore(ctx)
		if mode != nil && s.Err() == nil && m.InStep() { // once more: this is owed
			mode = m.Restore(ctx)
		}
		err = errors.Join(err, mode)
	}
	if err == nil {
		return failed
	}
	if failed == nil {
		return err
	}
	f := cred.AsFault(err)
	t.finding(cred.Error, "modem.mode", "the unit could not be left as it was found: "+f.Text, f.Hint)
	return failed
}

// still tells that the unit is the one that was identified: another is owed nothing.
func (t *through) still(ctx context.Context, m *device.Modem) error {
	now, err := m.IMEI(ctx)
	if err == nil && now != t.imei {
		err = cred.Failed("store.swapped", "another unit answers: "+now.String()+" instead of "+t.imei.String(), "switch the first one off and on: it may still be on the network")
	}
	return err
}

// handshake is the longest time that a modem can be given and that is not longer than what was asked for.
func (t *through) handshake() int {
	want := int(t.o.Timeout / time.Second)
	if t.o.Timeout <= 0 {
		want = handshakeLTE
		if t.r.Modem.Technology == technologySlow {
			want = handshakeNB
		}
	}
	best := 1
	for _, s := range socket.HandshakeLimits() {
		if s <= want {
			best = s
		}
	}
	return best
}

// talk makes the connection and uses it.
func (t *through) talk(ctx context.Context, m *device.Modem) (err error) {
	t.limit = t.handshake()
	k, err := socket.Open(ctx, m.Session(), socket.Config{SecTag: t.o.SecTag, Host: t.o.Server.Host, Port: t.o.Server.Port, Handshake: t.limit})
	if err != nil {
		return err
	}
	defer func() {
		if e := k.Close(context.WithoutCancel(ctx)); err == nil {
			err = e
		}
	}()
	t.options(k)
	t.o.Tell(fmt.Sprintf("the modem connects to %s by sec_tag %d, for at most %d s", t.o.Server, t.o.SecTag, t.limit))
	took, err := k.Connect(ctx)
	if errors.Is(err, socket.ErrRefused) {
		if e := k.Close(context.WithoutCancel(ctx)); e != nil {
			return e
		}
		return t.why(ctx, m, took, err)
	}
	if err != nil {
		return err
	}
	t.r.HandshakeMS, t.r.Version = millis(took), "DTLS 1.2" // the modem speaks nothing else
	if err := t.agreed(ctx, k); err != nil {
		return err
	}
	conn := &datagrams{ctx: context.WithoutCancel(ctx), socket: k}
	if err := t.ping(ctx, conn); err != nil || !t.o.Register {
		return err
	}
	return t.register(ctx, conn)
}

// options tells what the modem would not set.
func (t *through) options(k *socket.Socket) {
	t.r.CID.Offered = true
	for _, o := range k.Refused() {
		switch o {
		case socket.HostName:
			if slices.Contains(t.kinds, cred.PSK) && !slices.Contains(t.kinds, cred.ClientCert) {
				continue // a server with a pre-shared key shows no certificate, and proves itself by that key
			}
			t.finding(cred.Warning, "modem.name-unchecked", "the server was given by its address: the modem does not check whose certificate it gets",
				"connect by the server's name, as units in the field do")
		case socket.ConnectionID:
			t.r.CID.Offered = false
			t.finding(cred.Info, "modem.no-cid", "the modem's firmware refuses the option for a Connection ID", "mfw_nrf9160_1.3.5 and newer have it, and every nRF91x1")
		default:
			t.finding(cred.Info, "modem.no-option", "the modem's firmware refuses to be given "+o.String(), "it keeps its own")
		}
	}
}

// agreed reads what the handshake came to.
func (t *through) agreed(ctx context.Context, k *socket.Socket) error {
	number, ok, err := k.Get(ctx, socket.CipherUsed)
	if err != nil {
		return err
	}
	switch {
	case ok && number > 0 && number <= 0xffff:
		t.r.Suite = flight.Suite(number).String()
	case ok:
		t.finding(cred.Warning, "modem.no-suite", "the modem says that it is connected and names no cipher suite: nothing shows that the session is under keys",
			"connect with --register: a server that answers the registration has the session too")
	}
	status, ok, err := k.Get(ctx, socket.CIDStatus)
	if err != nil || !ok {
		return err
	}
	if words := []string{"none", "downlink", "uplink", "both"}; status >= 0 && status < len(words) {
		t.r.Modem.CIDStatus = words[status]
		t.r.CID.Negotiated = status >= 2 // the server wants an identifier in what it gets
	}
	return nil
}

// ping asks whether the session carries data; a server without CoAP does not answer.
func (t *through) ping(ctx context.Context, conn *datagrams) error {
	t.o.Tell("-> CoAP ping")
	limit, cancel := context.WithTimeout(ctx, cmp.Or(t.o.patience, pingLimit))
	defer cancel()
	took, err := coap.Ping(limit, conn, messageID(), pingFirst)
	switch {
	case err == nil:
		t.o.Tell("<- CoAP ping answered")
		t.r.PingMS = millis(took)
		return nil
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		t.finding(cred.Info, "coap.no-ping", "the server let the unit in and did not answer a CoAP ping",
			"nothing need be wrong: a server without CoAP, or one that ignores pings, does so")
		return nil
	}
	return err
}

// messageID draws a number whose bytes are no letters: SLM's data mode ends at three plus signs, and a ping ends with its number.
func messageID() uint16 {
	var id [2]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	return uint16(id[0])<<8 | uint16(id[1]) | 0x8080
}

// millis rounds up, so that what happened is never 0.
func millis(d time.Duration) int64 { return max(1, int64((d+time.Millisecond-1)/time.Millisecond)) }
