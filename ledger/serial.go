package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// The states of a certificate serial.
const (
	SerialReserved  = seal.SerialReserved
	SerialUsed      = seal.SerialUsed // a record names it
	SerialAbandoned = seal.SerialAbandoned
)

// Serial is a certificate serial that a run reserved.
type Serial struct {
	Serial string // lower-case hex
	Run    string
	State  string
}

// Reserve takes a serial for a certificate that the run is about to sign. It is durable before it returns, so a serial can be
// lost in a crash and can never be given twice. A serial that was ever reserved or recorded is ledger.bound: draw another.
func (s *Store) Reserve(ctx context.Context, run, at, serial string) error {
	b := record.Binding{What: record.BindSerial, Value: serial}
	if err := b.Valid(); err != nil {
		return err
	}
	return s.firmlyOf(ctx, run, "reserve a serial", func(ctx context.Context, tx engine.Querier) error {
		if err := s.holds.Turn(ctx, tx); err != nil {
			return err
		}
		var n int
		err := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM serial WHERE serial = $1)
			+ (SELECT count(*) FROM binding WHERE what = 'serial' AND value = $1)`, serial).Scan(&n)
		if err != nil {
			return err
		}
		if n > 0 {
			return cred.Failed("ledger.bound", "the certificate serial "+serial+" was given before", "draw another serial")
		}
		if err := s.own(ctx, tx, run, seal.LineSerial, at, seal.SerialLine{Serial: serial, State: SerialReserved}); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO serial (serial, run, state) VALUES ($1, $2, $3)`, serial, run, SerialReserved)
		return err
	})
}

// Abandon marks a reserved serial as one that no certificate in the field has: its key died with the process that made it.
// run is the run that says so, usually the one after. It is durable. A serial that a record names cannot be abandoned.
func (s *Store) Abandon(ctx context.Context, run, at, serial string) error {
	return s.firmlyOf(ctx, run, "abandon a serial", func(ctx context.Context, tx engine.Querier) error {
		var state string
		err := tx.QueryRowContext(ctx, `SELECT state FROM serial WHERE serial = $1`, serial).Scan(&state)
		if err == sql.ErrNoRows {
			return fmt.Errorf("the serial %s was never reserved", serial)
		}
		if err != nil {
			return err
		}
		if state != SerialReserved {
			return fmt.Errorf("the serial %s is %s and cannot be abandoned", serial, state)
		}
		if err := s.own(ctx, tx, run, seal.LineSerial, at, seal.SerialLine{Serial: serial, State: SerialAbandoned}); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE serial SET state = $1 WHERE serial = $2`, SerialAbandoned, serial)
		return err
	})
}

// use marks the serial of a record's certificate.
func (s *Store) use(ctx context.Context, tx engine.Querier, serial string) error {
	var state string
	err := tx.QueryRowContext(ctx, `SELECT state FROM serial WHERE serial = $1`, serial).Scan(&state)
	if err == sql.ErrNoRows { // made elsewhere
		return nil
	}
	if err != nil {
		return err
	}
	if state == SerialAbandoned {
		return fmt.Errorf("the certificate serial %s was abandoned, no record can name it as the unit's", serial)
	}
	_, err = tx.ExecContext(ctx, `UPDATE serial SET state = $1 WHERE serial = $2`, SerialUsed, serial)
	return err
}

// Serials are those that a run reserved, in the order of their text.
func (r *Reader) Serials(ctx context.Context, run string) ([]Serial, error) {
	out := []Serial{}
	err := engine.Each(ctx, r.rd, func(rows *sql.Rows) error {
		v := Serial{Run: run}
		out = append(out, v)
		return rows.Scan(&out[len(out)-1].Serial, &out[len(out)-1].State)
	}, `SELECT serial, state FROM serial WHERE run = $1 ORDER BY serial`, run)
	return out, engine.Told(r.db, err, "read the serials")
}
