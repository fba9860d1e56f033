// Package postgres keeps a ledger in a PostgreSQL database (version 14 or later), where many stations write at once. It is an
// engine.Engine like the one for a SQLite file: the same tables, the same statements.
//
// A station writes over one connection. What must be one station's alone (a run that is at work, an IMEI) is held by that connection, as
// advisory locks of its session: the server frees them when the connection ends, however its station died, so nothing depends on a clock
// or on somebody tidying up. The log has one head, and who writes to the log holds its row until its transaction is over.
//
// Read postgres.go first, then address.go (what an address may say), shared.go (what stations hold), schema.go (the tables) and
// fault.go (what an error means).
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
)

// New is the engine for a ledger in a database. Others are told the station's name when they meet what it holds; empty is this
// computer's name. A reader makes and changes nothing.
func New(a Address, reader bool, station string) engine.Engine {
	return &server{address: a, reader: reader, station: station}
}

type server struct {
	address  Address
	reader   bool
	station  string
	mu       sync.Mutex
	sessions []uint32 // the server's processes of the writer's connections so far
	origin   string   // of the ledger, and the schema that it is in: a copy beside it is another one
	schema   string
}

// settings hold for each session whatever the server's defaults and the environment are. A computer that lost its power must not keep its
// locks for the two hours that a connection lives by default: the server asks after it and gives up within half a minute.
var settings = map[string]string{
	"client_encoding": "UTF8", "statement_timeout": "0", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "5min", "idle_session_timeout": "0",
	"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3", "tcp_user_timeout": "30000",
	"standard_conforming_strings": "on",
}

// Open implements engine.Engine.
func (s *server) Open(ctx context.Context) (engine.Pools, error) {
	if err := s.ready(ctx); err != nil {
		return engine.Pools{}, engine.Told(s, err, "open the ledger "+s.address.String())
	}
	// Each statement for itself sees the newest; verify sees one moment.
	rd, err := s.pool(2, map[string]string{"default_transaction_read_only": "on", "default_transaction_isolation": "repeatable read"}, nil)
	if err != nil {
		return engine.Pools{}, err
	}
	rd.SetMaxIdleConns(1)
	rd.SetConnMaxIdleTime(time.Minute)
	p := engine.Pools{Read: rd}
	if err := rd.QueryRowContext(ctx, `SELECT value, current_schema() FROM meta WHERE name = 'origin'`).Scan(&s.origin, &s.schema); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return engine.Pools{}, errors.Join(engine.Told(s, err, "open the ledger "+s.address.String()), p.Close())
	}
	if s.reader {
		return p, nil
	}
	// A statement must see what was committed while it waited for the head, so not the stricter levels.
	w, err := s.pool(1, map[string]string{"synchronous_commit": "on", "default_transaction_isolation": "read committed"}, s.note)
	if err != nil {
		return engine.Pools{}, errors.Join(err, p.Close())
	}
	p.Firm, p.Ride, p.Ease, p.Shared = w, w, `SET LOCAL synchronous_commit = off`, s
	if err := s.syncs(ctx, w); err != nil {
		return engine.Pools{}, errors.Join(engine.Told(s, err, "open the ledger "+s.address.String()), p.Close())
	}
	return p, nil
}

// syncs refuses a server that acknowledges what is not on its disk.
func (s *server) syncs(ctx context.Context, db *sql.DB) error {
	for _, name := range []string{"fsync", "full_page_writes"} {
		var v string
		if err := db.QueryRowContext(ctx, `SHOW `+name).Scan(&v); err != nil {
			return err
		}
		if v != "on" {
			return cred.Failed("config.value", fmt.Sprintf("the ledger's server runs with %s = %s, so that a power cut can take what it acknowledged", name, v),
				"set fsync and full_page_writes to on in postgresql.conf")
		}
	}
	return nil
}

// pool prepares connections; none is made yet. Each that is made is noted, where somebody wants to know.
func (s *server) pool(size int, more map[string]string, note func(uint32)) (*sql.DB, error) {
	c, err := s.address.config()
	if err != nil {
		return nil, fmt.Errorf("read the address of the ledger: %w", err)
	}
	delete(c.RuntimeParams, "options")
	for _, set := range []map[string]string{settings, more, {"application_name": s.name()}} {
		for k, v := range set {
			c.RuntimeParams[k] = v
		}
	}
	db := sql.OpenDB(noted{stdlib.GetConnector(*c), note})
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// name is how others see this station on the server, at most 63 bytes.
func (s *server) name() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed computer"
	}
	who := "station " + s.station + " on "
	if s.station == "" {
		who = ""
	}
	end := ", pid " + strconv.Itoa(os.Getpid())
	all := who + host
	return all[:min(len(all), 63-len(end))] + end
}

// note notes a connection of the writer.
func (s *server) note(pid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = append(s.sessions, pid)
}

// noted notes the connections that are made.
type noted struct {
	driver.Connector
	note func(pid uint32)
}

// Connect implements driver.Connector.
func (n noted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := n.Connector.Connect(ctx)
	if c, ok := conn.(*stdlib.Conn); ok && err == nil && n.note != nil {
		n.note(c.Conn().PgConn().PID())
	}
	return conn, err
}

var _ engine.Shared = (*server)(nil)

// one opens a single connection for what is not the ledger's daily work.
func (s *server) one(ctx context.Context) (*pgx.Conn, error) {
	c, err := s.address.config()
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, c)
}
