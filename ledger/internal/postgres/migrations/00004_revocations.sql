-- The records that revoke a certificate; as step 4 in ledger/internal/engine/schema.go.

-- +goose Up
-- A revocation list is made of all of them, which are few.
CREATE INDEX record_revocation ON record (id) WHERE kind = 'revocation';
