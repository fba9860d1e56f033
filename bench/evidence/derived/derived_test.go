package derived

import (
	"crypto/rand"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"
)

var label = Label{IMEI: "352656100367872", Name: "urn:imei:352656100367872", Others: []string{"89882806660004909182", "25c95751-efa4-40d4-8b4a-1dcaab81fac9"}}

// The digests are those of md5sum, sha1sum, sha256sum, sha512sum and openssl dgst -hmac, not of this package.
func TestKnownFunctions(t *testing.T) {
	for in, want := range map[string]string{
		"08be33d84ffdb52cde8d8c45498c999c":                                 "the MD5 of the IMEI",
		"1b6db6f39a5ef321fde5b3cbad9701cc":                                 "the SHA-1 of the IMEI",
		"b705d672df7e478a7eee61906f056e5bb6fc5d4798ebd0ab8e002a9d70f5ea27": "the SHA-256 of the IMEI",
		"b6fc5d4798ebd0ab8e002a9d70f5ea27":                                 "the SHA-256 of the IMEI", // its end
		"a838f5916244861f5c1ed19cce8512cd":                                 "the SHA-256 of the name",
		"f54c13cd00791f4ccc96c80b4826e315":                                 "the SHA-256 of the IMEI", // reversed
		"2152eb9b8d2cfb58c0ff6c4b2b0dd14e":                                 "the SHA-256 of the IMEI", // without its check digit
		"330f22425a57631b9e35f69e24131709":                                 "the SHA-512 of the IMEI",
		"5d72512747c21e9801902318a0e91898":                                 "the SHA-256 of the unit's number 89882806660004909182",
		"7a2e0b8fe653ac895be3c2bf794e6719":                                 "an HMAC of the IMEI with a word",
		"dda42521c81be52f269cf7fa0b33f44c":                                 "an HMAC of the IMEI with a word",
		"2201ed603b816f006da4f83f05273a44":                                 "the SHA-256 of the IMEI with a word",
		"5ebe2294ecd0e0f08eab7690d2a6ee69":                                 "the MD5 of a word",
		// what people fill up, turn round and type
		"333532363536313030333637383732":                                   "the IMEI as text",
		"33353236353631303033363738373200":                                 "the IMEI as text",
		"3335323635363130303336373837323030303030303030303030303030303030": "the IMEI as text",
		"0352656100367872":                                                 "the digits of the IMEI",
		"352656100367872f":                                                 "the digits of the IMEI with an F",
		"03526561003678720352656100367872":                                 "the digits of the IMEI",
		"00000000000000000352656100367872":                                 "the digits of the IMEI",
		"ffffffffffffffff352656100367872f":                                 "the digits of the IMEI with an F",
		"0278763001656253":                                                 "the digits of the IMEI",
		"25c95751efa440d48b4a1dcaab81fac9":                                 "the digits of the unit's number 25c95751-efa4-40d4-8b4a-1dcaab81fac9",
		"89882806660004909182":                                             "the digits of the unit's number 89882806660004909182",
		"00000000000000000000000000000000":                                 "one byte over and over",
		"ffffffffffffffffffffffffffffffff":                                 "one byte over and over",
		"000102030405060708090a0b0c0d0e0f":                                 "a sequence of bytes",
		"0f0e0d0c0b0a09080706050403020100":                                 "a sequence of bytes",
		"00000000000000000000000000000017":                                 "a counter",
		"17000000000000000000000000000000":                                 "a counter",
		"0123456789abcdef0123456789abcdef":                                 "a sequence of digits",
		"31323334353637383930313233343536":                                 "a sequence of digits",
		"deadbeefdeadbeefdeadbeefdeadbeef":                                 "a sequence of digits",
	} {
		key, err := hex.DecodeString(in)
		if err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		if got := Function(key, label); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// A key of another unit's is none of this one's, and nothing is said of no key.
func TestOfAnotherUnit(t *testing.T) {
	key := sum(hashes[2].new)([]byte(label.IMEI))
	if got := Function(key, Label{IMEI: "351358816993213", Name: "urn:imei:351358816993213"}); got != "" {
		t.Errorf("%q", got)
	}
	if Function(nil, label) != "" || Function([]byte{7}, Label{}) == "" {
		t.Error("of nothing, or of one byte")
	}
}

// A drawn key is none of them.
func TestADrawnKey(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		key := make([]byte, rapid.IntRange(16, 64).Draw(rt, "bytes"))
		_, _ = rand.Read(key)
		if got := Function(key, label); got != "" {
			rt.Errorf("%x is %q", key, got)
		}
	})
}
