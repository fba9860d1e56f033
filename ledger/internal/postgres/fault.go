package postgres

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/internal/engine"
)

const (
	goneHint   = "see that the server runs and can be reached from here (psql with the same address shows it), then try again"
	lostHint   = "see to the network and the server, then start again: what was acknowledged is kept, and a run that was cut off is taken up"
	deniedHint = "put the password into ~/.pgpass (mode 0600), and see what the role may do: docs/ledger.md has the GRANTs"
)

// Fault implements engine.Engine. Classes are those of PostgreSQL's appendix A.
func (s *server) Fault(err error) *cred.Fault {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return said(err, pe)
	}
	var ce *pgconn.ConnectError
	if errors.As(err, &ce) {
		return unreached(err)
	}
	if lost(err) {
		return cred.Because(err, "ledger.lost", "the connection to the ledger's server broke", lostHint)
	}
	return nil
}

// said is what the server answered.
func said(err error, pe *pgconn.PgError) *cred.Fault {
	switch pe.Code {
	case "42P01", "42703": // the statements are ours: the schema must be wrong
		return engine.Broken(err, "the database has lost a table or a column")
	case "25P02":
		return engine.Broken(err, "it was not looked at, because of the error before")
	case "42501":
		return cred.Because(err, "ledger.denied", "the server does not allow it: "+engine.Clipped(pe.Message), deniedHint)
	case "3D000":
		return cred.Because(err, "ledger.gone", "the server has no such database", "name one that is there, or make it: createdb NAME")
	case "53100":
		return cred.Because(err, "ledger.file", "the server's disk is full", "make room on the server, then start again: what was acknowledged is kept")
	case "53300":
		return cred.Because(err, "ledger.busy", "the server takes no more connections",
			"close a station that is not used, or raise max_connections on the server: each station takes up to three")
	case "55P03", "57014":
		return cred.Because(err, "ledger.busy", "another station has the ledger and does not let go of it", "try again; if it stays so, see on the server who holds the table head (pg_locks)")
	case "25P03":
		return cred.Because(err, "ledger.lost", "the server ended a transaction that took too long", lostHint)
	case "57P03":
		return cred.Because(err, "ledger.gone", "the server is starting or stopping", goneHint)
	}
	switch pe.Code[:2] {
	case "28":
		return cred.Because(err, "ledger.denied", "the server does not let this user in: "+engine.Clipped(pe.Message), deniedHint)
	case "08", "57":
		return cred.Because(err, "ledger.lost", "the server ended the connection", lostHint)
	case "53", "58":
		return cred.Because(err, "ledger.file", "the server cannot write: "+engine.Clipped(pe.Message), "see to the server's memory and disk")
	case "XX":
		return engine.Broken(err, "the server finds its files damaged: "+engine.Clipped(pe.Message))
	}
	return nil
}

// unreached is the fault of a connection that was not made. The driver's text names user and host and is left out.
func unreached(err error) *cred.Fault {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var bad *x509.CertificateInvalidError
	var dns *net.DNSError
	const hint = "name the file of the root that signed the server's certificate: sslrootcert=FILE"
	switch text := err.Error(); {
	case errors.As(err, &unknown):
		return cred.Because(err, "ledger.denied", "the server's certificate is signed by nobody whom this computer knows", hint)
	case errors.As(err, &name):
		return cred.Because(err, "ledger.denied", "the server's certificate is for another name", "write the host as the certificate has it")
	case errors.As(err, &bad):
		return cred.Because(err, "ledger.denied", "the server's certificate is not valid", hint)
	case strings.Contains(text, "server refused TLS"):
		return cred.Because(err, "ledger.denied", "the server does not speak TLS", "switch ssl on at the server, or write sslmode=disable where nobody can listen")
	case errors.As(err, &dns):
		return cred.Because(err, "ledger.gone", "nobody knows the server's name", "see that the host is written right")
	}
	return cred.Because(err, "ledger.gone", "the ledger's server does not answer", goneHint)
}

// lost tells whether an error is of a connection that broke, rather than an answer of the server.
func lost(err error) bool {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe.Code == "57P01" || pe.Code == "57P02" || pe.Code == "57P05" || pe.Code == "25P03" || strings.HasPrefix(pe.Code, "08")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var ne net.Error
	var oe *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &ne) || errors.As(err, &oe) || strings.Contains(err.Error(), "conn closed") || pgconn.SafeToRetry(err)
}

// Again implements engine.Shared: the server took the transaction back as a whole, and the same may be tried once more.
func (s *server) Again(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

// Lost implements engine.Shared.
func (s *server) Lost(err error) bool { return lost(err) }
