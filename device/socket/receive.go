package socket

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
)

// still is how long nothing must have come for the line to count as quiet after data mode.
const still = 150 * time.Millisecond

// dataEnd ends SLM's data mode (nrf91.md, section 3.3).
const dataEnd = "+++"

// Send sends one datagram, whole. The cause of a failure is ErrEnded when the modem does not carry the session any more. One that the
// line damaged is sent again; one that got no answer is taken for sent: datagrams may be lost, and whoever waits for an answer sends again.
func (k *Socket) Send(ctx context.Context, datagram []byte) (err error) {
	if len(datagram) == 0 || len(datagram) > MaxDatagram {
		return cred.Failed("modem.socket", fmt.Sprintf("a datagram of %d bytes does not go through the modem", len(datagram)),
			fmt.Sprintf("from 1 to %d bytes do", MaxDatagram))
	}
	send := k.sendHex
	if !k.d.handles {
		send = k.sendRaw
	}
	for range tries {
		if err = send(ctx, datagram); err == nil || missing(k.s, err) {
			return nil
		}
		if !errors.Is(err, ErrEnded) && !errors.Is(err, errAnswer) || k.s.Crashed() || k.s.Err() != nil {
			return err
		}
	}
	return err
}

func (k *Socket) sendHex(ctx context.Context, datagram []byte) error {
	cmd := k.d.command("#XSEND", k.handle, "1", "0", quote(hex.EncodeToString(datagram)))
	cmd.Limit = sendLimit
	r, err := do(ctx, k.s, cmd)
	if err != nil {
		return err
	}
	if !r.OK() {
		return ended("#XSEND", r)
	}
	n, err := k.d.sent(k.handle, only(r.Info))
	if err == nil && n != len(datagram) {
		err = fmt.Errorf("%w: %d bytes went of %d", errAnswer, n, len(datagram))
	}
	return strange("AT#XSEND", err)
}

// sendRaw goes by SLM's data mode, because its #XSEND takes text only: OK, the bytes, and what ends the mode in the same breath, so
// that the bytes are one datagram.
func (k *Socket) sendRaw(ctx context.Context, datagram []byte) error {
	if bytes.Contains(datagram, []byte(dataEnd)) || datagram[len(datagram)-1] == dataEnd[0] {
		return cred.Failed("modem.socket", "the datagram holds what ends the data mode of SLM, or ends with a part of it", "start again: it is made with other numbers")
	}
	cmd := k.d.command("#XSEND", k.handle)
	r, err := do(ctx, k.s, cmd)
	if err != nil {
		return err
	}
	if !r.OK() {
		return ended("#XSEND", r)
	}
	show := fmt.Sprintf("(%d bytes in data mode) %s", len(datagram), dataEnd)
	heard, err := k.s.Listen(context.WithoutCancel(ctx), show, append(bytes.Clone(datagram), dataEnd...), sendLimit, func(b []byte) bool {
		_, ok := dataModeEnd(b)
		return ok
	})
	if err != nil {
		return err
	}
	code, ok := dataModeEnd(heard)
	k.s.Settle(context.WithoutCancel(ctx), still)
	switch {
	case !ok:
		return errors.Join(strange("AT#XSEND", errAnswer), k.s.Resync(context.WithoutCancel(ctx), at.ResyncLimit, queries()...))
	case code != 0:
		return ended("#XSEND", at.Reply{Final: at.Error})
	}
	return nil
}

// dataModeEnd finds what SLM says when its data mode ends: #XDATAMODE with a result, or a plain OK or ERROR, which older versions say.
func dataModeEnd(heard []byte) (code int, ok bool) {
	for line := range bytes.Lines(heard) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		text := strings.TrimSpace(string(line))
		n, is := numbers(fields("#XDATAMODE", text))
		switch {
		case is:
			return n[0], true
		case text == "OK":
			return 0, true
		case text == "ERROR":
			return -1, true
		}
	}
	return 0, false
}

