package words

import (
	"flag"
	"strings"
	"testing"

	"example.org/sectag/cred"
)

var _ = flag.Bool("update", false, "every test package below tui takes the flag; nothing is written here")

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		Bar(1, 2, 4): "██  ", Bar(9, 2, 2): "██", Bar(1, 4, 2): "▌ ", Bar(1, 0, 4): "", Bar(-1, 2, 2): "  ",
		Thousands(999): "999", Thousands(1843): "1 843", Thousands(1234567): "1 234 567",
		Milliseconds(999): "999 ms", Milliseconds(4250): "4.2 s",
		CommonName("CN=A,O=B"): "A", CommonName("O=B"): "O=B", CommonName("O=B, CN=C"): "C",
		Count(1, "slot"): "1 slot", Count(0, "slot"): "0 slots",
		Below("", "2036-01-01T00:00:00Z"):     "",
		Below("CN=R", "2036-01-01T00:00:00Z"): "CN=R, until 2036-01-01; the server needs both (sectag ca chain)",
		Day("2026-01-01T00:00:00Z"):           "2026-01-01", Day(""): "",
		Suite("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"):                   "ECDHE-ECDSA AES-128-GCM-SHA256",
		Flight("<- server hello, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"): "received: server hello, ECDHE-ECDSA AES-128-GCM-SHA256",
		Flight("-> hello again"):                                           "sent: hello again", Flight("finished"): "finished",
		NotInModem("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"): "no CCM with certificates", NotInModem("TLS_RSA_WITH_AES_128_CBC_SHA"): "no key exchange without a curve",
		NotInModem("TLS_PSK_WITH_AES_256_CCM"): "other suites", NotInModem("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"): "no PSK with a curve",
		NotInModem("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"): "no ChaCha20",
		Key('\r'): "enter", Key(27): "esc", Key(' '): "space", Key('\t'): "tab", Key('x'): "x",
		Functional(4): "offline (CFUN 4)", Functional(99): "CFUN 99", Host("slm"): "SLM", Host("x"): "x",
		YesNo(nil): "not known", Kind(cred.ClientKey): "client key", Kind(9): "type 9",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestGroupedIsTheWholeDigest(t *testing.T) {
	d := cred.Sum([]byte("x"))
	if got := strings.ReplaceAll(strings.Join(Grouped(d), ""), " ", ""); got != d.String() {
		t.Errorf("got %s of %s", got, d)
	}
	if Grouped(cred.Digest{}) != nil {
		t.Error("no digest has no groups")
	}
}
