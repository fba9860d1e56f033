// Package address is where a ledger is: a SQLite file, sqlite:FILE, or a PostgreSQL database, postgres://user@host/database. No address has
// a password in it: they stand in profiles and in the list of processes.
package address

import (
	"fmt"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
	"example.org/sectag/ledger/internal/postgres"
)

// File is the path in the address of a ledger that is a SQLite file, "sqlite:FILE", and whether it is one.
func File(url string) (path string, ok bool) {
	path, ok = strings.CutPrefix(url, "sqlite:")
	return path, ok && path != "" && !strings.ContainsRune(path, 0)
}

// Check refuses, with config.value, what is no address of a ledger. It never repeats a password.
func Check(url string) error {
	_, _, err := Engine(url, true, "")
	return err
}

// Engine is the database at an address, and how people are told of it. Other stations meet it under the station's name.
func Engine(url string, reader bool, station string) (engine.Engine, string, error) {
	if path, ok := File(url); ok {
		return engine.SQLite(path, reader), path, nil
	}
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		// What is no address may still have a password in it.
		return nil, "", cred.Failed("config.value", fmt.Sprintf("%q is no ledger that this sectag can keep", shown(url)),
			"write sqlite:FILE, as in sqlite:ledger.db, or postgres://user@host/database")
	}
	a, err := postgres.ParseAddress(url)
	if err != nil {
		return nil, "", err
	}
	return postgres.New(a, reader, station), a.String(), nil
}

// shown is an address that nobody could read, without what may be a password.
func shown(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok && strings.ContainsAny(url, "=@") { // what libpq takes as host=H password=P
		return "…"
	}
	if !ok || !strings.Contains(rest, "@") {
		return url
	}
	return scheme + "://…@" + rest[strings.LastIndex(rest, "@")+1:]
}
