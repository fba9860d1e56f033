package postgres

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/sectag/cred"
)

// Address is where a ledger is kept: a database on a server, without anything secret.
type Address struct {
	text string // for people and for the driver
}

// taken are the parameters of an address that mean something here. Others would go to the server as settings, and some of those decide
// whether what was acknowledged is kept.
var taken = []string{"host", "port", "dbname", "user", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "passfile", "search_path"}

const example = "write postgres://user@host/database?sslmode=verify-full"

// ParseAddress reads postgres://user@host:port/database?… and refuses, with config.value and without repeating it, one with a
// password: addresses stand in profiles, in shell histories and in the list of processes.
func ParseAddress(s string) (Address, error) {
	refuse := func(format string, args ...any) (Address, error) {
		return Address{}, cred.Failed("config.value", fmt.Sprintf("the address of the ledger: "+format, args...), example)
	}
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" {
		return refuse("it cannot be read") // the parser's error would repeat it
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return refuse("it begins with neither sqlite: nor postgres://")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return refuse("what stands behind its question mark cannot be read")
	}
	_, secret := u.User.Password()
	for name := range q {
		secret = secret || strings.Contains(strings.ToLower(name), "password")
	}
	if secret {
		return Address{}, cred.Failed("config.value", "the address of the ledger has a password in it, and addresses do not stay secret",
			"take the password out, and put it into ~/.pgpass (mode 0600), a line HOST:PORT:DATABASE:USER:PASSWORD; or use a client certificate (sslcert, sslkey)")
	}
	for name := range q {
		if !slices.Contains(taken, name) {
			return refuse("it has a parameter %s; these are taken: %s", name, strings.Join(taken, ", "))
		}
	}
	switch mode := q.Get("sslmode"); mode {
	case "", "disable", "require", "verify-ca", "verify-full":
	default:
		return refuse("sslmode=%s takes what comes; say verify-full, verify-ca, require or disable", mode)
	}
	u.Scheme = "postgres"
	a := Address{text: u.String()}
	if _, err := a.config(); err != nil {
		return refuse("the driver does not take it") // its error may have the address in it
	}
	return a, nil
}

// String is the address; there is nothing secret in it.
func (a Address) String() string { return a.text }

// config is what the driver makes of the address and of the usual variables and files (PGPASSWORD, PGPASSFILE, ~/.pgpass). A server that
// is not on this computer must show who it is, unless the address says otherwise.
func (a Address) config() (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(a.text)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(a.text)
	if err != nil {
		return nil, err
	}
	if !u.Query().Has("sslmode") {
		mode := "verify-full"
		if near(c.Host) {
			mode = "disable"
		}
		// Behind what stands there: written anew, a space in a name would become a plus, which the driver takes as one.
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&sslmode="+mode, "&")
		if c, err = pgx.ParseConfig(u.String()); err != nil {
			return nil, err
		}
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 10 * time.Second
	}
	return c, nil
}

// near tells whether a host is this computer: a socket's folder, or loopback.
func near(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || ip != nil && ip.IsLoopback()
}
