package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
)

//go:embed migrations/*.sql
var migrations embed.FS

// traits are the tables of step 3, which the records before it have to be entered into.
//
//go:embed migrations/filled/00003_traits.sql
var traits string

// wanted is the schema that the migrations make, one thing a line (see described).
//
//go:embed schema.txt
var wanted string

// versions is the table in which goose keeps what was done.
const versions = "ledger_schema"

// newest is the number of the newest migration; they are numbered from 1 without gaps, and one is no file of statements alone.
func newest() int64 {
	files, _ := fs.Glob(migrations, "migrations/*.sql") // only a pattern can be wrong, and this one is not
	return int64(len(files)) + 1
}

// indexed makes the index of what records say, with what is there.
func indexed(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, traits, pgx.QueryExecModeSimpleProtocol); err != nil {
		return err
	}
	return engine.SayAll(ctx, tx)
}

// ready sees that the ledger is there and of this program's schema. A writer makes what is missing, one of them at a time; where all
// is there it needs no right to.
func (s *server) ready(ctx context.Context) error {
	conn, err := s.one(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	whole, err := s.whole(ctx, conn)
	switch {
	case err != nil || whole && s.reader:
		return err
	case whole:
		return s.allowed(ctx, conn)
	}
	if s.reader {
		return cred.Because(fs.ErrNotExist, "config.file", fmt.Sprintf("there is no ledger in %s", s.address),
			"name the database of an existing ledger; sectag ledger init makes a new one")
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, s.key("schema")); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return found(ctx, conn)
}

// whole tells whether the ledger is there, of the newest schema, with its name. One of an older schema is not whole: a reader is told.
func (s *server) whole(ctx context.Context, conn *pgx.Conn) (bool, error) {
	var version int64
	err := conn.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM `+versions+` WHERE is_applied`).Scan(&version)
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "42P01" {
		return false, nil
	}
	switch {
	case err != nil:
		return false, err
	case version > newest():
		return false, cred.Failed("ledger.newer", fmt.Sprintf("the ledger %s has schema %d, this sectag knows %d", s.address, version, newest()),
			"use the sectag that wrote it, or a newer one")
	case version < newest() && s.reader && version > 0:
		return false, cred.Failed("ledger.older", fmt.Sprintf("the ledger %s has schema %d, this sectag reads %d", s.address, version, newest()),
			"sectag ledger init brings it up to date, by the role that owns its tables")
	case version < newest():
		return false, nil
	}
	var named bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM meta WHERE name = 'origin')`).Scan(&named)
	return named, err
}

// migrate brings the schema to the newest step, each step in one transaction.
func (s *server) migrate(ctx context.Context) error {
	c, err := s.address.config()
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*c)
	defer db.Close()
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, steps, goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(goose.NewGoMigration(3, &goose.GoFunc{RunTx: indexed}, nil)))
	if err != nil {
		return fmt.Errorf("prepare the ledger's tables: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		var pe *pgconn.PgError
		if errors.As(err, &pe) && pe.Code == "42P07" {
			return cred.Because(err, "config.value", "the database has tables of another program: "+engine.Clipped(pe.Message),
				"give the ledger a database of its own, or a schema: search_path=NAME in its address")
		}
		return fmt.Errorf("make the ledger's tables: %w", err)
	}
	return nil
}

// HasTraits implements engine.Engine: a ledger of an older schema is not opened.
func (s *server) HasTraits(context.Context, engine.Querier) (bool, error) { return true, nil }

// found gives a new ledger its name and the head of an empty log. One that has lost its name is not given another: its records name it.
func found(ctx context.Context, conn *pgx.Conn) error {
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	empty, err := tlog.TreeHash(0, nil)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var old bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM meta) OR EXISTS (SELECT FROM record) OR EXISTS (SELECT FROM run)`).Scan(&old); err != nil || old {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO meta (name, value) VALUES ('origin', $1)`, fmt.Sprintf("%s%x", engine.OriginPrefix, id)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO head (one, size, root) VALUES (1, 0, $1)`, empty[:])
		return err
	})
}

// described lists a schema, one thing a line, from the server's catalogue: columns, constraints, indexes, triggers and functions of the
// schema that the address leads to. What differs from one version of PostgreSQL to another is left out.
const described = `
SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
	|| CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || CASE WHEN a.attcollation <> 0 THEN ' collate ' || l.collname ELSE '' END
	|| CASE WHEN a.atthasdef AND c.relname <> 'ledger_schema' THEN ' default' ELSE '' END AS line
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT 'table ' || relname || ' ' || relkind::text || ' ' || relpersistence::text || CASE WHEN relrowsecurity THEN ' row security' ELSE '' END
FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT 'constraint ' || c.relname || ' ' || pg_get_constraintdef(k.oid) || CASE WHEN k.convalidated THEN '' ELSE ' not validated' END
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND k.contype IN ('p', 'f', 'c', 'u', 'x')
UNION ALL
SELECT 'index ' || regexp_replace(pg_get_indexdef(i.indexrelid), ' ON .+? USING', ' ON ' || c.relname || ' USING')
	|| CASE WHEN i.indisvalid THEN '' ELSE ' not valid' END
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
UNION ALL
SELECT 'trigger ' || t.tgname || ' on ' || c.relname || ' type ' || t.tgtype || ' ' || t.tgenabled::text || ' calls ' || p.proname
	|| CASE WHEN t.tgqual IS NULL THEN '' ELSE ' when' END
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND NOT t.tgisinternal
UNION ALL
SELECT 'disabled ' || c.relname || ' ' || p.proname
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND t.tgisinternal AND t.tgenabled <> 'O'
UNION ALL
SELECT 'rule ' || r.rulename || ' on ' || c.relname
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'r'
UNION ALL
SELECT 'function ' || proname || ' ' || regexp_replace(prosrc, '\s+', ' ', 'g')
FROM pg_proc WHERE pronamespace = quote_ident(current_schema())::regnamespace
ORDER BY 1`

// Intact compares the schema, thing by thing, with the one that our migrations make: a constraint or a trigger that was taken out, or
// switched off, is damage. The server has no judgement of its own pages without an extension; verify reads all of them.
func (s *server) Intact(ctx context.Context, tx *sql.Tx) ([]cred.Finding, error) {
	var out []cred.Finding
	say := func(format string, args ...any) {
		out = append(out, engine.Damage(fmt.Sprintf(format, args...)))
	}
	want := map[string]bool{}
	for _, l := range strings.Split(strings.TrimSpace(wanted), "\n") {
		want[l] = true
	}
	err := engine.Each(ctx, tx, func(rows *sql.Rows) error {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if !want[strings.TrimSpace(line)] {
			say("the schema has something of its own: %s", engine.Clipped(line))
		}
		delete(want, strings.TrimSpace(line))
		return nil
	}, described)
	if err != nil {
		return out, err
	}
	for l := range want {
		say("the schema lacks: %s", engine.Clipped(l))
	}
	return out, nil
}
