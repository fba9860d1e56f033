-- The ledger's tables, as ledger/internal/engine/schema.go has them for SQLite: a test holds the two against each other.
-- A file that has been released is never changed; schema.txt beside this folder is what all of them make, and verify compares with it.

-- +goose Up
CREATE TABLE meta (name TEXT COLLATE "C" PRIMARY KEY, value TEXT COLLATE "C" NOT NULL);

-- Units as they were recognised.
CREATE TABLE unit (name TEXT COLLATE "C" PRIMARY KEY, id_key TEXT COLLATE "C" NOT NULL, uuid TEXT COLLATE "C" NOT NULL,
  imei TEXT COLLATE "C" NOT NULL, seen BIGINT NOT NULL);
CREATE INDEX unit_key ON unit (id_key);
CREATE INDEX unit_uuid ON unit (uuid);
CREATE INDEX unit_imei ON unit (imei);

-- The records and the Merkle tree over their bytes. The other columns are copies out of the body, for queries.
CREATE TABLE record (id BIGINT PRIMARY KEY, body TEXT COLLATE "C" NOT NULL, unit TEXT COLLATE "C" NOT NULL REFERENCES unit (name),
  imei TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, verdict TEXT COLLATE "C" NOT NULL,
  time TEXT COLLATE "C" NOT NULL, claims BIGINT NOT NULL);
CREATE INDEX record_unit ON record (unit, id);
CREATE INDEX record_imei ON record (imei, id);
CREATE INDEX record_time ON record (time);
CREATE TABLE hash (id BIGINT PRIMARY KEY, hash BYTEA NOT NULL);
CREATE TABLE head (one BIGINT PRIMARY KEY CHECK (one = 1), size BIGINT NOT NULL, root BYTEA NOT NULL);

-- What belongs to one unit only.
CREATE TABLE binding (what TEXT COLLATE "C" NOT NULL, value TEXT COLLATE "C" NOT NULL,
  unit TEXT COLLATE "C" NOT NULL REFERENCES unit (name), record BIGINT NOT NULL REFERENCES record (id), PRIMARY KEY (what, value));

-- The journal: runs, their lines, and the serials that they reserved.
CREATE TABLE run (id BIGINT PRIMARY KEY, lines BIGINT NOT NULL, head BYTEA NOT NULL, state TEXT COLLATE "C" NOT NULL);
CREATE INDEX run_state ON run (state);
CREATE TABLE event (run BIGINT NOT NULL REFERENCES run (id), seq BIGINT NOT NULL, type TEXT COLLATE "C" NOT NULL,
  at TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL, chain BYTEA NOT NULL, PRIMARY KEY (run, seq));
CREATE TABLE serial (serial TEXT COLLATE "C" PRIMARY KEY, run BIGINT NOT NULL REFERENCES run (id), state TEXT COLLATE "C" NOT NULL);
CREATE INDEX serial_run ON serial (run);

-- Against slips of ours, not against an enemy: the log and the journal only grow.
-- +goose StatementBegin
CREATE FUNCTION ledger_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% only grows: nothing in it is changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER record_fixed BEFORE UPDATE OR DELETE ON record FOR EACH ROW EXECUTE FUNCTION ledger_grows();
CREATE TRIGGER record_kept BEFORE TRUNCATE ON record FOR EACH STATEMENT EXECUTE FUNCTION ledger_grows();
CREATE TRIGGER hash_fixed BEFORE UPDATE OR DELETE ON hash FOR EACH ROW EXECUTE FUNCTION ledger_grows();
CREATE TRIGGER hash_kept BEFORE TRUNCATE ON hash FOR EACH STATEMENT EXECUTE FUNCTION ledger_grows();
CREATE TRIGGER event_fixed BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION ledger_grows();
CREATE TRIGGER event_kept BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION ledger_grows();
