package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"

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
	own, err := clone(r)
	if err != nil {
		return nil, Record{}, err
	}
	body, err := own.encode(Version)
	if err != nil {
		return nil, Record{}, err
	}
	return body, own, nil
}

// encode writes a record that is the caller's to change, as this version of the schema has it.
func (r *Record) encode(version int) ([]byte, error) {
	r.Version = version
	r.fill()
	if name := younger(reflect.ValueOf(*r), version); name != "" {
		return nil, fmt.Errorf("the schema %d has no field %s", version, name)
	}
	if err := walk(reflect.ValueOf(r).Elem(), "record", ""); err != nil {
		return nil, err
	}
	if err := r.sound(); err != nil {
		return nil, err
	}
	body, err := marshal(r)
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("a record has at most %d bytes, this has %d", maxBody, len(body))
	}
	return body, nil
}

// Decode reads what Encode wrote, and nothing else: an unknown or doubled field, a null, a missing list, another order or
// spelling is an error. A record of a newer schema is ErrNewer.
func Decode(body []byte) (Record, error) {
	if len(body) > maxBody {
		return Record{}, fmt.Errorf("a record has at most %d bytes, this has %d", maxBody, len(body))
	}
	version := schema(body)
	if version == 0 {
		return Record{}, foreign(body)
	}
	var r Record
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("the record does not follow its schema: %w", err)
	}
	again, err := r.encode(version)
	if err != nil {
		return Record{}, fmt.Errorf("the record does not follow its schema: %w", err)
	}
	if !bytes.Equal(again, body) {
		return Record{}, fmt.Errorf("the record is not in its canonical form")
	}
	return r, nil
}

// schema is the version that a record begins with, as all do; 0 when this program knows none such.
func schema(body []byte) int {
	for v := 1; v <= Version; v++ {
		if bytes.HasPrefix(body, fmt.Appendf(nil, `{"schema_version":%d,`, v)) {
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
			if since, err := strconv.Atoi(f.Tag.Get("since")); err == nil && since > version && !x.IsZero() {
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

func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write the record as JSON: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// clone copies deeply, because filling in and masking must not reach back into the caller's slices.
func clone(r Record) (Record, error) {
	b, err := marshal(r)
	if err != nil {
		return Record{}, err
	}
	var own Record
	if err := json.Unmarshal(b, &own); err != nil {
		return Record{}, fmt.Errorf("copy the record: %w", err)
	}
	return own, nil
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

// walk goes through every field: lists become present, strings are held against their grammar.
func walk(v reflect.Value, path, is string) error {
	switch v.Kind() {
	case reflect.Struct:
		return walkStruct(v, path)
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return walk(v.Elem(), path, is)
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			if err := walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i), is); err != nil {
				return err
			}
		}
	case reflect.String:
		s, err := grammar(is, v.String())
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		v.SetString(s)
	}
	return nil
}

func walkStruct(v reflect.Value, path string) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Tag.Get("json") == "-" {
			continue
		}
		if err := walk(v.Field(i), path+"."+f.Name, tagOf(v.Type(), f)); err != nil {
			return err
		}
	}
	return nil
}

// tagOf is the grammar of a field. Finding and Fault are the vocabulary's and carry no tags.
func tagOf(t reflect.Type, f reflect.StructField) string {
	if t != reflect.TypeFor[cred.Finding]() && t != reflect.TypeFor[cred.Fault]() {
		return f.Tag.Get("is")
	}
	switch f.Name {
	case "Code":
		return "word"
	case "Severity":
		return "error|warning|info"
	case "File", "Port":
		return "name"
	}
	return "text"
}
