package export

import (
	"io"
)

// newThingsBoard writes a file for the bulk import of devices, with the names of BulkImportColumnType as titles. A mode that is not said
// is NO_SEC there, so every mode is said.
func newThingsBoard(w io.Writer, _ Options) (encoder, error) {
	return &sheet{
		w: w, comma: ",",
		titles: []string{
			"NAME", "TYPE", "LABEL", "LWM2M_CLIENT_ENDPOINT", "LWM2M_CLIENT_SECURITY_CONFIG_MODE", "LWM2M_CLIENT_IDENTITY", "LWM2M_CLIENT_KEY",
			"LWM2M_CLIENT_CERT", "LWM2M_SERVER_SECURITY_MODE", "LWM2M_SERVER_CLIENT_PUBLIC_KEY_OR_ID", "LWM2M_SERVER_CLIENT_SECRET_KEY",
			"LWM2M_BOOTSTRAP_SERVER_SECURITY_MODE", "LWM2M_BOOTSTRAP_SERVER_PUBLIC_KEY_OR_ID", "LWM2M_BOOTSTRAP_SERVER_SECRET_KEY",
		},
		row: func(u Unit) ([]string, error) {
			product := u.Record.Unit.Product
			if product == "" {
				product = "default"
			}
			row := []string{u.ID, product, u.Record.IMEI.String(), u.ID}
			if u.Mode == PSK {
				return append(row, "PSK", u.ID, u.key, "", "PSK", u.ID, u.key, "PSK", u.ID, u.key), nil
			}
			if _, err := u.certificate(); err != nil {
				return nil, err
			}
			// The key is the unit's alone: its columns stay empty.
			return append(row, "X509", "", "", u.der(), "X509", "", "", "X509", "", ""), nil
		},
	}, nil
}
