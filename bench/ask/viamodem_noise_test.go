package ask

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
	"example.org/sectag/device/sim/socket"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/lwm2m"
)

// stillAir is an air without weather: each connection comes about at once, and its server answers in memory, so that virtual time does.
type stillAir struct{}

func (stillAir) Dial(context.Context, socket.Conf) (socket.Session, error) {
	return &memory{out: make(chan []byte, 16), done: make(chan struct{})}, nil
}

// memory is a session with a server that lets everybody in.
type memory struct {
	out  chan []byte
	done chan struct{}
	once sync.Once
}

func (s *memory) Read(p []byte) (int, error) {
	select {
	case b := <-s.out:
		return copy(p, b), nil
	case <-s.done:
		return 0, io.EOF
	}
}

func (s *memory) Write(p []byte) (int, error) {
	m, err := coap.Parse(p)
	if err != nil {
		return len(p), nil
	}
	if b := lwm2mServer(m); b != nil {
		select {
		case s.out <- b:
		case <-s.done:
			return 0, errors.New("closed")
		}
	}
	return len(p), nil
}

func (s *memory) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

func (*memory) Suite() uint16 { return 0x00ae }

func (*memory) ConnectionID() (downlink, uplink bool) { return false, true }

// noisy makes a unit in still air with faults that begin when its slots are filled. nil is one that the host does not have.
func noisy(t *testing.T, host, fault string) (device.Dialer, *sim.Modem) {
	t.Helper()
	cfg := sim.Config{IMEI: fakeIMEI, Host: host, Dialer: stillAir{}}
	for _, fault := range []string{fault, "dns-fails"} { // virtual time knows no name server
		if fault == "" {
			continue
		}
		f, err := sim.ParseFault(fault)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	u, err := sim.New(cfg)
	if err != nil {
		return device.Dialer{}, nil
	}
	return device.Dialer{Sim: func(context.Context, string) (io.ReadWriteCloser, error) { return u.Pipe(context.Background()), nil }}, u
}

func fill(t *testing.T, d device.Dialer) error {
	return with(t.Context(), d, "sim:unit", nil, func(m *device.Modem) error {
		_, err := m.Offline(t.Context())
		for k, c := range shared {
			err = errors.Join(err, m.Write(t.Context(), cred.Slot{SecTag: 42, Kind: k}, c, nil))
		}
		return err
	})
}

func noisyOrder() Through {
	o := order()
	o.Server.Host = "192.0.2.7"
	return o
}

// TestWhateverAUnitIsLikeItConnects and is left as it was found.
func TestWhateverAUnitIsLikeItConnects(t *testing.T) {
	for _, host := range []string{"serial-modem", "serial-modem-lf", "slm"} {
		for _, fault := range []string{
			"", "noise", "urc", "log", "echo", "cmee-off", "first-error", "data-mode", "open-quote", "full-buffer", "slow=0.9", "online", "roaming", "slow-attach@200",
		} {
			t.Run(host+" "+fault, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d, u := noisy(t, host, fault)
					if u == nil {
						return
					}
					if err := fill(t, d); err != nil {
						t.Fatal(err)
					}
					before := found(t, d)
					var tr []string
					r, err := ConnectThrough(t.Context(), d, traced(noisyOrder(), &tr))
					if err != nil || r.Suite != "TLS_PSK_WITH_AES_128_CBC_SHA256" || !r.CID.Negotiated || r.PingMS == 0 ||
						*r.Register != (lwm2m.Registration{Code: "2.01", Location: "/rd/7", Lifetime: 60, Updated: true, Deregistered: true}) {
						t.Errorf("%+v, %v\n%s", r, err, strings.Join(tr, "\n"))
					}
					if after := found(t, d); after != before {
						t.Errorf("found as %s, left as %s", before, after)
					}
				})
			})
		}
	}
}

// TestALostByteLeavesTheUnitAsItWas: one byte of the job is lost, in one direction or the other. It may fail then; the unit is left as
// it was found all the same, and a second try succeeds.
func TestALostByteLeavesTheUnitAsItWas(t *testing.T) {
	const step = 5
	for _, host := range []string{"serial-modem", "slm"} {
		from, to := span(t, host)
		for _, fault := range []string{"drop", "drop-reply"} {
			lo, hi := from.BytesIn, to.BytesIn
			if fault == "drop-reply" {
				lo, hi = from.BytesOut, to.BytesOut
			}
			failed := 0
			for n := lo + 1; n <= hi; n += step {
				synctest.Test(t, func(t *testing.T) {
					err := lose(t, host, fmt.Sprintf("%s@%d", fault, n))
					if err != nil {
						failed++
					}
				})
			}
			if all := int(hi-lo) / step; failed*12 > all {
				t.Errorf("%s, %s: %d of %d failed: most bytes can be lost without harm", host, fault, failed, all)
			}
		}
	}
}

// span is what the counters of a unit say when the job begins and when it is over.
func span(t *testing.T, host string) (from, to sim.Counters) {
	synctest.Test(t, func(t *testing.T) {
		d, u := noisy(t, host, "")
		if err := fill(t, d); err != nil {
			t.Fatal(err)
		}
		from = u.Counters()
		if _, err := ConnectThrough(t.Context(), d, noisyOrder()); err != nil {
			t.Fatal(err)
		}
		to = u.Counters()
	})
	return from, to
}

func lose(t *testing.T, host, fault string) error {
	d, _ := noisy(t, host, fault)
	if err := fill(t, d); err != nil {
		t.Fatal(err)
	}
	var tr []string
	began := time.Now()
	r, err := ConnectThrough(t.Context(), d, traced(noisyOrder(), &tr))
	took := time.Since(began)
	if after := found(t, d); !strings.HasPrefix(after, "+CFUN: 4 ") && !slices.Contains(codes(r), "modem.mode") {
		t.Errorf("%s, %s: left as %s after %v: %v\n%s", host, fault, after, took, err, strings.Join(tr, "\n"))
	}
	if took > 10*time.Minute {
		t.Errorf("%s, %s: it took %v", host, fault, took)
	}
	if _, again := ConnectThrough(t.Context(), d, noisyOrder()); again != nil {
		t.Errorf("%s, %s: the second try: %v", host, fault, again)
	}
	return err
}
