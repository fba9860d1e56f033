package engine

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/mod/sumdb/tlog"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/lockfile"
)

// applicationID marks a SQLite file as a ledger of sectag: "SECT" (sqlite.org/fileformat2.html, 1.3.16).
const applicationID = 0x53454354

// OriginPrefix begins the name of every ledger; a random number follows, so that one ledger's checkpoint never fits another.
const OriginPrefix = "example.org/sectag/ledger/"

const full, makeRoom = "the disk is full", "make room, then start again: what was acknowledged is kept"

const writeHint = "see who owns the file, its folder, and the files beside it that end in -wal and -shm"

// SQLite is the engine for a ledger in one file. A reader takes no lock and changes nothing.
func SQLite(path string, reader bool) Engine { return sqliteFile{path: path, reader: reader} }

// sqliteFile is the engine for a ledger in one file.
//
// The file is never opened but through SQLite once a connection may exist: POSIX takes a process's locks away when any
// descriptor of the file is closed.
type sqliteFile struct {
	path   string
	reader bool
}

// Open implements Engine.
func (e sqliteFile) Open(ctx context.Context) (Pools, error) {
	path, err := e.locate()
	if err != nil {
		return Pools{}, err
	}
	if e.reader {
		return e.connectReader(ctx, path)
	}
	lock, holder, err := lockfile.Acquire(path + ".lock")
	if errors.Is(err, lockfile.ErrHeld) {
		if holder == "" {
			holder = "another process"
		}
		return Pools{}, cred.Because(err, "ledger.busy", fmt.Sprintf("the ledger %s is being written by %s", e.path, holder),
			"one bench at a time writes a ledger: close the other, or give this one its own with --ledger")
	}
	if err != nil {
		return Pools{}, e.unlocked(err)
	}
	p, err := e.connectWriter(ctx, path)
	if err != nil {
		return Pools{}, errors.Join(err, lock.Release())
	}
	p.done = lock.Release
	return p, nil
}

// unlocked is the fault of a lock file that could not be written.
func (e sqliteFile) unlocked(err error) *cred.Fault {
	if errors.Is(err, syscall.ENOSPC) {
		return cred.Because(err, "ledger.file", fmt.Sprintf("the ledger %s cannot be opened: %s", e.path, full), makeRoom)
	}
	return cred.Because(err, "config.file", fmt.Sprintf("the ledger %s cannot be opened: %s", e.path, why(err)),
		"see that its folder is there and can be written")
}

// locate follows links, so that two names of one file meet at one lock, and refuses what can be no ledger.
func (e sqliteFile) locate() (string, error) {
	path, err := filepath.Abs(e.path)
	if err != nil {
		return "", fmt.Errorf("find the ledger: %w", err)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !e.reader:
		if _, err := os.Stat(path + "-wal"); err == nil {
			return "", Broken(nil, fmt.Sprintf("the ledger %s is gone, but its write-ahead file is there", e.path))
		}
		return path, nil
	case err != nil:
		return "", cred.Because(err, "config.file", fmt.Sprintf("the ledger %s cannot be opened: %s", e.path, why(err)),
			"name an existing ledger with --ledger sqlite:FILE; provision makes a new one")
	case !info.Mode().IsRegular():
		return "", cred.Failed("config.file", fmt.Sprintf("the ledger %s is no file", e.path), "name a file with --ledger sqlite:FILE")
	case info.Size() == 0:
		return "", Broken(nil, fmt.Sprintf("the ledger %s is empty", e.path))
	}
	return path, nil
}

func why(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return oneLine(err.Error())
}

