// Package socket is a DTLS connection that the modem itself makes, by its sec_tag: the only proof that the identity in the modem's
// store is usable. The firmware in front of the modem must offer sockets on the line: Nordic's Serial Modem and its forerunner SLM
// do (nrf91.md, section 4).
//
// Read this file for the life of a socket, dialect.go for how the two firmwares are spoken to and parse.go for what they answer (both
// pure), receive.go for datagrams, register.go for the way onto the network. What no source tells is chosen and said in
// docs/endpoint.md.
//
// A command that was begun is waited for even when its context ends: an answer that comes late would leave the line out of step,
// and then nothing could be put back. So a context is looked at between commands, and each command has its own limit.
package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
)

// The causes of failures that a caller tells apart.
var (
	ErrRefused = errors.New("the modem refused")               // ERROR: the firmware gives no reason on the line
	ErrNothing = errors.New("no datagram came")                // within the time of Receive
	ErrEnded   = errors.New("the session is over")             // the modem does not carry it any more
	errAnswer  = errors.New("the answer has an unknown shape") // damaged, or of another firmware
)

// The limits of the answers.
const (
	lookupLimit = 40 * time.Second // a name server asked over NB-IoT, and asked again
	sendLimit   = 35 * time.Second // the Serial Modem gives up after 30 (nrf91.md, section 4.2)
	margin      = 5 * time.Second  // on top of a time that the firmware keeps
)

// MaxDatagram is the longest datagram that goes in hex (nrf91.md, section 4.2).
const MaxDatagram = 1400

// Config says what a socket is to be.
type Config struct {
	SecTag    cred.SecTag
	Host      string // a name or an address
	Port      uint16
	Handshake int // seconds, one of [HandshakeLimits]
}

// HandshakeLimits are the times that a modem can be given for a DTLS handshake, in seconds (nrf91.md, section 2).
func HandshakeLimits() []int { return []int{1, 3, 7, 15, 31, 63, 123} }

// Supported refuses the firmwares that have no sockets on their line with modem.no-sockets.
func Supported(h at.Host) error {
	if _, ok := dialectOf(h); ok {
		return nil
	}
	return cred.Failed("modem.no-sockets", "the firmware in front of the modem ("+h.Name()+") has no sockets: it cannot make a connection when asked",
		"put Nordic's Serial Modem on the unit (or SLM of the nRF Connect SDK up to 3.1); without it connect from this computer with --cert, --key and --anchor")
}

// Socket is one secure socket of a modem. There is never a second one: see Open.
type Socket struct {
	s      *at.Session
	d      dialect
	handle int
	c      Config
	refuse []Option
}

// Open closes what a former program left open, opens a DTLS socket on a sec_tag whose server must prove itself, and sets the
// server's name, the Connection ID and the time for the handshake. Only a name that is refused is a failure: without it the modem
// does not look whose certificate it gets (nrf91.md, section 4.3). What else was refused tells Refused.
func Open(ctx context.Context, s *at.Session, c Config) (*Socket, error) {
	if err := Supported(s.Host()); err != nil {
		return nil, err
	}
	d, _ := dialectOf(s.Host())
	k := &Socket{s: s, d: d, c: c, handle: none}
	if err := k.clear(ctx); err != nil {
		return nil, err
	}
	err := k.open(ctx)
	if err == nil {
		err = k.options(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, k.Close(context.WithoutCancel(ctx)))
	}
	return k, nil
}

// open asks for the socket, a second time when the line may have damaged the question or the answer: then there may be one already.
func (k *Socket) open(ctx context.Context) error {
	cmd := k.d.open(k.c.Host, k.c.SecTag)
	for try := 1; ; try++ {
		r, err := do(ctx, k.s, cmd)
		if err == nil && !r.OK() {
			err = refused(cmd.Text, r, "the tag may hold nothing, or the modem lacks memory: see sectag slots list; else switch the unit off and on")
		}
		if err == nil {
			k.handle, err = parseOpened(only(r.Info))
			err = strange(cmd.Text, err)
		}
		if err == nil || try == tries || r.Crashed || k.s.Err() != nil || ctx.Err() != nil {
			return err
		}
		if err := k.clear(ctx); err != nil {
			return err
		}
		k.handle = none
	}
}

// options sets what makes the modem's handshake that of a unit in the field.
func (k *Socket) options(ctx context.Context) error {
	if net.ParseIP(k.c.Host) == nil {
		cmd := k.d.set(k.handle, HostName, quote(k.c.Host))
		r, err := again(ctx, k.s, cmd, nil)
		if err != nil {
			return err
		}
		if !r.OK() {
			return refused(cmd.Text, r, "without the name the modem would take any server of the same root: update the firmware of the unit")
		}
	} else {
		k.refuse = append(k.refuse, HostName)
	}
	for _, o := range []struct {
		name  Option
		value int
	}{{ConnectionID, 1}, {HandshakeTime, k.c.Handshake}} {
		r, err := again(ctx, k.s, k.d.set(k.handle, o.name, fmt.Sprint(o.value)), nil)
		if err != nil {
			return err
		}
		if !r.OK() {
			k.refuse = append(k.refuse, o.name)
		}
		if !r.OK() && o.name == HandshakeTime {
			k.c.Handshake = 0 // the modem keeps its own, which is not known
		}
	}
	return nil
}

// Refused are the options that the modem does not have; the name among them if the server was given by its address, to which no name
// can be compared.
func (k *Socket) Refused() []Option { return k.refuse }