// Receive waits for one datagram, for whole seconds and at least one. ErrNothing is the cause when none came, and ErrEnded when the
// modem refused at once: it gives the same ERROR for both, and only the time tells them apart.
func (k *Socket) Receive(ctx context.Context, wait time.Duration) (data []byte, err error) {
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	receive := k.receiveHex
	if !k.d.handles {
		receive = k.receiveRaw
	}
	for range tries {
		data, err = receive(ctx, seconds)
		if missing(k.s, err) {
			return nil, fmt.Errorf("waiting for a datagram: %w", ErrNothing)
		}
		if !errors.Is(err, ErrEnded) || k.s.Crashed() {
			return data, err
		}
	}
	return nil, err
}

func (k *Socket) receiveHex(ctx context.Context, seconds int) ([]byte, error) {
	cmd := k.d.command("#XRECV", k.handle, "1", "0", strconv.Itoa(seconds), strconv.Itoa(MaxDatagram))
	cmd.Answers.Bare = isHex
	cmd.Limit = time.Duration(seconds)*time.Second + margin
	r, err := do(ctx, k.s, cmd)
	if err != nil {
		return nil, err
	}
	if !r.OK() {
		return nil, nothing(r, seconds)
	}
	data, err := k.d.received(k.handle, r.Info)
	if err != nil { // lost on the line, as it could be on the air: whoever waits for it asks again
		return nil, fmt.Errorf("reading a datagram: %w: %w", ErrNothing, err)
	}
	return data, nil
}

// receiveRaw hears SLM's answer byte by byte: its data are not lines.
func (k *Socket) receiveRaw(ctx context.Context, seconds int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	cmd := k.d.command("#XRECV", k.handle, strconv.Itoa(seconds))
	wire, _ := k.s.Host().Frame(cmd.Text, nil)
	began := time.Now()
	heard, err := k.s.Listen(context.WithoutCancel(ctx), cmd.Text, wire, time.Duration(seconds)*time.Second+margin, func(b []byte) bool {
		return parseRaw(b).ended
	})
	if err != nil {
		return nil, err
	}
	got := parseRaw(heard)
	switch {
	case !got.ended:
		if e := k.s.Resync(context.WithoutCancel(ctx), at.ResyncLimit, queries()...); e != nil {
			return nil, e
		}
		return nil, fmt.Errorf("reading a datagram: %w", ErrNothing)
	case got.no:
		return nil, nothing(at.Reply{Final: at.Error, Took: time.Since(began)}, seconds)
	}
	return got.data, nil
}

// nothing tells a wait that ended from a session that did.
func nothing(r at.Reply, seconds int) error {
	if r.Crashed {
		return at.Stopped("#XRECV")
	}
	if r.Took < time.Duration(seconds)*time.Second*8/10 {
		return ended("#XRECV", r)
	}
	return fmt.Errorf("waiting for a datagram: %w", ErrNothing)
}

func ended(what string, r at.Reply) error {
	if r.Crashed {
		return at.Stopped(what)
	}
	return cred.Because(ErrEnded, "modem.dropped", "the modem does not carry the session any more: it answers "+what+" with ERROR at once",
		"the server may have let the unit in and then thrown it out: look into the server's log for this time")
}

// Resolve asks the modem's name server for a name. None is ErrRefused: ERROR, or an answer without an address.
func Resolve(ctx context.Context, s *at.Session, name string) (string, error) {
	cmd := at.Command{Text: "AT#XGETADDRINFO=" + quote(name), Answers: at.Answers{Prefix: "#XGETADDRINFO:"}, Limit: lookupLimit}
	r, err := do(ctx, s, cmd)
	if err != nil {
		return "", err
	}
	if found := addresses(r.Info); r.OK() && len(found) > 0 {
		return found[0], nil
	}
	return "", cred.Because(ErrRefused, "modem.unresolved", "the modem finds no address for "+name+" on its network",
		"check the spelling; a private APN may have no name server for it: an address works as well, but then its name is not checked")
}
