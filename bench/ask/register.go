package ask

import (
	"cmp"
	"context"
	"slices"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/endpoint/lwm2m"
)

// The limits of a dialogue over a cellular network, where seconds go by between two datagrams.
const (
	answerLimit  = 25 * time.Second // or --timeout, if that is longer
	answerFirst  = 5 * time.Second
	goodbyeLimit = 15 * time.Second
)

// register registers the unit through its modem, updates and de-registers. Who the session says that the unit is, nobody here knows: what
// the modem holds cannot be read. The name that the profile's template gives stands beside it.
func (t *through) register(ctx context.Context, conn *datagrams) error {
	who := t.o.ID.Name(t.imei)
	r, found, err := lwm2m.Register(ctx, conn, lwm2m.Client{
		Name: cmp.Or(t.o.Name, who), Identity: who, Unread: unread(t.kinds),
		Tell: t.o.Tell, Wait: max(answerLimit, t.o.Timeout), First: answerFirst, Grace: goodbyeLimit,
	})
	t.r.Register = &r
	t.r.Findings = append(t.r.Findings, found...)
	return err
}

// unread says what of a tag would have to be read to know who the session says that the unit is. A tag that holds a certificate shows
// that, and else its pre-shared key.
func unread(kinds []cred.Kind) string {
	switch {
	case slices.Contains(kinds, cred.ClientCert):
		return "the common name of the certificate in the modem"
	case slices.Contains(kinds, cred.PSK):
		return "the identity of the pre-shared key in the modem"
	}
	return "the identity in the modem"
}
