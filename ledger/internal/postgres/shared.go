package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
)

// Session implements engine.Shared.
func (s *server) Session() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.sessions))
}

// former tells whether a process of the server was that of an older connection of this writer.
func (s *server) former(pid int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.sessions)
	return n > 0 && slices.Contains(s.sessions[:n-1], uint32(pid)) && s.sessions[n-1] != uint32(pid)
}

// tries is how often Take asks for a name that seems to be nobody's, or a dead connection's of our own: each time it stands otherwise, the
// answer to the question before has been overtaken.
const tries = 20

// Take implements engine.Shared. A name that changes hands faster than it can be asked for is ledger.busy.
func (s *server) Take(ctx context.Context, q engine.Querier, name string) (holder string, err error) {
	key := s.key(name)
	patience := 3
	for range tries {
		var got bool
		if err := q.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, key).Scan(&got); err != nil || got {
			return "", err
		}
		pid, holder, err := s.holder(ctx, q, key)
		if err == nil && pid == 0 {
			continue // whoever had it has just let go, such as our own connection that broke
		}
		if err != nil || !s.former(pid) || holder != s.name() {
			return holder, err
		}
		// It is held by a connection of ours that broke, which the server has not noticed. What it was asked last is over when it ends.
		var ended bool
		err = q.QueryRowContext(ctx, `SELECT pg_terminate_backend($1, 10000)`, pid).Scan(&ended)
		if patience--; err != nil || !ended && patience == 0 { // it is not ended either where it came to its end by itself meanwhile
			return holder, err
		}
	}
	return "", cred.Failed("ledger.busy", "the ledger's server says each time that nobody holds "+name+", and does not give it",
		"try again; if it stays so, see on the server who holds advisory locks (pg_locks)")
}

// Drop implements engine.Shared.
func (s *server) Drop(ctx context.Context, q engine.Querier, name string) error {
	_, err := q.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, s.key(name))
	return err
}

// key is the lock of a name in this ledger: locks are numbers of 64 bits, for all ledgers of a database together.
func (s *server) key(name string) int64 {
	sum := sha256.Sum256([]byte("sectag hold\n" + s.origin + "\n" + s.schema + "\n" + name))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// holder says who has a lock, as far as the server tells this user; pid 0 is nobody.
func (s *server) holder(ctx context.Context, q engine.Querier, key int64) (pid int64, holder string, err error) {
	var name sql.NullString
	err = q.QueryRowContext(ctx, `SELECT l.pid, a.application_name FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND l.classid = ($1::bigint >> 32 & 4294967295)::oid AND l.objid = ($1::bigint & 4294967295)::oid AND l.objsubid = 1 LIMIT 1`,
		key).Scan(&pid, &name)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, "", nil
	case err != nil:
		return 0, "", err
	case name.String == "":
		return pid, "another station (its connection is the server's process " + strconv.FormatInt(pid, 10) + ")", nil
	}
	return pid, name.String, nil
}
