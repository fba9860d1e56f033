-- What records say that many units have in common, and of whom; as step 3 in ledger/internal/engine/schema.go. It is filled in the same
-- transaction (indexed in schema.go), so that no station ever meets it half full.

CREATE TABLE trait (id BIGINT PRIMARY KEY, what TEXT COLLATE "C" NOT NULL, value TEXT COLLATE "C" NOT NULL, also TEXT COLLATE "C" NOT NULL);
CREATE UNIQUE INDEX trait_value ON trait (what, value, also);
CREATE INDEX trait_also ON trait (what, also);
CREATE TABLE said (trait BIGINT NOT NULL REFERENCES trait (id), unit BIGINT NOT NULL, record BIGINT NOT NULL, imei BIGINT NOT NULL,
  time BIGINT NOT NULL, until BIGINT NOT NULL, PRIMARY KEY (trait, unit, record));