func (e sqliteFile) connectWriter(ctx context.Context, path string) (Pools, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := e.create(ctx, path); err != nil {
			return Pools{}, Told(e, err, "make the ledger "+e.path)
		}
	}
	// fullfsync only means something to macOS, whose fsync leaves the data in the drive's cache.
	var p Pools
	firm, err1 := e.pool(path, 1, "_txlock=immediate", "foreign_keys(1)", "journal_mode(wal)", "synchronous(full)",
		"fullfsync(1)", "checkpoint_fullfsync(1)", cache, foldAfter)
	ride, err2 := e.pool(path, 1, "_txlock=immediate", "foreign_keys(1)", "synchronous(normal)", "checkpoint_fullfsync(1)", cache, foldAfter)
	rd, err3 := e.pool(path, 4, "mode=ro", "query_only(1)", "trusted_schema(0)", cache)
	p = Pools{Firm: firm, Ride: ride, Read: rd}
	err := errors.Join(err1, err2, err3)
	if err == nil {
		err = e.migrate(ctx, firm, false)
	}
	if err != nil {
		return Pools{}, errors.Join(Told(e, err, "open the ledger "+e.path), p.Close())
	}
	return p, nil
}

func (e sqliteFile) connectReader(ctx context.Context, path string) (Pools, error) {
	p, err := e.tryReader(ctx, path, "mode=ro")
	var se *sqlite.Error
	if errors.As(err, &se) && (se.Code()&0xff == sqlite3.SQLITE_CANTOPEN || se.Code()&0xff == sqlite3.SQLITE_READONLY) {
		// On a medium that cannot be written SQLite finds no place for its index of the write-ahead file; without such a
		// file none is needed.
		if _, none := os.Stat(path + "-wal"); errors.Is(none, fs.ErrNotExist) {
			p, err = e.tryReader(ctx, path, "mode=ro&immutable=1")
		}
	}
	return p, Told(e, err, "open the ledger "+e.path)
}

func (e sqliteFile) tryReader(ctx context.Context, path, mode string) (Pools, error) {
	rd, err := e.pool(path, 4, mode, "query_only(1)", "trusted_schema(0)", "cell_size_check(1)", cache)
	if err != nil {
		return Pools{}, err
	}
	if _, err := e.version(ctx, rd, false); err != nil {
		return Pools{}, errors.Join(err, rd.Close())
	}
	return Pools{Read: rd}, nil
}

// foldAfter is after how many pages SQLite folds its write-ahead log into the file: 16 MB, four times its own measure. A page that was changed
// often, as the last ones of each table are, is then written there once.
const foldAfter = "wal_autocheckpoint(4000)"

// cache is how much of the file a connection may keep in memory, in KiB: what is looked up in a large ledger, or put into it, is all over it.
const cache = "cache_size(-32768)"

