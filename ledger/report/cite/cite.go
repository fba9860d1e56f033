// Package cite names the records that stand behind a number: the first of them, because a reader looks at a few and a list of ten
// thousand helps nobody. The number beside the list says how many there are.
package cite

import "slices"

// most is how many records a list names.
const most = 12

// Records are the names of records, each once. An empty list is a list: write Records{}.
type Records []string

// With is the list with one record more, if it has room and not that record already.
func (r Records) With(id string) Records {
	if len(r) < most && !slices.Contains(r, id) {
		return append(r, id)
	}
	return r
}
