package negative

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/sectag/ca"
	"example.org/sectag/ca/decoy"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint/sim"
	"example.org/sectag/internal/peers"
	"example.org/sectag/ledger"
	"example.org/sectag/ledger/record"
)

// local starts sectag's own server, which trusts the shop's units.
func (s shop) local(t *testing.T, manner ...string) (e cred.Endpoint, anchor []byte) {
	t.Helper()
	m, err := sim.ParseManner(manner)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	dir := t.TempDir()
	go func() {
		done <- sim.Serve(ctx, sim.Config{Dir: dir, ClientCA: s.rootFile, Manner: m}, func(u string) { ready <- u })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case url := <-ready:
		e, err := cred.ParseEndpoint(url)
		if err != nil {
			t.Fatal(err)
		}
		if anchor, err = os.ReadFile(filepath.Join(dir, "server-root.pem")); err != nil {
			t.Fatal(err)
		}
		return e, anchor
	case err := <-done:
		done <- err
		t.Fatal(err)
	}
	return e, nil
}

func (s shop) books(t *testing.T) *ledger.Store {
	t.Helper()
	l, err := ledger.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// strict is an OpenSSL that refuses all that it can.
func (s shop) strict(t *testing.T) *peers.Server {
	t.Helper()
	c := s.servers.Server(t)
	return peers.OpenSSL(t, "-cert", c.CertFile, "-key", c.KeyFile, "-CAfile", s.rootFile, "-Verify", "2", "-verify_return_error")
}

// TestARecordOfKindTest: what was tried stands in the ledger beside the unit's own record, claims nothing, names every serial as
// abandoned, and no key. The unit, its name and its key are as free or bound as before.
func TestARecordOfKindTest(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.books(t)
	ctx := t.Context()
	r, err := Run(ctx, s.at(of(s.strict(t)), l))
	if err != nil {
		t.Fatal(err)
	}
	got, body, err := l.Show(ctx, r.Record)
	if err != nil {
		t.Fatal(err)
	}
	if got.Kind != record.Test || got.IMEI != 350457790000012 || got.Cert != nil || got.Key != nil || len(got.Bindings()) != 0 || got.Uniqueness != nil ||
		got.Verdict != cred.Warn || got.Connection != "tested" || got.Connect.Path != "host" || got.Connect.ClientAuth != "used" {
		t.Errorf("%s", body)
	}
	if bytes.Contains(body, []byte("PRIVATE")) || got.Supersedes != "" {
		t.Errorf("%s", body)
	}
	if len(got.Connect.Negative) != len(r.Attempts) || got.Connect.Negative[0].Evidence != "alert 48" || got.Connect.Negative[4].Result != "fail" ||
		len(got.Tests) != 1 || got.Tests[0].Test != "T10" || got.Tests[0].Result != "fail" {
		t.Errorf("%+v, %+v", got.Connect.Negative, got.Tests)
	}
	serials, err := l.Serials(ctx, got.Run)
	if err != nil || len(serials) != 3 || len(got.Abandoned) != 3 {
		t.Errorf("%+v, %v, %+v", serials, err, got.Abandoned)
	}
	for _, n := range serials {
		if n.State != ledger.SerialAbandoned || !slices.Contains(got.Abandoned, n.Serial) {
			t.Errorf("%+v", n)
		}
	}
	if open, err := l.Unfinished(ctx); err != nil || len(open) != 0 {
		t.Errorf("%+v, %v", open, err)
	}
	for _, b := range []record.Binding{{What: record.BindName, Value: unitName}, {What: record.BindIMEI, Value: "350457790000012"}, {What: record.BindSerial, Value: got.Abandoned[0]}} {
		if _, bound, err := l.Holder(ctx, b); err != nil || bound {
			t.Errorf("%s is bound by a test: %v", b, err)
		}
	}
	if report, err := l.Verify(ctx, nil); err != nil || report.Records != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestNobodyIsTriedUnasked: a server that the profile does not name gets no packet, and nothing is signed.
func TestNobodyIsTriedUnasked(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	e := cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(socket.LocalAddr().(*net.UDPAddr).Port)}
	other := newShop(t)
	l := s.books(t)
	for name, c := range map[string]struct {
		change func(*Options)
		code   string
	}{
		"no server in the profile":       {func(o *Options) { o.Profile = cred.Endpoint{} }, "config.endpoint"},
		"a stream":                       {func(o *Options) { o.Server.Scheme = "tls" }, "config.endpoint"},
		"another port":                   {func(o *Options) { o.Profile.Port++ }, "config.endpoint"},
		"another name of the same":       {func(o *Options) { o.Profile.Host = "localhost" }, "config.endpoint"},
		"another authority":              {func(o *Options) { o.Auth = other.auth }, "ca.not-issued-by"},
		"no certificate":                 {func(o *Options) { o.Unit.Cert = []byte("nothing") }, "config.file"},
		"a name that tells no IMEI":      {func(o *Options) { o.ID = "acme-{imei}" }, "config.value"},
		"a clock behind the build":       {func(o *Options) { o.Tool.Built = time.Now().Add(time.Hour) }, "ca.clock"},
		"an authority that locked again": {func(o *Options) { o.Auth = s.locked(t) }, "ca.locked"},
	} {
		o := s.at(e, l)
		o.Unit.Timeout = time.Millisecond
		c.change(&o)
		r, err := Run(t.Context(), o)
		if f := cred.AsFault(err); f == nil || f.Code != c.code || r.Unit.Verdict != cred.Fail || r.Record != "" {
			t.Errorf("%s: %v", name, err)
		}
		for _, a := range r.Attempts {
			if a.How != notTried || a.Refused != nil {
				t.Errorf("%s: %+v", name, a)
			}
		}
	}
	if err := socket.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if n, _, err := socket.ReadFrom(make([]byte, 2000)); err == nil {
		t.Errorf("%d bytes came", n)
	}
	if list, err := l.List(t.Context(), ledger.Query{}); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

func (s shop) locked(t *testing.T) *ca.Authority {
	t.Helper()
	root, err := ca.Load(s.rootFile, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	a, err := root.Unlock(strings.TrimSuffix(s.rootFile, ".crt")+".key", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Lock()
	return a
}

// TestTheUnitComesFirst: where the unit itself does not get in, nothing that must fail is tried, and nothing is signed or recorded.
func TestTheUnitComesFirst(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.books(t)
	r, err := Run(t.Context(), s.at(cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(peers.FreePort(t))}, l))
	if f := cred.AsFault(err); f == nil || f.Code != "dtls.closed" || r.Unit.Failure == nil || len(r.Attempts) != 6 || r.Attempts[0].How != notTried {
		t.Errorf("%+v, %v", r, err)
	}
	if runs, err := l.Runs(t.Context(), ledger.RunDone); err != nil || len(runs) != 0 {
		t.Errorf("%+v, %v", runs, err)
	}
}

// TestAServerThatNeverAsks is told to let anyone in, and is not tried any further: every other attempt would show nothing.
func TestAServerThatNeverAsks(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	c := s.servers.Server(t)
	r, err := Run(t.Context(), s.at(of(peers.OpenSSL(t, "-cert", c.CertFile, "-key", c.KeyFile)), nil))
	if err != nil || r.Unit.Verdict != cred.Fail {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, a := range r.Attempts {
		if want := map[bool]string{true: letIn, false: notTried}[a.Attempt == "no-certificate"]; a.How != want || a.How == notTried && !strings.Contains(a.Text, "did not ask") {
			t.Errorf("%+v", a)
		}
	}
	if !slices.ContainsFunc(r.Unit.Findings, func(f cred.Finding) bool { return f.Code == "dtls.accepts-anyone" && f.Severity == cred.Error }) {
		t.Errorf("%+v", r.Unit.Findings)
	}
}

// TestOurOwnServer refuses all but what a device with CA:TRUE signed: by the rules that one is in order. Another unit has its session, and
// does not register.
func TestOurOwnServer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e, anchor := s.local(t)
	o := s.at(e, nil)
	o.Unit.Anchor = anchor
	o.Unit.Register = true
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range r.Attempts {
		if a.Refused == nil || *a.Refused != (a.Attempt != string(decoy.DeviceCASigned)) {
			t.Errorf("%+v", a)
		}
	}
	sight{byCode, -1}.check(t, r.Attempts[5])
	if a := r.Attempts[5]; a.Attempt != "other-unit" || a.Code != "4.03" || len(r.Attempts) != 7 {
		t.Errorf("%+v", r.Attempts)
	}
}

// TestARunThatIsStopped writes down what it did by then.
func TestARunThatIsStopped(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	l := s.books(t)
	ctx, cancel := context.WithCancel(t.Context())
	o := s.at(of(s.strict(t)), l)
	o.Tell = func(attempt string) {
		if attempt == string(otherKey) { // the second
			cancel()
		}
	}
	r, err := Run(ctx, o)
	if f := cred.AsFault(err); f == nil || f.Code != "dtls.canceled" {
		t.Fatalf("%v", err)
	}
	got, _, err := l.Show(t.Context(), r.Record)
	if err != nil || got.Verdict != cred.Fail || got.Failure == nil || got.Connect.Negative[0].Result != "pass" || got.Connect.Negative[5].Result != "not-run" {
		t.Errorf("%+v, %v", got, err)
	}
	if open, err := l.Unfinished(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("%+v, %v", open, err)
	}
	if text, err := json.Marshal(r.Attempts[5]); err != nil || string(text) != `{"attempt":"no-certificate","how":"not-tried","text":"not tried"}` {
		t.Errorf("%s, %v", text, err)
	}
}
