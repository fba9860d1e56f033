// Package prompt sends the AT commands that a developer types at the console: never one that carries content, and one that changes
// the unit only after the unit was named, to the unit that was named.
package prompt

import (
	"context"
	"strings"

	"example.org/sectag/bench/desk/session"
	"example.org/sectag/bench/secret"
	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

// maxLines is how many lines of an answer the journal takes; the transcript has them all.
const maxLines = 64

// Ask sends the command that an effect names, or holds it until the unit is named. It takes the command out of the keeper and, for one
// that is held, puts it back. A refusal of the modem is an answer; an error is a command that was not sent or not answered.
func Ask(ctx context.Context, s *session.Session, k *secret.Keeper, e flows.AskModem) (flows.Event, error) {
	command := ""
	_ = k.Use(e.Text, func(b []byte) error { command = strings.TrimSpace(string(b)); return nil }) // the function has no error
	w := device.Weigh(command)
	switch {
	case command == "":
		return nil, cred.Failed("usage.flag", "the command is empty", "type one, such as AT+CGMR")
	case w.Secret:
		return nil, cred.Failed("usage.secret-argument", "a command that carries credential content, a signature or a password is not taken at the prompt, where it can be read",
			"write the slot on the credentials screen, or put the command in a file and send it with sectag at --file")
	}
	if err := device.CheckCommand(command); err != nil {
		return nil, err
	}
	m, err := s.Must()
	if err != nil {
		return nil, err
	}
	if (w.Store || w.Mode) && e.IMEI == 0 {
		doc := codec.Doc(flows.AnswerFacts{Command: device.Mask(command), Lines: []string{}, Result: "none"})
		return flows.CommandHeld{ID: e.ID, Text: k.Keep([]byte(command)), Doc: doc}, nil
	}
	if e.IMEI != 0 {
		if err := still(ctx, s, m, e.IMEI); err != nil {
			return nil, err
		}
	}
	r, err := m.Raw(ctx, command, 0)
	if err != nil {
		return nil, err
	}
	answer := flows.AnswerFacts{Command: device.Mask(command), Lines: append([]string{}, r.Info[:min(len(r.Info), maxLines)]...), Result: r.Result()}
	return flows.ModemAnswered{ID: e.ID, OK: r.OK(), Doc: codec.Doc(answer)}, nil
}

// still asks whether the unit at the line is the one that was named. Another one ends the session: nothing of the one before may be taken
// for its.
func still(ctx context.Context, s *session.Session, m *device.Modem, named cred.IMEI) error {
	imei, err := m.IMEI(ctx)
	if err != nil || imei == named {
		return err
	}
	s.HangUp()
	return cred.Failed("store.swapped", "another unit answers: "+imei.String()+" instead of "+named.String()+"; the command was not sent",
		"put the unit back, or identify the one that is there")
}
