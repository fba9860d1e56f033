package record

import (
	"reflect"
	"strconv"

	"example.org/sectag/ledger/internal/canonical"
)

// A verification reads a million records, and nearly all of them are right. So a record is first read in one pass that knows the one form
// that Encode writes: each field in its place, each value in its only spelling, each text within its grammar, nothing else between. What
// that pass takes, careful takes too, with the same outcome; whatever it does not know is left to careful, which also says what is wrong.

// swift reads a record in the canonical form. ok is false where that is not sure. The strings of the record are parts of body.
func swift(body string, version int) (r Record, ok bool) {
	if !whole.Read(body, version, reflect.ValueOf(&r).Elem()) || r.Version != version {
		return Record{}, false
	}
	return r, r.filled() && r.sound() == nil
}

// whole is the form of a record.
var whole = canonical.FormOf(reflect.TypeFor[Record](), canonical.Rules{Grammar: tagOf, Follows: followerOf, Since: sinceOf})

// sinceOf is the version of the schema that brought a field; of those that were always there 0.
func sinceOf(f reflect.StructField) int {
	n, err := strconv.Atoi(f.Tag.Get("since"))
	if err != nil {
		return 0
	}
	return n
}

// filled tells whether what Encode works out is what is there. Lists and texts were looked at when they were read.
func (r *Record) filled() bool {
	connection, valid := r.Connection, r.Unit.Valid
	slots := append(make([]Slot, 0, 8), r.Slots...)
	r.fill()
	ok := connection == r.Connection && valid == r.Unit.Valid
	for i, s := range r.Slots {
		was := slots[i]
		ok = ok && was.Kind == s.Kind && (was.Match == nil) == (s.Match == nil) && (s.Match == nil || *was.Match == *s.Match)
	}
	return ok
}
