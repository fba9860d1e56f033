// Package readback measures that a modem gives nobody the secrets that it holds: it is asked for one (%CMNG=2) and must refuse, and
// two controls show that the refusal is about the secret. What readable content there is it gives out, and of an empty slot it says so.
// The AT manual ties the refusal to no number that we found (nrf91.md, section 1.4), so this is a measurement, which holds for the
// firmware it was made on. Should a secret come back, it is dropped in the conversation below: no caller ever sees it.
package readback

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/at"
)

// The vendor's error numbers that tell something here (AT manual, %CMNG).
const (
	notFound = 513
	noAccess = 514
)

// tries is how often a question is put when its answer tells nothing: the line may have damaged either.
const tries = 3

// Modem is who is asked.
type Modem interface {
	Read(ctx context.Context, s cred.Slot) (device.Reply, error)
	ListSlot(ctx context.Context, s cred.Slot) (item device.Item, found bool, err error)
	Astray(ctx context.Context, meant cred.Slot) error
}

// Outcome is what came of a secret, in a record's words.
type Outcome string

// The outcomes. An error is an answer that tells nothing of access, or a control that was not answered as it must be.
const (
	Refused  Outcome = "refused"
	Returned Outcome = "returned"
	Unclear  Outcome = "error"
)

// Question is what a modem is asked for.
type Question struct {
	Secret  cred.Slot   // holds a private key or a PSK
	Control cred.Slot   // holds something of a type that can be read
	Holds   cred.Digest // that the control lists; zero: there is nothing that could be a control
	Empty   cred.Slot   // holds nothing, and is of a type that can be read
}

// Measurement is what it answered. Each text is a final result, such as "CME 514", or what else was seen; empty: it was not asked.
type Measurement struct {
	Slot    cred.Slot
	Outcome Outcome
	Secret  string
	Control string
	Empty   string
}

// Ask makes the measurement. A modem that gives out the secret is asked no more. The line can make a deletion of a read, so the control
// is listed afterwards, and is store.stray if it is gone; who asked proves the secret's slot. Other faults are those of the conversation.
func Ask(ctx context.Context, m Modem, q Question) (Measurement, error) {
	out := Measurement{Slot: q.Secret, Outcome: Unclear}
	var err error
	if out.Secret, err = ask(ctx, m, q.Secret, func(r device.Reply) string {
		if r.OK() && heads(r, q.Secret) {
			return given
		}
		return number(r, noAccess)
	}); err != nil {
		return out, err
	}
	if out.Secret == given {
		out.Outcome = Returned
		return out, nil
	}
	if out.Control, err = control(ctx, m, q); err != nil {
		return out, err
	}
	if out.Empty, err = ask(ctx, m, q.Empty, func(r device.Reply) string { return number(r, notFound) }); err != nil {
		return out, err
	}
	if out.Secret == result(noAccess) && out.Control == given && out.Empty == result(notFound) {
		out.Outcome = Refused
	}
	return out, still(ctx, m, q)
}

// control reads what can be read; without such there is nothing to ask.
func control(ctx context.Context, m Modem, q Question) (string, error) {
	if q.Holds.IsZero() {
		return "", nil
	}
	return ask(ctx, m, q.Control, func(r device.Reply) string {
		if r.OK() && heads(r, q.Control) && content(r) == q.Holds {
			return given
		}
		return ""
	})
}

// given is what is said of an answer with content.
const given = "the content"

func result(n int) string { return fmt.Sprintf("CME %d", n) }

// number is the result if it is this one.
func number(r device.Reply, n int) string {
	if r.Final == at.CME && r.CME == n {
		return result(n)
	}
	return ""
}

// ask puts a question until its answer is one of those that tell something; of others the last is said. Where the line or its host
// cannot carry the answer that is an answer too, as long as the conversation goes on.
func ask(ctx context.Context, m Modem, s cred.Slot, tells func(device.Reply) string) (said string, err error) {
	for range tries {
		r, err := m.Read(ctx, s)
		switch f := cred.AsFault(err); {
		case err != nil && f.Code == "line.cut-off":
			return f.Code, nil
		case err != nil:
			return "", err
		}
		if told := tells(r); told != "" {
			return told, nil
		}
		if said = r.Result(); r.OK() {
			said = "an answer that is not of " + s.String()
		}
	}
	return said, nil
}

// head is how an answer with content begins.
var head = regexp.MustCompile(`^%CMNG: ?(\d{1,10}), ?(\d{1,3}), ?"([0-9A-Fa-f]{64})", ?"`)

// heads tells whether an answer has content of this slot.
func heads(r device.Reply, s cred.Slot) bool {
	if len(r.Info) == 0 {
		return false
	}
	f := head.FindStringSubmatch(r.Info[0])
	return f != nil && f[1] == fmt.Sprint(uint32(s.SecTag)) && f[2] == fmt.Sprint(uint8(s.Kind))
}

// content is the digest of what was read, where it is the one that the answer names: with the line ends of the host in between, which
// the lines of an answer no longer have.
func content(r device.Reply) cred.Digest {
	f := head.FindStringSubmatch(r.Info[0])
	named, err := cred.ParseDigest(f[3])
	if err != nil {
		return cred.Digest{}
	}
	for _, end := range []string{"\n", "\r\n"} {
		text := strings.Join(r.Info, end)[len(f[0]):]
		if cred.Sum([]byte(strings.TrimSuffix(text, `"`))) == named {
			return named
		}
	}
	return cred.Digest{}
}

// still is store.stray if the control no longer holds what it did. The whole store is looked at then, and each find is told.
func still(ctx context.Context, m Modem, q Question) error {
	if q.Holds.IsZero() {
		return nil
	}
	item, there, err := m.ListSlot(ctx, q.Control)
	if err != nil || there && item.SHA256 == q.Holds {
		return err
	}
	return cmp.Or(m.Astray(ctx, q.Secret), error(cred.Failed("store.stray", q.Control.String()+" no longer lists "+q.Holds.Short()+" after it was read",
		"write that slot anew, and use another cable or USB port: the line changes commands")))
}
