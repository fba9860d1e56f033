package session

import (
	"slices"
	"testing"

	"example.org/sectag/internal/peers"
)

// Bare takes what X509 refuses: none, a chain, a key that is another's; and still nothing that cannot be read.
func TestBareIdentities(t *testing.T) {
	t.Parallel()
	root := peers.Root(t, "Units")
	unit, other := root.Unit(t, "a"), root.Unit(t, "b")
	for name, c := range map[string]struct {
		certs, key, anchor []byte
		shown              int
		code               string
	}{
		"nothing":           {nil, nil, root.PEM, 0, ""},
		"another's key":     {unit.PEM, other.KeyPEM, root.PEM, 1, ""},
		"a chain":           {slices.Concat(unit.PEM, root.PEM), unit.KeyPEM, root.PEM, 2, ""},
		"no anchor":         {nil, nil, nil, 0, "config.anchor"},
		"no key":            {unit.PEM, nil, root.PEM, 0, "config.file"},
		"a broken key":      {unit.PEM, unit.KeyPEM[:60], root.PEM, 0, "config.file"},
		"no certificate":    {[]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), unit.KeyPEM, root.PEM, 0, "config.file"},
		"the unit's, right": {unit.PEM, unit.KeyPEM, root.PEM, 1, ""},
	} {
		id, fault := Bare(c.certs, c.key, c.anchor)
		code := ""
		if fault != nil {
			code = fault.Code
		}
		if code != c.code || code == "" && (len(id.tls.Certificate) != c.shown || len(id.Anchors()) != 1) {
			t.Errorf("%s: %v, %d shown", name, fault, len(id.tls.Certificate))
		}
	}
	if _, fault := X509(unit.PEM, other.KeyPEM, root.PEM); fault == nil || fault.Code != "ca.key-mismatch" {
		t.Errorf("a unit shows another's key: %v", fault)
	}
}
