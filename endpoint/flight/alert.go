package flight

import "fmt"

const (
	levelWarning = 1
	levelFatal   = 2
)

// Alert is an alert in clear (RFC 5246, section 7.2).
type Alert struct {
	Fatal  bool
	Number uint8
}

// Alert numbers that decide something here.
const (
	CloseNotify          = 0
	HandshakeFailure     = 40
	ProtocolVersion      = 70
	InsufficientSecurity = 71
	UnrecognizedName     = 112
)

// AlertName is the name of an alert in the RFCs, or "alert N" for a number without one.
func AlertName(number uint8) string {
	for _, a := range [...]struct {
		number uint8
		name   string
	}{
		{0, "close_notify"},
		{10, "unexpected_message"},
		{20, "bad_record_mac"},
		{21, "decryption_failed"},
		{22, "record_overflow"},
		{30, "decompression_failure"},
		{40, "handshake_failure"},
		{41, "no_certificate"},
		{42, "bad_certificate"},
		{43, "unsupported_certificate"},
		{44, "certificate_revoked"},
		{45, "certificate_expired"},
		{46, "certificate_unknown"},
		{47, "illegal_parameter"},
		{48, "unknown_ca"},
		{49, "access_denied"},
		{50, "decode_error"},
		{51, "decrypt_error"},
		{60, "export_restriction"},
		{70, "protocol_version"},
		{71, "insufficient_security"},
		{80, "internal_error"},
		{86, "inappropriate_fallback"},
		{90, "user_canceled"},
		{100, "no_renegotiation"},
		{109, "missing_extension"},
		{110, "unsupported_extension"},
		{111, "certificate_unobtainable"},
		{112, "unrecognized_name"},
		{113, "bad_certificate_status_response"},
		{114, "bad_certificate_hash_value"},
		{115, "unknown_psk_identity"},
		{116, "certificate_required"},
		{120, "no_application_protocol"},
	} {
		if a.number == number {
			return a.name
		}
	}
	return fmt.Sprintf("alert %d", number)
}

// String is the name and the number.
func (a Alert) String() string { return fmt.Sprintf("%s (%d)", AlertName(a.Number), a.Number) }
