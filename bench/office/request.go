package office

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"regexp"

	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/device/keygen"
)

// Request is what somebody asks for, as it was found in a file.
type Request struct {
	ca.CSR
	Statement *keygen.Proof // of the modem that made the key, where the file holds its whole answer; its signature is not verified
}

// line is the modem's answer among the other lines of a transcript.
var line = regexp.MustCompile(`(?m)^%KEYGEN:.*$`)

// ReadRequest reads a request for a certificate in any of its forms: PEM, DER, or the answer to AT%KEYGEN as the modem gives it, the line,
// what stands between its quotes, or a transcript with that line. Fault: ca.csr.
func ReadRequest(file []byte) (Request, error) {
	if len(file) > 0 && file[0] == 0x30 { // SEQUENCE; no text begins with this digit, base64url of one begins with an M
		c, err := ca.ParseCSR(file)
		return Request{CSR: c}, err
	}
	if bytes.Contains(file, []byte("-----BEGIN")) {
		der, err := onlyRequest(file)
		if err != nil {
			return Request{}, err
		}
		c, err := ca.ParseCSR(der)
		return Request{CSR: c}, err
	}
	text := bytes.TrimSpace(file)
	if found := line.FindAll(file, 2); len(found) > 1 {
		return Request{}, refused("it holds the answers of several modems, or of several tries")
	} else if len(found) == 1 {
		text = bytes.TrimSpace(found[0])
	}
	a, err := keygen.Parse(string(text))
	if f := cred.AsFault(err); f != nil { // it comes from a file and not from a unit at a port: another code, another exit
		return Request{}, cred.Because(err, "ca.csr", "the certificate request is refused: "+f.Text, formsHint)
	}
	if a.Content != keygen.CSR {
		return Request{}, refused("it is a " + a.Content.String() + ", and nothing shows who holds the private key")
	}
	c, err := ca.ParseCSR(a.Body)
	return Request{CSR: c, Statement: a.Proof}, err
}

// onlyRequest is the one request of a PEM file.
func onlyRequest(file []byte) ([]byte, error) {
	var der []byte
	for rest := file; ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		if b.Type != "CERTIFICATE REQUEST" && b.Type != "NEW CERTIFICATE REQUEST" {
			clear(b.Bytes) // a private key, perhaps
			continue
		}
		if der != nil {
			return nil, refused("there are two of them in the file")
		}
		der = b.Bytes
	}
	if der == nil {
		return nil, refused("the file holds none")
	}
	return der, nil
}

func refused(why string) error {
	return cred.Failed("ca.csr", "the certificate request is refused: "+why, formsHint)
}

const formsHint = "give one request: a file that says BEGIN CERTIFICATE REQUEST, its DER, or the modem's whole answer to AT%KEYGEN=TAG,2,0"

// digits is what an IMEI looks like in a name.
var digits = regexp.MustCompile(`[0-9]{15}`)

// names is how many common names a request bears.
func names(der []byte) (n int) {
	c, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return 0
	}
	for _, a := range c.Subject.Names {
		if a.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 3}) {
			n++
		}
	}
	return n
}

// whose is the unit that a request is for: the one that was named, else the one whose name the request bears. A request that bears the
// name of another unit than was named is refused: one of the two is in the wrong place.
func (r Request) whose(named cred.IMEI, id cred.Template) (cred.IMEI, error) {
	if names(r.DER) > 1 { // others read the first, we the last
		return 0, refused("it bears several common names, and which unit it is for is not clear")
	}
	var borne cred.IMEI
	if i, err := cred.ParseIMEI(digits.FindString(r.Name)); err == nil && id.Name(i) == r.Name {
		borne = i
	}
	switch {
	case named == 0 && borne == 0:
		return 0, cred.Failed("usage.flag", "the request does not say which unit it is for", "give --imei with the unit's 15 digits")
	case named != 0 && borne != 0 && named != borne:
		return 0, cred.Failed("usage.flag", fmt.Sprintf("the request bears the name %s, and --imei names another unit", r.Name), "look which of the two is wrong")
	case named == 0:
		return borne, nil
	}
	return named, nil
}
