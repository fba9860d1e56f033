// Package sim is a small LwM2M server over DTLS 1.2 for the demo and the tests, shipped as `sectag sim endpoint`. It demands a
// certificate of every client, trusts the authorities in one file that is read anew for each handshake (so the authority may be
// made later than the server), agrees on a Connection ID, answers the CoAP ping and GET /.well-known/core, and takes LwM2M
// registrations whose endpoint name is the certificate's common name. It makes its own root, intermediate and server
// certificate once and uses them again; it sends the last two, as public servers do, and can serve the first for "CA Issuers".
//
// It is no server for production: registrations live in memory, and it has no object model. By default it listens on the
// loopback address only.
//
// Read sim.go for the life of a server, session.go for that of one client, lane.go for how datagrams find their session,
// trust.go for who is let in and the alerts that refuse the others, lwm2m.go for what is answered, manner.go for how it may be answered wrongly, pki.go for the certificates.
package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"example.org/sectag/cred"
)

// Config says how a server is to be. Only Dir has no default.
type Config struct {
	Listen   string   // address and port; "127.0.0.1:0" if empty
	Dir      string   // folder of the server's own keys and certificates; made if missing
	ClientCA string   // PEM file of the authorities that may sign units; [ClientCAFile] of Dir if empty; may come into being later
	Names    []string // names and addresses in the server certificate; localhost, 127.0.0.1, ::1 and Listen's host if empty
	Manner   Manner   // of its LwM2M
	AIA      string   // address and port of an HTTP server for "CA Issuers"; none if empty

	Handshake time.Duration     // limit of one handshake; 30 s if zero
	Now       func() time.Time  // time.Now if nil
	Log       func(line string) // told what happens, from several goroutines; may be nil
}

// handshakeLimit leaves room for a modem on NB-IoT.
const handshakeLimit = 30 * time.Second

// Serve makes the server's certificates if need be, listens, calls ready with the server's URL (coaps://host:port), and serves
// until ctx ends. Then it says goodbye to every client, waits for all that it started, and returns nil. An error is a
// *cred.Fault: config.value for an address that cannot be listened on, config.file for the folder.
func Serve(ctx context.Context, c Config, ready func(url string)) error {
	c, err := c.withDefaults()
	if err != nil {
		return err
	}
	issuers, err := listenIssuers(ctx, c.AIA)
	if err != nil {
		return err
	}
	pki, err := loadPKI(c, issuers.url())
	if err != nil {
		issuers.close()
		return err
	}
	defer issuers.serve(pki)()
	socket, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	s := newServer(c, pki, socket)
	if ready != nil {
		ready("coaps://" + reachable(socket.LocalAddr()))
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		s.closeAll()
		_ = socket.Close()
	})
	err = s.receive(ctx)
	if !stop() {
		<-ended
		return nil
	}
	s.closeAll()
	_ = socket.Close()
	return err
}

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		return c, cred.Failed("config.file", "the local server has no folder for its keys", "name one with --dir")
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return c, cred.Because(err, "config.file", fmt.Sprintf("the folder %s cannot be made", c.Dir), "name another with --dir")
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return c, cred.Because(err, "config.value", fmt.Sprintf("%q is no address to listen on", c.Listen), "write it as 127.0.0.1:5684")
	}
	if c.ClientCA == "" {
		c.ClientCA = ClientCAFile(c.Dir)
	}
	if len(c.Names) == 0 {
		c.Names = []string{"localhost", "127.0.0.1", "::1"}
		if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) && !slices.Contains(c.Names, host) {
			c.Names = append(c.Names, host)
		}
	}
	if c.Handshake <= 0 {
		c.Handshake = handshakeLimit
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = func(string) {}
	}
	return c, nil
}

func listen(ctx context.Context, address string) (*net.UDPConn, error) {
	l, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", address)
	if err != nil {
		return nil, cannotListen(address, err)
	}
	socket, ok := l.(*net.UDPConn)
	if !ok {
		_ = l.Close()
		return nil, cannotListen(address, errors.New("it is no UDP socket"))
	}
	return socket, nil
}

func cannotListen(address string, err error) error {
	return cred.Because(err, "config.value", fmt.Sprintf("%s cannot be listened on", address),
		"another server may have the port: choose one that is free, or port 0")
}

// reachable writes an address that a client on this computer can use: "any address" becomes the loopback one.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
