package peers

import (
	"net"
	"strconv"
	"testing"
)

// OpenSSLTCP starts `openssl s_server` for TLS over TCP on a free port of 127.0.0.1 with further arguments, such as "-tls1_2". Its
// URL is tls://.
func OpenSSLTCP(t testing.TB, args ...string) *Server {
	t.Helper()
	return overTCP(start(t, "ACCEPT", func(port int) []string {
		return append([]string{"openssl", "s_server", "-accept", addr(port)}, args...)
	}))
}

// GnuTLSTCP starts `gnutls-serv` for TLS over TCP likewise; it binds every address.
func GnuTLSTCP(t testing.TB, args ...string) *Server {
	t.Helper()
	return overTCP(start(t, "...done", func(port int) []string {
		return append([]string{"gnutls-serv", "--echo", "-p", strconv.Itoa(port)}, args...)
	}))
}

// OpenSSLTCP6 is [OpenSSLTCP] at the loopback address of IPv6.
func OpenSSLTCP6(t testing.TB, args ...string) *Server {
	t.Helper()
	at := func(port int) string { return net.JoinHostPort("::1", strconv.Itoa(port)) }
	s := start(t, "ACCEPT", func(port int) []string {
		return append([]string{"openssl", "s_server", "-6", "-accept", at(port)}, args...)
	})
	s.Addr = at(s.Port)
	return overTCP(s)
}

func overTCP(s *Server) *Server {
	s.URL = "tls://" + s.Addr
	return s
}

// OpenSSL6 is [OpenSSL] at the loopback address of IPv6.
func OpenSSL6(t testing.TB, args ...string) *Server {
	t.Helper()
	at := func(port int) string { return net.JoinHostPort("::1", strconv.Itoa(port)) }
	s := start(t, "ACCEPT", func(port int) []string {
		return append([]string{"openssl", "s_server", "-dtls1_2", "-6", "-accept", at(port)}, args...)
	})
	s.Addr, s.URL = at(s.Port), "coaps://"+at(s.Port)
	return s
}
