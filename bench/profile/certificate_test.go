package profile

import (
	"path/filepath"
	"strings"
	"testing"

	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// certificate is read, saved and read back; a template that the profile does not take is refused on the template's line.
func TestCertificate(t *testing.T) {
	dir := folder(t)
	parse := func(line, id string) (*Profile, error) {
		text := strings.Replace(whole, "validity = \"5500d\"\n", "validity = \"5500d\"\n"+line, 1)
		return Parse(filepath.Join(dir, "sectag.toml"), []byte(strings.Replace(text, "urn:imei:{imei}", id, 1)))
	}
	for _, want := range append(lint.Profiles(), "") {
		line, id := "certificate = \""+string(want)+"\"\n", "urn:imei:{imei}"
		switch want {
		case "":
			line, want = "", lint.LwM2M
		case lint.NRFCloud:
			id = "nrf-{imei}"
		}
		p, err := parse(line, id)
		if err != nil || p.Certificate != want {
			t.Fatalf("%s: %v", want, err)
		}
		saved, err := Parse(filepath.Join(dir, "saved.toml"), []byte(p.Text(dir)))
		if err != nil || saved.Certificate != want || strings.Contains(p.Text(dir), "certificate =") != (want != lint.LwM2M) {
			t.Errorf("%s is saved as\n%s%v", want, p.Text(dir), err)
		}
	}
	for _, c := range []struct{ line, id, key, hint string }{
		{"certificate = \"gcp\"\n", "urn:imei:{imei}", "device.certificate", "lwm2m"},
		{"certificate = \"nrf-cloud\"\n", "urn:imei:{imei}", "device.id", "nrf-{imei}"},
		{"certificate = \"nrf-cloud\"\n", "nrf-{imei}0", "device.id", "nrf-{imei}"},
		{"certificate = \"azure\"\n", "{imei}:", "device.id", "imei-{imei}"},
		{"certificate = \"aws\"\n", "acme.{imei}", "device.id", "imei-{imei}"},
	} {
		_, err := parse(c.line, c.id)
		f := cred.AsFault(err)
		if f == nil || f.Code != "config.value" || !strings.Contains(f.Text, c.key) || !strings.Contains(f.Text, "sectag.toml:1") || !strings.Contains(f.Hint, c.hint) {
			t.Errorf("%s%s: %+v", c.line, c.id, f)
		}
	}
}
