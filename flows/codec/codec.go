// Package codec gives every event and effect its stable name, and events their form in the journal: one table, explicit fields,
// strict reading. Names and fields are never changed, because journals are kept for ten years; what cannot be read any more
// can be shown and not resumed.
//
// Read table.go for the names; the files in testdata are an example of each event.
package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"example.org/sectag/flows"
)

// Name is the event's stable name, such as "cred.planned"; empty for nil.
func Name(e flows.Event) string {
	for _, k := range events() {
		if k.is(e) {
			return k.name
		}
	}
	return ""
}

// EffectName is the effect's stable name, such as "write-slot"; empty for nil.
func EffectName(e flows.Effect) string {
	for _, k := range effects() {
		if k.is(e) {
			return k.name
		}
	}
	return ""
}

// Encode writes an event: its name, and its fields as one JSON object.
func Encode(e flows.Event) (name string, body []byte, err error) {
	name = Name(e)
	if name == "" {
		return "", nil, fmt.Errorf("the event %T has no name", e)
	}
	body, err = json.Marshal(e)
	if err != nil {
		return "", nil, fmt.Errorf("writing the event %s: %w", name, err)
	}
	return name, body, nil
}

// Decode reads what Encode wrote. A name, a field or a value that this version does not write is an error: such a run can be
// shown, not resumed.
func Decode(name string, body []byte) (flows.Event, error) {
	for _, k := range events() {
		if k.name == name {
			e, err := k.read(body)
			if err != nil {
				return nil, fmt.Errorf("reading the event %s: %w", name, err)
			}
			return e, nil
		}
	}
	return nil, fmt.Errorf("no event is called %q", name)
}

// kind is one line of the tables.
type kind[I any] struct {
	name string
	is   func(I) bool
	read func([]byte) (I, error)
}

// of makes the line of a type T that is an I.
func of[T, I any](name string) kind[I] {
	return kind[I]{
		name: name,
		is:   func(v I) bool { _, ok := any(v).(T); return ok },
		read: func(b []byte) (i I, err error) {
			var v T
			if err := strict(b, &v); err != nil {
				return i, err
			}
			return any(v).(I), nil
		},
	}
}

// strict reads an object that holds exactly the fields that would be written for it, in any order.
func strict[T any](b []byte, v *T) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	again, err := json.Marshal(v)
	if err != nil {
		return err
	}
	given, err := plain(b)
	if err != nil {
		return err
	}
	would, err := plain(again)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(given, would) {
		return fmt.Errorf("it is not what sectag writes: a field is missing, or has another name or form")
	}
	return nil
}

// plain reads one JSON value and nothing after it, with numbers as they are written.
func plain(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("something stands after the event")
	}
	return v, nil
}
