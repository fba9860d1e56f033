package flight

import "testing"

// The last message alone does not make a flight whole: what is missing in between was lost, or is still on its way.
func TestAFlightWithAGapIsNotWhole(t *testing.T) {
	whole := func(typ uint8, seq uint16, body []byte) []byte { return message(typ, seq, body, 1000)[0] }
	hello, cert := whole(typeServerHello, 1, serverHello()), certificate([]byte("leaf"))
	half := piece(typeCertificate, 2, cert, 0, 3)
	for name, c := range map[string]struct {
		in   [][]byte
		want State
	}{
		"in order":                  {[][]byte{hello, whole(typeCertificate, 2, cert), whole(typeServerHelloDone, 3, nil)}, Whole},
		"upside down":               {[][]byte{whole(typeServerHelloDone, 3, nil), whole(typeCertificate, 2, cert), hello}, Whole},
		"without the certificate":   {[][]byte{hello, whole(typeServerHelloDone, 3, nil)}, Began},
		"with half a certificate":   {[][]byte{hello, half, whole(typeServerHelloDone, 3, nil)}, Began},
		"without the hello":         {[][]byte{whole(typeCertificate, 2, cert), whole(typeServerHelloDone, 3, nil)}, Began},
		"the last of all numbers":   {[][]byte{hello, whole(typeServerHelloDone, 65535, nil)}, Began},
		"the numbers do not follow": {[][]byte{whole(typeServerHello, 9, serverHello()), whole(typeServerHelloDone, 3, nil)}, Began},
		"said under two numbers": {[][]byte{
			hello, whole(typeServerHello, 2, serverHello()), whole(typeCertificate, 3, cert), whole(typeServerHelloDone, 4, nil),
		}, Whole},
	} {
		var s Seen
		for _, d := range c.in {
			s.Incoming(d)
		}
		if got := s.View().State(); got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}
