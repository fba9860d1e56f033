package record

import (
	"fmt"
	"reflect"
	"sync"

	"example.org/sectag/cred"
)

// walk goes through every field: lists become present, strings are held against their grammar. Where a field is wrong, the error begins
// with the way to it, which is only put together then: a verification walks through a million records.
func walk(v reflect.Value, is string) error {
	switch v.Kind() {
	case reflect.Struct:
		return walkStruct(v)
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return walk(v.Elem(), is)
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			if err := walk(v.Index(i), is); err != nil {
				return fmt.Errorf("[%d]%w", i, err)
			}
		}
	case reflect.String:
		old := v.String()
		s, err := grammar(is, old)
		if err != nil {
			return fmt.Errorf(": %w", err)
		}
		if s != old {
			v.SetString(s)
		}
	}
	return nil
}

func walkStruct(v reflect.Value) error {
	for _, f := range fieldsOf(v.Type()) {
		if err := walk(v.Field(f.index), f.is); err != nil {
			return fmt.Errorf(".%s%w", f.name, err)
		}
	}
	return nil
}

// clone copies deeply, because filling in and masking must not reach back into the caller's slices.
func clone(r Record) Record {
	part(reflect.ValueOf(&r).Elem())
	return r
}

// part gives a value that was copied as it is its own of what it points to.
func part(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			if x := v.Field(f.index); x.CanSet() {
				part(x)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			v.Set(own)
			part(own.Elem())
		}
	case reflect.Slice:
		if !v.IsNil() {
			own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(own, v)
			v.Set(own)
			for i := range own.Len() {
				part(own.Index(i))
			}
		}
	}
}

// field is one of a struct that a walk must look into.
type field struct {
	index    int
	name, is string
}

// walked are the fields of the types that were walked through: tags are slow to read.
var walked sync.Map // of reflect.Type, to []field

func fieldsOf(t reflect.Type) []field {
	if known, ok := walked.Load(t); ok {
		return known.([]field)
	}
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("json") == "-" {
			continue
		}
		switch f.Type.Kind() {
		case reflect.Struct, reflect.Pointer, reflect.Slice, reflect.String:
			out = append(out, field{index: i, name: f.Name, is: tagOf(t, f)})
		}
	}
	walked.Store(t, out)
	return out
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
