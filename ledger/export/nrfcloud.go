package export

import (
	"io"
	"strings"
)

// newNRFCloud writes the onboarding file of nRF Cloud (POST /v1/devices, text/csv): no head, five columns, deviceId, subType, tags, fwTypes,
// certPEM. Tags and firmware types are lists with | between; the device id is the certificate's common name.
func newNRFCloud(w io.Writer, _ Options) (encoder, error) {
	one := func(s string) string { return strings.ReplaceAll(s, "|", "/") }
	return &sheet{w: w, comma: ",", row: func(u Unit) ([]string, error) {
		cert, err := u.certificate()
		return []string{u.ID, u.Record.Unit.Product, one(u.Record.Unit.Batch), "APP|MODEM", cert}, err
	}}, nil
}
