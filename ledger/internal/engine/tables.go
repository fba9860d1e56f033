package engine

// Table is a table of the ledger and its columns, the key first.
type Table struct {
	Name    string
	Columns []string
	Key     string // what to order its rows by
}

// Tables are all tables, each behind those that its rows refer to. Who copies a ledger copies these; a test holds the list against the
// schema of either engine.
func Tables() []Table {
	return []Table{
		{"meta", []string{"name", "value"}, "name"},
		{"unit", []string{"name", "id_key", "uuid", "imei", "seen"}, "name"},
		{"record", []string{"id", "body", "unit", "imei", "kind", "verdict", "time", "claims"}, "id"},
		{"hash", []string{"id", "hash"}, "id"},
		{"head", []string{"one", "size", "root"}, "one"},
		{"binding", []string{"what", "value", "unit", "record"}, "what, value"},
		{"trait", []string{"id", "what", "value", "also"}, "id"},
		{"said", []string{"trait", "unit", "record", "imei", "time", "until"}, "trait, unit, record"},
		{"run", []string{"id", "lines", "head", "state"}, "id"},
		{"event", []string{"run", "seq", "type", "at", "body", "chain"}, "run, seq"},
		{"checkpoint", []string{"day", "size", "note"}, "day"},
		{"serial", []string{"serial", "run", "state"}, "serial"},
	}
}
