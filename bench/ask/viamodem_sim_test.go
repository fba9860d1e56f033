package ask

import (
	"context"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/device/sim/socket"
	"example.org/sectag/endpoint/lwm2m"
	"example.org/sectag/endpoint/modemdial"
	server "example.org/sectag/endpoint/sim"
	"example.org/sectag/flows"
	"example.org/sectag/internal/peers"
)

// air lets the virtual modem reach real servers.
type air struct{}

func (air) Dial(ctx context.Context, c socket.Conf) (socket.Session, error) {
	s, err := modemdial.Dial(ctx, modemdial.Conf(c))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// virtual is a virtual modem that holds these slots under tag 42, and the way to its port.
func virtual(t *testing.T, cfg sim.Config, slots map[cred.Kind][]byte, faults ...string) (device.Dialer, *sim.Modem) {
	t.Helper()
	cfg.IMEI, cfg.Dialer = fakeIMEI, air{}
	for _, s := range faults {
		f, err := sim.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	u, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d := device.Dialer{Sim: func(context.Context, string) (io.ReadWriteCloser, error) { return u.Pipe(context.Background()), nil }}
	err = with(t.Context(), d, "sim:unit", nil, func(m *device.Modem) error {
		for k, content := range slots {
			c, err := cred.Content(k, content)
			if err != nil {
				return err
			}
			if err := m.Write(t.Context(), cred.Slot{SecTag: 42, Kind: k}, c, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, u
}

// found is the functional mode and the subscription that a unit has.
func found(t *testing.T, d device.Dialer) string {
	t.Helper()
	out := ""
	a, err := Talk(t.Context(), d, "sim:unit", []string{"AT+CFUN?", "AT+CEREG?", "AT+CMEE?"}, Named{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range a {
		for _, l := range x.Lines {
			if strings.HasPrefix(l, "+C") { // and no noise
				out += l + " "
			}
		}
	}
	return out
}

// world is a PKI, with a unit of it and the servers of people who never heard of sectag.
type world struct {
	root, units, others *peers.Cert
	unit                *peers.Cert
}

func newWorld(t *testing.T) world {
	w := world{root: peers.Root(t, "server root"), units: peers.Root(t, "units"), others: peers.Root(t, "others")}
	w.unit = w.units.Unit(t, cred.DefaultTemplate.Name(fakeIMEI))
	return w
}

func (w world) slots() map[cred.Kind][]byte {
	return map[cred.Kind][]byte{cred.RootCA: w.root.PEM, cred.ClientCert: w.unit.PEM, cred.ClientKey: w.unit.KeyPEM}
}

var (
	key    = []byte("0123456789abcdef0123456789abcdef")
	shared = map[cred.Kind][]byte{cred.PSK: key, cred.PSKID: []byte("urn:imei:352656100367872")}
)

func openssl(t *testing.T, server, clients *peers.Cert) *peers.Server {
	return peers.OpenSSL(t, "-cert", server.CertFile, "-key", server.KeyFile, "-CAfile", clients.CertFile, "-Verify", "2", "-verify_return_error")
}

func coapServer(t *testing.T, server, clients *peers.Cert) *peers.Server {
	return peers.Coap(t, "openssl", "-c", server.CertFile, "-j", server.KeyFile, "-C", clients.CertFile)
}

// named is a server by its name: the modem checks it.
func named(s *peers.Server) cred.Endpoint {
	return cred.Endpoint{Scheme: "coaps", Host: "localhost", Port: uint16(s.Port)}
}

// through is an order for a server, with little patience.
func orderOf(e cred.Endpoint) Through {
	o := order()
	o.Server, o.Register, o.patience, o.Timeout = e, false, 10*time.Second, 7*time.Second
	return o
}

// TestTheVirtualModemGetsInBothWays: the driver and the virtual modem share no code, and the servers share none with either.
func TestTheVirtualModemGetsInBothWays(t *testing.T) {
	w := newWorld(t)
	secret, err := hex.DecodeString(string(key))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		server func(t *testing.T) *peers.Server
		slots  map[cred.Kind][]byte
		suite  string
		pings  bool
	}{
		"X.509, OpenSSL": {func(t *testing.T) *peers.Server { return openssl(t, w.root.Server(t), w.units) }, w.slots(), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", false},
		"X.509, libcoap": {func(t *testing.T) *peers.Server { return coapServer(t, w.root.Server(t), w.units) }, w.slots(), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", true},
		"PSK, OpenSSL": {func(t *testing.T) *peers.Server {
			return peers.OpenSSL(t, "-nocert", "-psk", string(key), "-cipher", "PSK-AES128-CBC-SHA256")
		}, shared, "TLS_PSK_WITH_AES_128_CBC_SHA256", false},
		"PSK, libcoap": {func(t *testing.T) *peers.Server { return peers.Coap(t, "openssl", "-k", string(secret)) }, shared, "", true},
	} {
		for _, host := range []string{"serial-modem", "slm"} {
			t.Run(name+", "+host, func(t *testing.T) {
				t.Parallel()
				d, _ := virtual(t, sim.Config{Host: host}, c.slots)
				before := found(t, d)
				var tr []string
				s := c.server(t)
				o := orderOf(named(s))
				if o.patience = time.Second; c.pings {
					o.patience = 10 * time.Second // it is answered at once, but for a lost one
				}
				r, err := ConnectThrough(t.Context(), d, traced(o, &tr))
				if err != nil || r.Path != "modem" || r.Version != "DTLS 1.2" || !strings.HasPrefix(r.Suite, "TLS_") || c.suite != "" && r.Suite != c.suite {
					t.Fatalf("%+v, %v\n%s", r.ConnectReport, err, strings.Join(tr, "\n"))
				}
				if (r.PingMS > 0) != c.pings || c.pings != (len(r.Findings) == 0) {
					t.Errorf("ping %d, findings %q\n%s\n%s", r.PingMS, codes(r), strings.Join(tr, "\n"), s.Output())
				}
				if after := found(t, d); after != before {
					t.Errorf("found as %s, left as %s", before, after)
				}
			})
		}
	}
}

// TestAServerWithAPSKHasNoNameToCheck: it shows no certificate, so an address leaves nothing of it unchecked.
func TestAServerWithAPSKHasNoNameToCheck(t *testing.T) {
	s := peers.OpenSSL(t, "-nocert", "-psk", string(key), "-cipher", "PSK-AES128-CBC-SHA256")
	d, _ := virtual(t, sim.Config{Host: "serial-modem"}, shared)
	o := orderOf(named(s))
	o.Server.Host, o.patience = "127.0.0.1", time.Second
	r, err := ConnectThrough(t.Context(), d, o)
	if got := strings.Join(codes(r), " "); err != nil || got != "coap.no-ping" {
		t.Errorf("%v, findings %q", err, got)
	}
}

// TestTheVirtualModemRegisters with the local LwM2M server, which knows units by their certificates, and has Connection IDs.
func TestTheVirtualModemRegisters(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- server.Serve(ctx, server.Config{Dir: dir, ClientCA: w.units.CertFile}, func(u string) { ready <- u })
	}()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	e, err := cred.ParseEndpoint(<-ready)
	if err != nil {
		t.Fatal(err)
	}
	e.Host = "localhost"
	root, err := os.ReadFile(filepath.Clean(server.RootFile(dir)))
	if err != nil {
		t.Fatal(err)
	}
	slots := w.slots()
	slots[cred.RootCA] = root
	for _, host := range []string{"serial-modem", "serial-modem-crlf", "slm"} {
		t.Run(host, func(t *testing.T) {
			d, _ := virtual(t, sim.Config{Host: host}, slots, "roaming")
			for name, want := range map[string]string{"": "", "urn:imei:000000000000018": "lwm2m.403"} {
				var tr []string
				o := orderOf(e)
				o.Register, o.Name = true, name
				r, err := ConnectThrough(t.Context(), d, traced(o, &tr))
				if got := codeOf(err); got != want {
					t.Fatalf("%v\n%s", err, strings.Join(tr, "\n"))
				}
				if !r.CID.Offered || !r.CID.Negotiated || r.Modem.CIDStatus != "uplink" || r.PingMS == 0 || r.Modem.Network != "roaming" {
					t.Errorf("%+v, %+v", r.CID, r.Modem)
				}
				if want == "" && *r.Register != (lwm2m.Registration{Code: "2.01", Location: r.Register.Location, Lifetime: 60, Updated: true, Deregistered: true}) {
					t.Errorf("%+v", *r.Register)
				}
			}
		})
	}
}

// TestTheVirtualModemIsRefused by each side, and on the way; this computer says what the modem cannot.
func TestTheVirtualModemIsRefused(t *testing.T) {
	w := newWorld(t)
	good := w.root.Server(t)
	wrongKey := map[cred.Kind][]byte{cred.PSK: []byte("ffeeddccbbaa99887766554433221100"), cred.PSKID: shared[cred.PSKID]}
	psk := func(t *testing.T) *peers.Server {
		return peers.OpenSSL(t, "-nocert", "-psk", string(key), "-cipher", "PSK-AES128-CBC-SHA256")
	}
	for name, c := range map[string]struct {
		server   func(t *testing.T) *peers.Server
		slots    map[cred.Kind][]byte
		fault    string
		code     string
		computer string
	}{
		"the server does not know the authority": {server: func(t *testing.T) *peers.Server { return openssl(t, good, w.others) }, slots: w.slots(), code: "modem.handshake", computer: "dtls.48"},
		"the modem does not know the root":       {server: func(t *testing.T) *peers.Server { return openssl(t, w.others.Server(t), w.units) }, slots: w.slots(), code: "modem.handshake", computer: "chain.incomplete"},
		"another name": {server: func(t *testing.T) *peers.Server {
			return openssl(t, w.root.Issue(t, peers.Spec{CN: "elsewhere.example", DNS: []string{"elsewhere.example"}}), w.units)
		}, slots: w.slots(), code: "modem.handshake", computer: "chain.name"},
		"expired": {server: func(t *testing.T) *peers.Server {
			return openssl(t, w.root.Issue(t, peers.Spec{Begin: time.Now().Add(-48 * time.Hour), End: time.Now().Add(-time.Hour)}), w.units)
		}, slots: w.slots(), code: "modem.handshake", computer: "chain.expired"},
		"a chain over 4 kB": {server: func(t *testing.T) *peers.Server {
			return openssl(t, w.root.Issue(t, peers.Spec{Pad: 4200}), w.units)
		}, slots: w.slots(), code: "modem.handshake", computer: "chain.too-long"},
		"a chain over 4 kB that crashes it": {server: func(t *testing.T) *peers.Server {
			return openssl(t, w.root.Issue(t, peers.Spec{Pad: 4200}), w.units)
		}, slots: w.slots(), fault: "chain-crash", code: "line.crashed"},
		"nobody there":     {server: func(t *testing.T) *peers.Server { return &peers.Server{Port: peers.FreePort(t)} }, slots: w.slots(), code: "modem.handshake", computer: "dtls.closed"},
		"another key":      {server: psk, slots: wrongKey, code: "modem.handshake"},
		"an empty tag":     {server: psk, slots: map[cred.Kind][]byte{}, code: "modem.no-credential"},
		"half an identity": {server: psk, slots: map[cred.Kind][]byte{cred.PSK: key}, code: "modem.no-credential"},
		"no name server":   {server: psk, slots: shared, fault: "dns-fails", code: "modem.unresolved"},
		"no network":       {server: psk, slots: shared, fault: "no-network", code: "modem.no-network"},
		"denied":           {server: psk, slots: shared, fault: "denied", code: "modem.no-network"},
		"no SIM":           {server: psk, slots: shared, fault: "no-sim", code: "modem.sim"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var faults []string
			if c.fault != "" {
				faults = append(faults, c.fault)
			}
			d, _ := virtual(t, sim.Config{Host: "serial-modem"}, c.slots, faults...)
			before := found(t, d)
			var tr []string
			o := orderOf(named(c.server(t)))
			if strings.HasSuffix(c.code, "no-network") {
				o.Timeout = time.Second
			}
			if c.computer != "" {
				o.Files = Identity{Cert: w.unit.PEM, Key: w.unit.KeyPEM, Anchor: w.root.PEM}
			}
			r, err := ConnectThrough(t.Context(), d, traced(o, &tr))
			if codeOf(err) != c.code || r.Verdict != cred.Fail {
				t.Fatalf("%v\n%s", err, strings.Join(tr, "\n"))
			}
			if c.code == "line.crashed" {
				if !slices.Contains(codes(r), "modem.mode") {
					t.Errorf("nobody says that the unit is not as it was: %q", codes(r))
				}
				return
			}
			if r.Modem.Computer != c.computer {
				t.Errorf("from this computer %q: %v", r.Modem.Computer, err)
			}
			if after := found(t, d); after != before {
				t.Errorf("found as %s, left as %s", before, after)
			}
		})
	}
}

// TestAnOldModemSaysLess: no Connection ID, and not which suite it used.
func TestAnOldModemSaysLess(t *testing.T) {
	w := newWorld(t)
	d, _ := virtual(t, sim.Config{Host: "serial-modem", Firmware: "mfw_nrf9160_1.3.2"}, w.slots())
	r, err := ConnectThrough(t.Context(), d, orderOf(named(coapServer(t, w.root.Server(t), w.units))))
	if err != nil || r.Suite != "" || r.CID.Offered || r.CID.Negotiated || r.Modem.CIDStatus != "" || r.PingMS == 0 || !slices.Equal(codes(r), []string{"modem.no-cid"}) {
		t.Errorf("%+v, %v", r.ConnectReport, err)
	}
}

// TestFirmwaresWithoutSocketsAreRefused.
func TestFirmwaresWithoutSocketsAreRefused(t *testing.T) {
	for _, host := range []string{"at-host", "at-host-crlf", "modem-shell"} {
		d, _ := virtual(t, sim.Config{Host: host}, nil)
		before := found(t, d)
		_, err := ConnectThrough(t.Context(), d, orderOf(cred.Endpoint{Scheme: "coaps", Host: "localhost", Port: 1}))
		if codeOf(err) != "modem.no-sockets" {
			t.Errorf("%s: %v", host, err)
		}
		if after := found(t, d); after != before {
			t.Errorf("found as %s, left as %s", before, after)
		}
	}
}

func traced(o Through, tr *[]string) Through {
	var mu sync.Mutex
	o.Tell = func(l string) {
		mu.Lock()
		defer mu.Unlock()
		*tr = append(*tr, "- "+l)
	}
	o.Trace = func(t flows.TraceLine) {
		mu.Lock()
		defer mu.Unlock()
		arrow := "< "
		if t.Out {
			arrow = "> "
		}
		*tr = append(*tr, arrow+t.Text)
	}
	return o
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return cred.AsFault(err).Code
}
