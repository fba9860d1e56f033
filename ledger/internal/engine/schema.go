package engine

// sqliteMigrations are the statements that make a ledger, one list for each step of PRAGMA user_version. A step that has been
// released is never changed; verify compares the statements that the file holds with these.
//
// Each step has its twin for PostgreSQL, a file in ../postgres/migrations, and each table its line in tables.go; tests hold all three
// against each other. ../postgres/schema.txt is written by go test ./ledger/internal/postgres -update.
//
// Everything but record.body, hash, event and checkpoint.note can be worked out again from those, and verify does so.
func sqliteMigrations() [][]string {
	return [][]string{{
		`CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,

		// The records and the Merkle tree over their bytes. The other columns are copies out of the body, for queries.
		`CREATE TABLE record (id INTEGER PRIMARY KEY, body TEXT NOT NULL, unit TEXT NOT NULL REFERENCES unit(name),
			imei TEXT NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL, time TEXT NOT NULL, claims INTEGER NOT NULL) STRICT`,
		`CREATE INDEX record_unit ON record(unit, id)`,
		`CREATE INDEX record_imei ON record(imei, id)`,
		`CREATE INDEX record_time ON record(time)`,
		`CREATE TABLE hash (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT`,
		`CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, root BLOB NOT NULL) STRICT`,

		// Units as they were recognised, and what belongs to one of them only.
		`CREATE TABLE unit (name TEXT PRIMARY KEY, id_key TEXT NOT NULL, uuid TEXT NOT NULL, imei TEXT NOT NULL,
			seen INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE INDEX unit_key ON unit(id_key)`,
		`CREATE INDEX unit_uuid ON unit(uuid)`,
		`CREATE INDEX unit_imei ON unit(imei)`,
		`CREATE TABLE binding (what TEXT NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL REFERENCES unit(name),
			record INTEGER NOT NULL REFERENCES record(id), PRIMARY KEY (what, value)) STRICT, WITHOUT ROWID`,

		// The journal: runs, their lines, and the serials that they reserved.
		`CREATE TABLE run (id INTEGER PRIMARY KEY, lines INTEGER NOT NULL, head BLOB NOT NULL, state TEXT NOT NULL) STRICT`,
		`CREATE INDEX run_state ON run(state)`,
		`CREATE TABLE event (run INTEGER NOT NULL REFERENCES run(id), seq INTEGER NOT NULL, type TEXT NOT NULL,
			at TEXT NOT NULL, body TEXT NOT NULL, chain BLOB NOT NULL, PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID`,
		`CREATE TABLE serial (serial TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id),
			state TEXT NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE INDEX serial_run ON serial(run)`,

		// Against slips of ours, not against an enemy: the log and the journal only grow.
		`CREATE TRIGGER record_kept BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'records are kept'); END`,
		`CREATE TRIGGER record_fixed BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'records are not changed'); END`,
		`CREATE TRIGGER hash_kept BEFORE DELETE ON hash BEGIN SELECT RAISE(ABORT, 'hashes are kept'); END`,
		`CREATE TRIGGER hash_fixed BEFORE UPDATE ON hash BEGIN SELECT RAISE(ABORT, 'hashes are not changed'); END`,
		`CREATE TRIGGER event_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the journal is kept'); END`,
		`CREATE TRIGGER event_fixed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the journal is not changed'); END`,
	}, {
		// The log's signed states, the newest of each day: what is signed cannot be worked out again, but is held against the log.
		`CREATE TABLE checkpoint (day TEXT PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL) STRICT, WITHOUT ROWID`,
		`CREATE INDEX checkpoint_size ON checkpoint(size)`,

		// The few records that set another right are found without reading all.
		`CREATE INDEX record_correction ON record(id) WHERE kind = 'correction'`,
	}, {
		// What records say that many units have in common, and of whom: an index for questions such as which units have this
		// firmware. unit is the first record of the unit, time is in seconds since 1970, until is the record from which on it was no
		// longer so, or 0.
		`CREATE TABLE trait (id INTEGER PRIMARY KEY, what TEXT NOT NULL, value TEXT NOT NULL, also TEXT NOT NULL) STRICT`,
		`CREATE UNIQUE INDEX trait_value ON trait(what, value, also)`,
		`CREATE INDEX trait_also ON trait(what, also)`,
		`CREATE TABLE said (trait INTEGER NOT NULL REFERENCES trait(id), unit INTEGER NOT NULL, record INTEGER NOT NULL,
			imei INTEGER NOT NULL, time INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (trait, unit, record)) STRICT, WITHOUT ROWID`,
	}, {
		// A revocation list is made of all revocations, which are few.
		`CREATE INDEX record_revocation ON record(id) WHERE kind = 'revocation'`,
	}}
}
