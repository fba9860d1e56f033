package keygen

import (
	"bytes"
	"strings"
	"testing"

	"example.org/sectag/cred"
)

// faulty fails the fuzzer when an error is not one of this room's own.
func faulty(t *testing.T, err error) {
	t.Helper()
	if f := cred.AsFault(err); f != nil && (!strings.HasPrefix(f.Code, "keygen.") || f.Hint == "" || f.Text != cred.Line(f.Text)) {
		t.Errorf("%+v", f)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range published(f) {
		f.Add(s)
		f.Add(`%KEYGEN: "` + s + `"`)
	}
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		faulty(t, err)
		if err != nil {
			return
		}
		if a.Digest != cred.Sum(a.Body) || len(a.Body) == 0 || a.Content != CSR && a.Content != PublicKey || len(s) > maxText {
			t.Errorf("%+v", a)
		}
		if p := a.Proof; p != nil && (len(p.UUID) != 36 || p.Verified || p.SHA256 != cred.Sum(p.COSE)) {
			t.Errorf("%+v", p)
		}
		faulty(t, a.Check(17, ""))
	})
}

func FuzzToken(f *testing.F) {
	for _, s := range published(f) {
		f.Add(s)
		f.Add(`%ATTESTTOKEN: "` + s + `"`)
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseToken(s)
		faulty(t, err)
		if err == nil && (len(k.UUID) != 36 || len(k.Firmware) != 36 || k.Digest != cred.Sum(k.Body)) {
			t.Errorf("%+v", k)
		}
	})
}

func FuzzCOSE(f *testing.F) {
	for _, s := range published(f) {
		if _, cose, err := parts("", s); err == nil {
			f.Add(cose)
		}
	}
	key := firstIdentity(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.Clone(b)
		s, err := parseSign1(b)
		faulty(t, err)
		if err != nil {
			return
		}
		if !bytes.Equal(in, b) || !bytes.Equal(s.COSE, b) {
			t.Error("the bytes were changed")
		}
		_, _, _, err = parseProof(s)
		faulty(t, err)
		s.sayWhat(nil, s.payload)
		faulty(t, s.Verify(key))
	})
}