// Connect looks the server up and makes the handshake. A modem that fails says ERROR and no more, whatever it was: the cause is
// ErrRefused then, and took tells how long that was in coming.
func (k *Socket) Connect(ctx context.Context) (took time.Duration, err error) {
	cmd := k.d.connect(k.handle, k.c.Host, k.c.Port)
	limit := k.c.Handshake
	if limit == 0 {
		limit = HandshakeLimits()[len(HandshakeLimits())-1]
	}
	cmd.Limit = time.Duration(limit)*time.Second + lookupLimit + margin
	r, err := do(ctx, k.s, cmd)
	if err == nil && !r.OK() && !r.Crashed && r.Took < unearthly { // the line may have damaged it
		r, err = do(ctx, k.s, cmd)
	}
	if err != nil {
		return 0, err
	}
	if !r.OK() {
		return r.Took, refused(cmd.Text, r, "ask the server's owner what its log says of this time")
	}
	if err = k.d.connected(k.handle, only(r.Info)); errors.Is(err, errAnswer) {
		err = nil // OK comes after the handshake, whatever the line made of the rest (nrf91.md, section 4.3)
	}
	return r.Took, strange(cmd.Text, err)
}

// unearthly is less than any answer takes over the air: a refusal that comes sooner is about the command.
const unearthly = 100 * time.Millisecond

// Get reads an option's number; ok is false where the firmware does not have it.
func (k *Socket) Get(ctx context.Context, o Option) (value int, ok bool, err error) {
	cmd := k.d.get(k.handle, o)
	r, err := again(ctx, k.s, cmd, func(info []string) (err error) {
		value, err = k.d.value(k.handle, only(info))
		return err
	})
	return value, err == nil && r.OK(), err
}

// Close closes the socket; one that is closed already is no error.
func (k *Socket) Close(ctx context.Context) error {
	if k.handle == none {
		return nil
	}
	h := k.handle
	k.handle = none
	cmd := k.d.close(h)
	r, err := again(ctx, k.s, cmd, nil)
	if err == nil && r.Crashed {
		err = at.Stopped(cmd.Text)
	}
	return err
}

// clear closes all sockets, so that none of a former run holds the memory, or the one handshake that a modem can make at a time
// (nrf91.md, section 2). A firmware where none is open may say ERROR to it.
func (k *Socket) clear(ctx context.Context) error {
	cmd, times := k.d.clear()
	for range times {
		r, err := again(ctx, k.s, cmd, nil)
		if err != nil || !r.OK() {
			return err
		}
	}
	return nil
}

// tries is how often a command is given that the line may have damaged.
const tries = 2

// again gives a command that may be given twice without harm, a second time when it was refused, or its answer is missing or cannot be
// read: a line that loses one byte makes any of it. A refusal that stays is no error here. read is nil for a command without an
// answer of its own.
func again(ctx context.Context, s *at.Session, cmd at.Command, read func(info []string) error) (r at.Reply, err error) {
	for range tries {
		r, err = do(ctx, s, cmd)
		switch {
		case err != nil && !missing(s, err):
			return r, err
		case err != nil, !r.OK() && !r.Crashed:
			continue
		case read != nil && r.OK():
			if err = strange(cmd.Text, read(r.Info)); err != nil {
				continue
			}
		}
		return r, nil
	}
	return r, err
}

// missing tells whether an error is an answer that did not come, on a line that is in step again.
func missing(s *at.Session, err error) bool { return errors.Is(err, at.ErrNoAnswer) && s.InStep() }

// do gives a command and waits for its end, whatever becomes of the context meanwhile. A missing answer is followed by bringing the
// line in step.
func do(ctx context.Context, s *at.Session, cmd at.Command) (at.Reply, error) {
	if err := ctx.Err(); err != nil {
		return at.Reply{}, cancelled(err)
	}
	ctx = context.WithoutCancel(ctx)
	r, err := s.Do(ctx, cmd)
	if errors.Is(err, at.ErrNoAnswer) && s.Err() == nil {
		if e := s.Resync(ctx, at.ResyncLimit, queries()...); e != nil {
			err = e
		}
	}
	return r, err
}

// queries are answered by every firmware, each with a line that names itself (at.Session.Resync).
func queries() []at.Query {
	return []at.Query{
		{Text: "AT+CMEE?", Answers: at.Answers{Prefix: "+CMEE:"}},
		{Text: "AT+CGSN=3", Answers: at.Answers{Prefix: "+CGSN:"}},
	}
}

func cancelled(err error) error {
	return cred.Because(errors.Join(at.ErrCancelled, err), "line.stopped", "stopped between two commands to the modem", "start again: the unit is identified first")
}

func refused(what string, r at.Reply, hint string) error {
	if r.Crashed {
		return at.Stopped(what)
	}
	return cred.Because(ErrRefused, "modem.socket", "the modem answers "+what+" with "+r.Result(), hint)
}

func strange(what string, err error) error {
	if err == nil {
		return nil
	}
	return cred.Because(err, "modem.socket", "the answer to "+what+" cannot be read: "+err.Error(),
		"start again; if it stays so the firmware is of a version that sectag does not know: sectag at --port P AT#XSMVER asks for it")
}

// only is the one line of an answer; several are none, for one of them is damaged or not of it.
func only(info []string) string {
	if len(info) != 1 {
		return ""
	}
	return strings.TrimSpace(info[0])
}
