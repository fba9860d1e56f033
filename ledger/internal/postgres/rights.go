package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
)

// missing lists the rights that a station needs and its role does not have. They are those of the page (docs/ledger.md); a table that
// is not there is the schema's trouble and not a right's.
const missing = `
SELECT coalesce(string_agg(need.what || ' ON ' || need.name, ', ' ORDER BY need.name, need.what), '')
FROM (VALUES ('INSERT', 'unit'), ('INSERT', 'record'), ('INSERT', 'hash'), ('INSERT', 'binding'), ('INSERT', 'run'), ('INSERT', 'event'),
	('INSERT', 'serial'), ('INSERT', 'trait'), ('INSERT', 'said'), ('INSERT', 'checkpoint'),
	('UPDATE', 'unit'), ('UPDATE', 'head'), ('UPDATE', 'run'), ('UPDATE', 'serial'), ('UPDATE', 'said'), ('UPDATE', 'checkpoint')) AS need (what, name)
JOIN pg_class c ON c.relname = need.name AND c.relnamespace = quote_ident(current_schema())::regnamespace
WHERE NOT has_table_privilege(c.oid, need.what)`

// allowed sees at the start that a writer may write: a record is the last thing of a unit's run, and a role that may not write it would
// leave a unit that nobody knows.
func (s *server) allowed(ctx context.Context, conn *pgx.Conn) error {
	var lacks, role string
	if err := conn.QueryRow(ctx, missing).Scan(&lacks); err != nil || lacks == "" {
		return err
	}
	if err := conn.QueryRow(ctx, `SELECT current_user`).Scan(&role); err != nil {
		return err
	}
	return cred.Failed("ledger.denied", "the ledger's server lets the role "+engine.Clipped(role)+" write no records: it lacks "+lacks,
		"as the owner of the tables give it the GRANTs of docs/ledger.md, again where an update brought new tables")
}
