package nrf91

import (
	"bytes"
	"encoding/json"
	"testing"
)

// Any command has exactly one final result, at the end; none of them brings the modem down, and what it stores reads back.
func FuzzExec(f *testing.F) {
	for _, s := range []string{
		"", "AT", "\nat", "AT+CGSN=1", "AT+CFUN=1", "AT+CFUN=?", "AT+CMEE=1", "AT%CMNG=1", "AT%CMNG=0,1,0,\"x\"", "AT%CMNG=2,1,0",
		"AT%CMNG=3,1,0", "AT%CMNG=0,1,3,00,\"pw\"", "AT%CMNG=,", "AT%CMNG=\"0\",\"1\"", "AT+CFUN=\"4\"", "AT+CEREG=5", "AT=", "AT+CGSN=",
		"AT%CMNG=1,4294967295,255", "AT%CMNG=0,1,0,\"\xff\x00\r\n\"", "AT+CLAC=?", "AT%XICCID?",
		"AT%KEYGEN=1,2,0", "AT%KEYGEN=1,2,1", "AT%KEYGEN=1,8", "AT%KEYGEN=1,2,0,\"O=a,C=no\",\"111010000\"", "AT%ATTESTTOKEN", "AT%ATTESTTOKEN=\"00\"",
	} {
		f.Add(uint8(0), []byte(s), []byte("AT%CMNG=1"))
	}
	versions := []string{"mfw_nrf9160_1.2.3", "mfw_nrf9160_1.3.7", DefaultFirmware, "mfw_nrf9151-ntn_1.0.0"}
	f.Fuzz(func(t *testing.T, version uint8, first, second []byte) {
		m, err := New(Config{Firmware: versions[int(version)%len(versions)]})
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range [][]byte{first, second} {
			a := m.Exec(line)
			n := bytes.Count(a.Raw, []byte("OK\r\n")) + bytes.Count(a.Raw, []byte("ERROR\r\n")) + bytes.Count(a.Raw, []byte("+CME ERROR: "))
			stored := len(m.state.Slots) > 0 && bytes.HasPrefix(a.Raw, []byte("%CMNG: ")) // content may hold anything
			if n != 1 && !stored || !bytes.HasSuffix(a.Raw, []byte("\r\n")) || a.Limit <= 0 || a.Flash < 0 || a.Flash > 1 {
				t.Fatalf("%q gave %q", line, a.Raw)
			}
		}
		if err := m.state.check(); err != nil {
			t.Fatalf("after %q and %q: %v", first, second, err)
		}
	})
}

// A state that was read is one that can be written and read again; anything else is an error.
func FuzzState(f *testing.F) {
	m, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	m.Exec([]byte("AT%CMNG=0,1,0,\"x\""))
	m.Exec([]byte("AT%CMNG=0,1,4,\"\xff\""))
	good, err := json.Marshal(m.State())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"sectag-sim-modem/1","slots":[{"content_hex":"0"}]}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseState(b)
		if err != nil {
			return
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseState(again); err != nil {
			t.Errorf("%s was read and then %s was not: %v", b, again, err)
		}
	})
}

// The rows of nrf91.md section 1.8, at their borders.
func TestFirmwareFeatures(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		version                          string
		keys, digests, warned, newerChip bool
	}{
		{"mfw_nrf9160_1.2.9", false, false, false, false},
		{"mfw_nrf9160_1.3.0", true, false, false, false},
		{"mfw_nrf9160_1.3.1", true, false, false, false},
		{"mfw_nrf9160_1.3.2", true, true, true, false},
		{"mfw_nrf9160_2.0.0", true, true, true, false},
		{"mfw_nrf9160_0.7.0", false, false, false, false},
		{"mfw_nrf91x1_2.0.0", true, true, true, true},
		{"mfw_nrf91x1_2.0.3-FOTA-TEST", true, true, true, true},
		{"mfw_nrf9151-ntn_0.5.0", true, true, true, true}, // NTN versions are not to be compared with 1.3.x
	} {
		f, err := parseFirmware(s.version, "")
		if err != nil {
			t.Fatal(err)
		}
		if f.identityKeys() != s.keys || f.trueDigests() != s.digests || f.powerOffWarned() != s.warned || f.newerChip() != s.newerChip {
			t.Errorf("%s: keys %v, digests %v, 528 %v, newer chip %v", s.version, f.identityKeys(), f.trueDigests(), f.powerOffWarned(), f.newerChip())
		}
	}
}
