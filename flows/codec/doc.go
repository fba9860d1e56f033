package codec

import (
	"encoding/json"

	"example.org/sectag/flows"
)

// maxDoc is how long a document may be as the journal writes it: a line has room for 64 kB, and the event needs some of it.
const maxDoc = 60 << 10

// Doc writes a document for the facts. One that is longer than the journal takes is left out: it decides nothing, and the work goes on.
func Doc(v any) flows.Doc {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	if line, err := json.Marshal(string(b)); err != nil || len(line) > maxDoc {
		return ""
	}
	return flows.Doc(b)
}
