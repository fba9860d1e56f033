package device_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

func slot(tag cred.SecTag, k cred.Kind) cred.Slot { return cred.Slot{SecTag: tag, Kind: k} }

// content makes PEM-shaped bytes of a length.
func content(label string, n int) []byte {
	b := []byte("-----BEGIN " + label + "-----\n")
	for i := 0; len(b) < n; i++ {
		b = append(b, "MIIBtestMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0123456789abc"[i%64])
		if i%64 == 63 {
			b = append(b, '\n')
		}
	}
	return append(b, "\n-----END "+label+"-----\n"...)
}

func TestAUnitIsIdentifiedWrittenAndProved(t *testing.T) {
	u := unit(t, sim.Config{})
	var tr log
	m := attach(t, u, device.Options{Trace: tr.trace})
	id, err := m.Identify(t.Context())
	wantCode(t, err, "")
	want := device.Identity{
		IMEI: testIMEI, Valid: true, Model: "nRF9151-LACA", Firmware: "mfw_nrf91x1_2.0.3", Hardware: "nRF9151 LACA APA",
		Host: "at-host", LineEnd: "CR", FunctionalMode: 4, UUID: id.UUID,
	}
	if d := cmp.Diff(want, id); d != "" || len(id.UUID) != 36 {
		t.Errorf("identity: %s", d)
	}
	wantCode(t, m.FirmwareOK(), "")
	for k, c := range map[cred.Kind][]byte{
		cred.RootCA: content("CERTIFICATE", 1100), cred.ClientCert: content("CERTIFICATE", 550), cred.ClientKey: content("PRIVATE KEY", 200),
		cred.PSK: []byte("00112233445566778899aabbccddeeff"), cred.PSKID: []byte("urn:imei:352656100367872"),
	} {
		s := slot(42, k)
		found, err := m.Delete(t.Context(), s)
		if wantCode(t, err, ""); found {
			t.Errorf("%s was found in an empty store", s)
		}
		var last, total int
		wantCode(t, m.Write(t.Context(), s, c, func(n, of int) { last, total = n, of }), "")
		if last != total || total < len(c) {
			t.Errorf("progress ended at %d of %d", last, total)
		}
		_, err = m.Prove(t.Context(), s, c, nil)
		wantCode(t, err, "")
		if bytes.Contains([]byte(tr.String()), c[:min(len(c), 60)]) {
			t.Errorf("the content of %s is in the transcript", s)
		}
	}
	items, err := m.ListTag(t.Context(), 42)
	wantCode(t, err, "")
	if len(items) != 5 {
		t.Errorf("tag 42 lists %d items: %v", len(items), items)
	}
	if all, err := m.List(t.Context()); err != nil || len(all) <= 5 || !hasReserved(all) {
		t.Errorf("the whole list has %v, %v: the modem's own items are missing", all, err)
	}
	if found, err := m.Delete(t.Context(), slot(42, cred.PSK)); !found || err != nil {
		t.Errorf("deletion: %v, %v", found, err)
	}
	if _, there, err := m.ListSlot(t.Context(), slot(42, cred.PSK)); there || err != nil {
		t.Errorf("a deleted slot is listed: %v, %v", there, err)
	}
	t.Log(tr.String())
}

func hasReserved(items []device.Item) bool {
	for _, i := range items {
		if i.Reserved() {
			return true
		}
	}
	return false
}

// A store that is longer than the host's buffer cannot be listed whole: known at the first silence, and then tag by tag.
func TestAStoreThatIsTooLongIsListedByTag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := unit(t, sim.Config{})
		m := attach(t, u, device.Options{})
		for tag := range cred.SecTag(60) {
			wantCode(t, m.Write(t.Context(), slot(2147483000+tag, cred.PSKID), []byte{'a'}, nil), "")
		}
		start := time.Now()
		_, err := m.List(t.Context())
		wantCode(t, err, "line.cut-off")
		within(t, start, 8*time.Second, "knowing it")
		items, err := m.ListTags(t.Context(), 2147483059, 7, 2147483059)
		wantCode(t, err, "")
		if len(items) != 2 || items[0].SecTag != 2147483059 || !items[1].Reserved() || items[1].Kind != cred.DeviceIDKey || !m.Cut() {
			t.Errorf("%+v, cut %v", items, m.Cut())
		}
		start = time.Now()
		if _, err := m.ListTags(t.Context(), 7); err != nil || time.Since(start) > time.Second {
			t.Errorf("%v after %v: the whole was asked for again", err, time.Since(start))
		}
		wantCode(t, m.Close(), "")
		synctest.Wait()
	})
}
