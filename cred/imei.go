// Package cred is the vocabulary of the house: the words that every other room uses and nothing else. It knows how an
// IMEI, a sec_tag, a credential type, a digest, an endpoint and a failure are written and read, strictly; it does no I/O
// and decides nothing. A newcomer starts here: the names are the field's own (nRF91 AT manual, RFC 6347, OMA LwM2M).
package cred

import (
	"fmt"
)

// IMEI is the International Mobile Equipment Identity of one modem: fifteen decimal digits, TAC (8), serial number (6) and
// a check digit (3GPP TS 23.003). The zero value means that there is none. It is a number so that machines can hold it.
type IMEI uint64

const imeiLimit = 1_000_000_000_000_000

// ParseIMEI reads exactly fifteen digits. The all-zero IMEI is refused: the how-to uses it as its example and it is no
// device's. A wrong check digit is accepted, because units with one exist; ask Valid.
func ParseIMEI(s string) (IMEI, error) {
	if len(s) != 15 {
		return 0, fmt.Errorf("an IMEI has 15 digits, this has %d characters", len(s))
	}
	var n uint64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, fmt.Errorf("an IMEI has 15 digits, character %d is none", i+1)
		}
		n = n*10 + uint64(s[i]-'0')
	}
	if n == 0 {
		return 0, fmt.Errorf("the IMEI 000000000000000 is no device's")
	}
	return IMEI(n), nil
}

// String writes the fifteen digits, or the empty string for the zero value.
func (i IMEI) String() string {
	var digits [15]byte
	return string(i.Append(digits[:0]))
}

// Append writes what String says behind b.
func (i IMEI) Append(b []byte) []byte {
	if i == 0 || i >= imeiLimit {
		return b
	}
	for unit := uint64(imeiLimit / 10); unit > 0; unit /= 10 {
		b = append(b, byte('0'+uint64(i)/unit%10))
	}
	return b
}

// Valid tells whether the last digit is the Luhn check digit of the others. A false is worth a warning and never a refusal.
func (i IMEI) Valid() bool {
	if i == 0 || i >= imeiLimit {
		return false
	}
	sum, n := 0, uint64(i)
	for pos := 0; n > 0; pos++ {
		d := int(n % 10)
		n /= 10
		if pos%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

// Last4 writes the last four digits, which a person types to name the unit before something in it is destroyed.
func (i IMEI) Last4() string { return fmt.Sprintf("%04d", uint64(i)%10_000) }

// MarshalText writes the fifteen digits.
func (i IMEI) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads what MarshalText wrote: the empty text is the zero value.
func (i *IMEI) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = 0
		return nil
	}
	v, err := ParseIMEI(string(b))
	if err != nil {
		return err
	}
	*i = v
	return nil
}
