package sim

import (
	"context"
	"net"
	"net/http"
	"time"
)

// Where the issuers' certificates are served, as DER (RFC 5280, section 4.2.2.1).
const (
	rootPath         = "/root.cer"
	intermediatePath = "/intermediate.cer"
)

// issuers is the HTTP server that "CA Issuers" addresses lead to; without a listener it does nothing.
type issuers struct{ listener net.Listener }

// listenIssuers takes the port before any certificate is made, because the certificates name it.
func listenIssuers(ctx context.Context, address string) (issuers, error) {
	if address == "" {
		return issuers{}, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return issuers{}, cannotListen(address, err)
	}
	return issuers{l}, nil
}

func (i issuers) url() string {
	if i.listener == nil {
		return ""
	}
	return "http://" + reachable(i.listener.Addr())
}

func (i issuers) close() {
	if i.listener != nil {
		_ = i.listener.Close()
	}
}

// serve answers in the background until the function that it returns is called.
func (i issuers) serve(p pki) (stop func()) {
	if i.listener == nil {
		return func() {}
	}
	mux := http.NewServeMux()
	for path, der := range map[string][]byte{rootPath: p.root.Raw, intermediatePath: p.intermediate.Raw} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pkix-cert")
			_, _ = w.Write(der)
		})
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(i.listener) // ends with ErrServerClosed
	}()
	return func() {
		_ = srv.Close()
		<-done
	}
}
