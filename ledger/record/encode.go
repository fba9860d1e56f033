package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"example.org/sectag/cred"
)

// maxBody bounds one record; a full one has about four thousand bytes.
const maxBody = 256 << 10

// ErrNewer says that a record was written by a newer sectag: it cannot be judged by this one, which does not make it wrong.
var ErrNewer = errors.New("the record has a newer schema than this program knows")

// Encode writes the one canonical form of a record: one line of JSON, fields in the order of the structs, no list absent.
// What can be worked out is filled in (connection, the slots' kinds and matches), texts for people are masked (Mask), and
// everything else must follow its grammar, or nothing is written. The record that was encoded comes back too.
func Encode(r Record) ([]byte, Record, error) {
	own := clone(r)
	var body bytes.Buffer
	if err := own.encode(&body, Version); err != nil {
		return nil, Record{}, err
	}
	return body.Bytes(), own, nil
}

// encode writes a record that is the caller's to change, as this version of the schema has it.
func (r *Record) encode(out *bytes.Buffer, version int) error {
	r.Version = version
	r.fill()
	if version < Version {
		if name := younger(reflect.ValueOf(*r), version); name != "" {
			return fmt.Errorf("the schema %d has no field %s", version, name)
		}
	}
	if err := walk(reflect.ValueOf(r).Elem(), ""); err != nil {
		return fmt.Errorf("record%w", err)
	}
	if err := r.sound(); err != nil {
		return err
	}
	if err := write(out, r); err != nil {
		return err
	}
	if out.Len() > maxBody {
		return fmt.Errorf("a record has at most %d bytes, this has %d", maxBody, out.Len())
	}
	return nil
}

// Decode reads what Encode wrote, and nothing else: an unknown or doubled field, a null, a missing list, another order or
// spelling is an error. A record of a newer schema is ErrNewer.
func Decode(body []byte) (Record, error) { return DecodeText(string(body)) }

// DecodeText is Decode of a text. The strings of the record are parts of it: who keeps one of many records' clones it.
func DecodeText(body string) (Record, error) {
	if len(body) > maxBody {
		return Record{}, fmt.Errorf("a record has at most %d bytes, this has %d", maxBody, len(body))
	}
	version := schema(body)
	if version == 0 {
		return Record{}, foreign([]byte(body))
	}
	if r, ok := swift(body, version); ok {
		return r, nil
	}
	return careful([]byte(body), version)
}

// careful reads a record by what makes it one: written again it is what it was.
func careful(body []byte, version int) (Record, error) {
	var r Record
	// What the schema does not know is lost here and missed when the record is written again.
	if err := json.Unmarshal(body, &r); err != nil {
		return Record{}, fmt.Errorf("the record does not follow its schema: %w", err)
	}
	again := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(again)
	again.Reset()
	if err := r.encode(again, version); err != nil {
		return Record{}, fmt.Errorf("the record does not follow its schema: %w", err)
	}
	if !bytes.Equal(again.Bytes(), body) {
		return Record{}, unlike(body)
	}
	return r, nil
}

// buffers are for the second writing of a record, of which nothing is kept.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// unlike says how a record that was read is not what it would be written as.
func unlike(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(new(Record)); err != nil {
		return fmt.Errorf("the record does not follow its schema: %w", err)
	}
	return fmt.Errorf("the record is not in its canonical form")
}

// schema is the version that a record begins with, as all do; 0 when this program knows none such.
func schema(body string) int {
	for v := 1; v <= Version; v++ {
		if strings.HasPrefix(body, `{"schema_version":`+strconv.Itoa(v)+`,`) {
			return v
		}
	}
	return 0
}

// younger names a field that is set and came after a version of the schema.
func younger(v reflect.Value, version int) string {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return younger(v.Elem(), version)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if name := younger(v.Index(i), version); name != "" {
				return name
			}
		}
	case reflect.Struct:
		for f, x := range v.Fields() {
			if sinceOf(f) > version && !x.IsZero() {
				return f.Name
			}
			if name := younger(x, version); name != "" {
				return name
			}
		}
	}
	return ""
}

// foreign tells what a body is that is no record of a known schema.
func foreign(body []byte) error {
	var head struct {
		Version int `json:"schema_version"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return fmt.Errorf("the record is no JSON object: %w", err)
	}
	if head.Version > Version {
		return fmt.Errorf("%w: %d, known is %d", ErrNewer, head.Version, Version)
	}
	return fmt.Errorf("the record does not begin with a schema up to %d", Version)
}

// write writes a record as JSON, without a line end.
func write(out *bytes.Buffer, r *Record) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("write the record as JSON: %w", err)
	}
	out.Truncate(out.Len() - 1)
	return nil
}

func (r *Record) fill() {
	r.Connection = "not tested"
	if r.Connect != nil {
		r.Connection = "tested"
	}
	r.Unit.Valid = r.IMEI.Valid()
	for i := range r.Slots {
		s := &r.Slots[i]
		s.Kind, s.Match = s.Type.String(), nil
		if !s.Sent.IsZero() && !s.SHA256.IsZero() {
			same := s.Sent == s.SHA256
			s.Match = &same
		}
	}
}

// sound checks what no single field can tell.
func (r *Record) sound() error {
	switch {
	case r.Kind == "" || r.Verdict == "" || r.Time == "":
		return fmt.Errorf("a record needs kind, verdict and time")
	case r.Seen().Name() == "":
		return fmt.Errorf("a record needs a unit: an IMEI, a device UUID or an identity key")
	case r.Failure != nil && r.Verdict != cred.Fail:
		return fmt.Errorf("a record with a failure has the verdict fail, this says %s", r.Verdict)
	case r.Verdict != cred.Fail && cred.Judge(r.Findings) == cred.Fail:
		return fmt.Errorf("a record with an error among its findings has the verdict fail, this says %s", r.Verdict)
	case r.Kind == Check && r.Checks == "" && r.Verdict != cred.Fail:
		return fmt.Errorf("a check names the record that it found the unit to agree with")
	case r.Kind == Correction && (r.Corrects == "" || r.Note == ""):
		return fmt.Errorf("a correction names the record that it corrects and says what is right")
	case r.Kind == Correction && len(r.Bindings()) > 0:
		return fmt.Errorf("a correction gives a unit nothing")
	case r.Kind == Retirement && len(r.Bindings()) > 0:
		return fmt.Errorf("a retirement gives a unit nothing")
	case r.Kind == Revocation && r.Revoked == nil:
		return fmt.Errorf("a revocation says which certificate is revoked")
	case r.Kind == Revocation && len(r.Bindings()) > 0:
		return fmt.Errorf("a revocation gives a unit nothing")
	case r.Revoked != nil && (r.Revoked.Serial == "" || r.Revoked.Issuer.IsZero() || r.Revoked.Reason == "" || r.Revoked.Time == ""):
		return fmt.Errorf("a revocation needs serial, issuer, reason and time")
	case r.Means != "" && r.Means != OtherMeans:
		return fmt.Errorf("credentials are written by a bench, or %s", OtherMeans)
	case r.Means != "" && r.Kind == Issue && !r.unread():
		return fmt.Errorf("what was written by other means is a certificate that was issued, and slots that nobody read back")
	case r.Uniqueness != nil && r.Uniqueness.Collisions != 0:
		return fmt.Errorf("a record with a collision is never written")
	}
	for _, b := range r.Bindings() {
		if err := b.Valid(); err != nil {
			return err
		}
	}
	return nil
}
