package export

import (
	"io"
)

// jsonList is the records in their own bytes, as one array with a record a line: the leaf of the log is the hash of such a line without the
// comma at its end.
type jsonList struct {
	w    io.Writer
	more bool
}

func newJSON(w io.Writer, _ Options) (encoder, error) { return &jsonList{w: w}, nil }

func (j *jsonList) head() error {
	_, err := io.WriteString(j.w, "[")
	return err
}

func (j *jsonList) unit(u Unit) error {
	before := "\n"
	if j.more {
		before = ",\n"
	}
	j.more = true
	_, err := j.w.Write(append([]byte(before), u.body...))
	return err
}

func (j *jsonList) tail() error {
	end := "\n]\n"
	if !j.more {
		end = "]\n"
	}
	_, err := io.WriteString(j.w, end)
	return err
}
