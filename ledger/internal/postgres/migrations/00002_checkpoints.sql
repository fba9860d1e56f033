-- The log's signed states, and the records that set others right; as step 2 in ledger/internal/engine/schema.go.

-- +goose Up
-- The newest of each day: what is signed cannot be worked out again, but is held against the log.
CREATE TABLE checkpoint (day TEXT COLLATE "C" PRIMARY KEY, size BIGINT NOT NULL, note TEXT COLLATE "C" NOT NULL);
CREATE INDEX checkpoint_size ON checkpoint (size);

-- The few records that set another right are found without reading all.
CREATE INDEX record_correction ON record (id) WHERE kind = 'correction';