// pool prepares connections; none is made yet. The first parameter is SQLite's or the driver's, the others are pragmas.
func (e sqliteFile) pool(path string, size int, param string, pragmas ...string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), OmitHost: true}
	if !strings.HasPrefix(u.Path, "/") {
		u.Path = "/" + u.Path // C:/… of Windows
	}
	dsn := u.String() + "?" + param + "&_pragma=busy_timeout(5000)"
	for _, p := range pragmas {
		dsn += "&_pragma=" + p
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// create makes a new ledger under another name and moves it into place whole: a ledger that exists is never half made. Only
// the holder of the lock comes here.
func (e sqliteFile) create(ctx context.Context, path string) error {
	part := path + ".new"
	for _, left := range []string{part, part + "-journal"} {
		if err := os.Remove(left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // SQLite alone would take the umask
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := e.pool(part, 1, "_txlock=immediate", "foreign_keys(1)", "synchronous(full)", "fullfsync(1)")
	if err != nil {
		return err
	}
	if err := errors.Join(e.migrate(ctx, db, true), db.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// migrate brings the schema to the newest step, each step in one transaction.
func (e sqliteFile) migrate(ctx context.Context, db *sql.DB, fresh bool) error {
	at, err := e.version(ctx, db, fresh)
	if err != nil {
		return err
	}
	for step, statements := range sqliteMigrations()[at:] {
		if err := e.step(ctx, db, at+step, statements); err != nil {
			return fmt.Errorf("bring the ledger to schema %d: %w", at+step+1, err)
		}
	}
	return nil
}

func (e sqliteFile) step(ctx context.Context, db *sql.DB, from int, statements []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit this does nothing
	if from == 0 {
		id := make([]byte, 8)
		if _, err := rand.Read(id); err != nil {
			return err
		}
		empty, _ := tlog.TreeHash(0, nil)
		statements = append(statements, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID),
			fmt.Sprintf(`INSERT INTO meta (name, value) VALUES ('origin', '%s%x')`, OriginPrefix, id),
			`INSERT INTO head (one, size, root) VALUES (1, 0, x'`+hex.EncodeToString(empty[:])+`')`)
	}
	for _, s := range append(statements, fmt.Sprintf(`PRAGMA user_version = %d`, from+1)) {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	if from+1 == traitStep {
		if err := SayAll(ctx, tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// version reads user_version and sees that the file is a ledger at all. Only a file that was just created may be empty: to
// SQLite one that was cut to less than a page is empty too.
func (e sqliteFile) version(ctx context.Context, db *sql.DB, fresh bool) (int, error) {
	var app, version, tables int
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&app); err != nil {
		return 0, err
	}
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return 0, err
	}
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return 0, err
	}
	newest := len(sqliteMigrations())
	switch {
	case app == 0 && version == 0 && tables == 0 && fresh:
		return 0, nil
	case app != applicationID:
		return 0, Broken(nil, fmt.Sprintf("the file %s is a SQLite database, but no ledger of sectag", e.path))
	case version > newest:
		return 0, cred.Failed("ledger.newer", fmt.Sprintf("the ledger %s has schema %d, this sectag knows %d", e.path, version, newest),
			"use the sectag that wrote it, or a newer one")
	case version < 1:
		return 0, Broken(nil, fmt.Sprintf("the ledger %s has schema %d, which was never released", e.path, version))
	}
	return version, nil
}

// Fault implements Engine.
func (e sqliteFile) Fault(err error) *cred.Fault {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		if errors.Is(err, syscall.ENOSPC) {
			return cred.Because(err, "ledger.file", full, makeRoom)
		}
		return cred.Because(err, "ledger.file", why(err), writeHint)
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return nil
	}
	if se.Code() == sqlite3.SQLITE_IOERR_SHMSIZE { // the index beside the log found no room
		return cred.Because(err, "ledger.file", full, makeRoom)
	}
	if se.Code() == sqlite3.SQLITE_ERROR && strings.Contains(se.Error(), "no such ") { // the statements are ours: the file must be wrong
		return Broken(err, "the file has lost a table or a column")
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_IOERR:
		return cred.Because(err, "ledger.file", "the disk reports an error", "see to the disk and make a copy of the ledger at once")
	case sqlite3.SQLITE_NOTADB:
		return Broken(err, "the file is no ledger, or its beginning is damaged")
	case sqlite3.SQLITE_CORRUPT:
		return Broken(err, "the file is damaged")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return cred.Because(err, "ledger.busy", "another program has the ledger open and does not let go of it",
			"close the program that has the file open, then try again")
	case sqlite3.SQLITE_FULL:
		return cred.Because(err, "ledger.file", full, makeRoom)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return cred.Because(err, "ledger.file", "the file or its folder cannot be written", writeHint)
	}
	return nil
}

// Intact asks SQLite about its pages and indexes and compares the schema, statement by statement, with ours: a constraint
// or a trigger that was taken out is damage too. Rows that refer to nothing are left to whoever works the tables out again: a row that
// does not follow from the records is told of anyway, and in a large ledger to look all of them up takes as long as all else.
func (e sqliteFile) Intact(ctx context.Context, tx *sql.Tx) ([]cred.Finding, error) {
	var out []cred.Finding
	say := func(format string, args ...any) {
		out = append(out, Damage(fmt.Sprintf(format, args...)))
	}
	var line string
	scan := func(rows *sql.Rows) error {
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			say("the database finds: %s", oneLine(line))
		}
		return nil
	}
	// Each row is looked up in each index, so the pages of the indexes are wanted again and again.
	if _, err := tx.ExecContext(ctx, `PRAGMA cache_size = -262144`); err != nil {
		return out, err
	}
	defer func() { _, _ = tx.ExecContext(ctx, `PRAGMA cache_size = -32768`) }() // gives the memory back; only that
	if err := Each(ctx, tx, scan, `PRAGMA integrity_check(20)`); err != nil {
		return out, err
	}
	named, err := compareSchema(ctx, tx)
	return append(out, named...), err
}
