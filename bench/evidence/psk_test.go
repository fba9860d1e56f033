package evidence

import (
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// What a PSK is worth: its random bits, and no more than the suite's cipher has.
func TestWhatAPSKIsWorth(t *testing.T) {
	t.Parallel()
	suite := func(s string) *record.Connect { return &record.Connect{Verdict: cred.Pass, Suite: s} }
	for name, c := range map[string]struct {
		bytes int
		with  *record.Connect
		want  int
	}{
		"not connected":             {32, nil, 128},
		"sixteen bytes":             {16, nil, 128},
		"at AES-128":                {64, suite("TLS_PSK_WITH_AES_128_CCM_8"), 128},
		"at AES-256":                {32, suite("TLS_PSK_WITH_AES_256_CBC_SHA"), 256},
		"long, at AES-256":          {64, suite("TLS_PSK_WITH_AES_256_CBC_SHA"), 256},
		"sixteen bytes at AES-256":  {16, suite("TLS_PSK_WITH_AES_256_CBC_SHA"), 128},
		"a server that fell silent": {32, suite(""), 128},
	} {
		k := PSK(c.bytes, cred.Sum([]byte("p")), cred.Sum([]byte("s")), "urn:imei:352656100367872", "destroyed", c.with)
		if k.StrengthBits != c.want || k.Origin != "host-csprng" || k.Generator == "" || k.Table == "" || k.SPKI != (cred.Digest{}) {
			t.Errorf("%s: %+v", name, k)
		}
	}
	if k := PSK(16, cred.Digest{}, cred.Digest{}, "", "", nil); k.Algorithm != "PSK 128" {
		t.Errorf("sixteen bytes are %s", k.Algorithm)
	}
}

// The tests of key pair, certificate and chain are not for a unit with a pre-shared key; the handshake is.
func TestWhatIsMeasuredOfAUnitWithAPSK(t *testing.T) {
	t.Parallel()
	r := record.Record{
		Kind: record.Provision, Verdict: cred.Pass, IMEI: 352656100367872,
		Key:   PSK(32, cred.Sum([]byte("p")), cred.Sum([]byte("s")), "urn:imei:352656100367872", "destroyed", nil),
		Slots: []record.Slot{{SecTag: 42, Type: cred.PSK, Sent: cred.Sum([]byte("p")), SHA256: cred.Sum([]byte("p")), Action: "written"}},
	}
	result := func(r record.Record) map[string]string {
		out := map[string]string{}
		for _, m := range Tests(r, Known{Unique: true}) {
			out[m.Test] = m.Result
		}
		return out
	}
	got := result(r)
	for test, want := range map[string]string{"T2": "pass", "T4": "pass", "T6": "na", "T7": "na", "T8": "not-run", "T9": "not-run"} {
		if got[test] != want {
			t.Errorf("%s is %s, not %s", test, got[test], want)
		}
	}
	r.Connect = &record.Connect{Verdict: cred.Pass, Path: "host", Suite: "TLS_PSK_WITH_AES_128_CCM_8", ClientAuth: "used"}
	if got = result(r); got["T8"] != "na" || got["T9"] != "pass" {
		t.Errorf("connected: %v", got)
	}
	r.Connect.Verdict, r.Verdict = cred.Fail, cred.Fail
	if got = result(r); got["T9"] != "fail" || got["T8"] != "na" {
		t.Errorf("refused: %v", got)
	}
}
