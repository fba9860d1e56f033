package postgres

import (
	"context"
	"database/sql"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"example.org/sectag/internal/peers"
	"example.org/sectag/ledger/internal/engine"
)

var update = flag.Bool("update", false, "write schema.txt anew")

var private *peers.Postgres

func TestMain(m *testing.M) {
	os.Exit(peers.WithPostgres(func(p *peers.Postgres) int {
		private = p
		return m.Run()
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// opened makes a ledger in a schema of its own.
func opened(t *testing.T) (string, engine.Pools) {
	t.Helper()
	schema, err := private.Schema()
	must(t, err)
	a, err := ParseAddress(private.URL(schema, "", 0))
	must(t, err)
	p, err := New(a, false, "").Open(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return schema, p
}

func lines(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	must(t, engine.Each(t.Context(), db, func(rows *sql.Rows) error {
		var l string
		err := rows.Scan(&l)
		out = append(out, strings.TrimSpace(l))
		return err
	}, query))
	slices.Sort(out)
	return out
}

// TestSchemaIsWrittenDown: verify compares with schema.txt, which must be what the migrations make.
func TestSchemaIsWrittenDown(t *testing.T) {
	_, p := opened(t)
	got := strings.Join(lines(t, p.Read, described), "\n") + "\n"
	if *update {
		must(t, os.WriteFile("schema.txt", []byte(got), 0o644))
		return
	}
	if got != wanted {
		t.Errorf("the migrations make another schema than schema.txt says; see the difference with -update:\n%s", got)
	}
}

// TestSameTablesAsInAFile holds the two schemas against each other: the same tables, columns, keys and indexes.
func TestSameTablesAsInAFile(t *testing.T) {
	_, p := opened(t)
	file, err := engine.Memory().Open(context.Background())
	must(t, err)
	defer file.Close()
	theirs := lines(t, file.Read, `SELECT m.name || '.' || c.name || ' ' || CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'BLOB' THEN 'bytea' ELSE lower(c.type) END
		|| CASE WHEN c.pk > 0 THEN ' key' ELSE '' END FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
		UNION ALL SELECT 'index ' || name || ' on ' || tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
		UNION ALL SELECT m.name || '.' || f."from" || ' refers to ' || f."table" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`)
	ours := lines(t, p.Read, `SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
		|| CASE WHEN a.attnum = ANY (i.indkey) THEN ' key' ELSE '' END
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> 'ledger_schema'
		UNION ALL SELECT 'index ' || x.relname || ' on ' || c.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
		WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary
		UNION ALL SELECT c.relname || '.' || a.attname || ' refers to ' || r.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
		JOIN pg_class r ON r.oid = k.confrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
		WHERE c.relnamespace = current_schema()::regnamespace AND k.contype = 'f'`)
	for _, l := range theirs {
		if !slices.Contains(ours, l) {
			t.Errorf("in a file and not in a database: %s", l)
		}
	}
	for _, l := range ours {
		if !slices.Contains(theirs, l) {
			t.Errorf("in a database and not in a file: %s", l)
		}
	}
	// What is copied when a ledger moves is all that there is, each table behind those that it refers to.
	columns := map[string]bool{}
	for _, l := range theirs {
		if name, _, _ := strings.Cut(l, " "); strings.Contains(name, ".") {
			columns[name] = true
		}
	}
	before := map[string]bool{}
	for _, table := range engine.Tables() {
		for _, c := range table.Columns {
			if name := table.Name + "." + c; !columns[name] {
				t.Errorf("%s is copied and is nowhere", name)
			}
			delete(columns, table.Name+"."+c)
		}
		before[table.Name] = true
		for _, l := range theirs {
			if from, to, ok := strings.Cut(l, " refers to "); ok && strings.HasPrefix(from, table.Name+".") && !before[to] {
				t.Errorf("%s is copied before %s, to which it refers", table.Name, to)
			}
		}
	}
	for name := range columns {
		t.Errorf("%s is not copied", name)
	}
	if len(theirs) < 30 {
		t.Errorf("only %d things are compared", len(theirs))
	}
}
