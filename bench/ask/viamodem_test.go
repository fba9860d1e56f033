package ask

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/office"
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint/coap"
	"example.org/sectag/endpoint/lwm2m"
	"example.org/sectag/endpoint/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func order() Through {
	return Through{Port: "sim:fake", SecTag: 42, Server: cred.Endpoint{Scheme: "coaps", Host: "far", Port: 5684}, Register: true, ID: cred.DefaultTemplate, Now: time.Now}
}

func codes(r ThroughReport) (out []string) {
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	return out
}

// left fails unless the unit was left as it was found.
func left(t *testing.T, f *fake, mode, subs string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mode != mode || f.subs != subs {
		t.Errorf("the unit was left in mode %s with +CEREG %s", f.mode, f.subs)
	}
	select {
	case <-f.done:
	default:
		t.Error("the port was left open")
	}
}

func TestAModemConnectsAndRegisters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		var told []string
		o := order()
		o.Tell = func(l string) { told = append(told, l) }
		r, err := ConnectThrough(t.Context(), f.dialer(), o)
		if err != nil || r.Verdict != cred.Pass || r.Path != "modem" || r.Twin || r.Suite != "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" ||
			!r.CID.Offered || !r.CID.Negotiated || r.HandshakeMS == 0 || r.PingMS == 0 {
			t.Errorf("%+v, %v", r.ConnectReport, err)
		}
		if want := (ThroughModem{IMEI: fakeIMEI, Host: "serial-modem", SecTag: 42, Network: "roaming", Technology: "LTE-M", AttachMS: r.Modem.AttachMS, CIDStatus: "uplink"}); *r.Modem != want || r.Modem.AttachMS == 0 {
			t.Errorf("%+v", *r.Modem)
		}
		if want := (lwm2m.Registration{Code: "2.01", Location: "/rd/7", Lifetime: 60, Updated: true, Deregistered: true}); *r.Register != want {
			t.Errorf("%+v", *r.Register)
		}
		if got := f.commands("AT+CFUN=1")[:3]; !slices.Equal(got, []string{"AT+CFUN=1", "AT+CEREG?", "AT#XCLOSE"}) {
			t.Errorf("sent %q", got)
		}
		if got := f.commands("AT#XCLOSE=0"); !slices.Contains(got, "AT+CFUN=4") {
			t.Errorf("behind the close came %q", got)
		}
		if !slices.Contains(told, "network: registered, roaming (LTE-M)") {
			t.Errorf("told %q", told)
		}
		left(t, f, "4", "0")
	})
}

// TestTheUnitIsLeftAsItWasFound, whatever goes wrong at whatever command.
func TestTheUnitIsLeftAsItWasFound(t *testing.T) {
	for cmd, c := range map[string]struct{ answer, code string }{
		"AT#XSMVER":             {refusal, "modem.no-sockets"},
		"AT%CMNG=1,42":          {okay(`%CMNG: 42,0,"` + digest + `"`), "modem.no-credential"},
		"AT+CFUN=1":             {refusal, "line.error"},
		"AT+CPIN?":              {"", ""}, // never asked: the network is there at once
		"AT#XCLOSE":             {refusal, ""},
		"AT#XSSOCKET=":          {refusal, "modem.socket"},
		"AT#XSSOCKETOPT=0,1,2":  {refusal, "modem.socket"},
		"AT#XSSOCKETOPT=0,1,14": {refusal, ""},
		"AT#XSSOCKETOPT=0,1,18": {refusal, ""},
		"AT#XCONNECT":           {refusal, "modem.handshake"},
		"AT#XSSOCKETOPT=0,0,4":  {refusal, ""},
		"AT#XSSOCKETOPT=0,0,15": {refusal, ""},
		"AT#XSEND":              {refusal, "modem.dropped"},
		"AT#XRECV":              {refusal, "modem.dropped"},
	} {
		for _, was := range []string{"4", "0", "1", "21"} {
			t.Run(cmd+" in "+was, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFake(t)
					f.mode, f.says[cmd] = was, c.answer
					if was == "21" {
						f.says["AT+CEREG?"] = okay(`+CEREG: 0,1,"002F","0012BEEF",9`)
					}
					r, err := ConnectThrough(t.Context(), f.dialer(), order())
					got := ""
					if err != nil {
						got = cred.AsFault(err).Code
					}
					want := c.code
					if cmd == "AT+CFUN=1" && (was == "1" || was == "21") {
						want = "" // it is on the network already
					}
					if got != want || (err == nil) != (r.Failure == nil) {
						t.Errorf("%v, want %q: %q", err, want, f.commands("AT+CEREG=5"))
					}
					left(t, f, was, "0")
				})
			})
		}
	}
}

// TestTheReasonIsLookedFor: the firmware says ERROR to all of these.
func TestTheReasonIsLookedFor(t *testing.T) {
	for name, c := range map[string]struct {
		says       map[string]string
		code, text string
	}{
		"a name without an address": {map[string]string{"AT#XGETADDRINFO": refusal}, "modem.unresolved", "no address for far"},
		"a lost network":            {map[string]string{}, "modem.no-network", "searching"},
		"a refusal":                 {map[string]string{}, "modem.handshake", "it was refused"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				f.says = c.says
				f.says["AT#XCONNECT"] = refusal
				if name == "a lost network" {
					f.hook = func(cmd string) {
						if strings.HasPrefix(cmd, "AT#XCONNECT") {
							f.says["AT+CEREG?"] = okay("+CEREG: 5,2")
						}
					}
				}
				r, err := ConnectThrough(t.Context(), f.dialer(), order())
				if err == nil || r.Failure.Code != c.code || !strings.Contains(r.Failure.Text, c.text) || r.Verdict != cred.Fail {
					t.Errorf("%v", err)
				}
				left(t, f, "4", "0")
			})
		})
	}
}

// TestSilenceIsNotARefusal: the same ERROR at the end of the modem's time.
func TestSilenceIsNotARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.says["AT#XCONNECT"] = "\r\n"
		f.hook = func(cmd string) {
			if strings.HasPrefix(cmd, "AT#XCONNECT") {
				time.AfterFunc(31*time.Second, func() { f.say(refusal) })
			}
		}
		_, err := ConnectThrough(t.Context(), f.dialer(), order())
		if err == nil || !strings.Contains(err.Error(), "no end came of it") {
			t.Errorf("%v", err)
		}
		left(t, f, "4", "0")
	})
}

// TestAServerThatSaysNothingOrNo to what comes after the handshake.
func TestAServerThatSaysNothingOrNo(t *testing.T) {
	for name, c := range map[string]struct {
		far            func(m coap.Message) []byte
		code, findings string
		register       lwm2m.Registration
	}{
		"no CoAP at all": {func(coap.Message) []byte { return nil }, "lwm2m.silent", "coap.no-ping lwm2m.left", lwm2m.Registration{Lifetime: 60}},
		"another name":   {answers(coap.POST, "rd", coap.Forbidden), "lwm2m.403", "", lwm2m.Registration{Code: "4.03", Lifetime: 60}},
		"no update":      {answers(coap.POST, "rd/7", coap.NotFound), "lwm2m.404", "lwm2m.replaces", lwm2m.Registration{Code: "2.01", Location: "/rd/7", Lifetime: 60, Deregistered: true}},
		"no farewell":    {answers(coap.DELETE, "rd/7", coap.ServerError), "lwm2m.500", "lwm2m.replaces lwm2m.left", lwm2m.Registration{Code: "2.01", Location: "/rd/7", Lifetime: 60, Updated: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				f.far = c.far
				r, err := ConnectThrough(t.Context(), f.dialer(), order())
				if err == nil || r.Failure.Code != c.code || *r.Register != c.register || strings.Join(codes(r), " ") != c.findings {
					t.Errorf("%v, %+v, %q", err, *r.Register, codes(r))
				}
				left(t, f, "4", "0")
			})
		})
	}
}

// TestWhoRegistersIsSaid and no more than is known of it: the tag tells what kind of name the server compared, and nobody has read it.
func TestWhoRegistersIsSaid(t *testing.T) {
	digest := `"` + digest + `"`
	own := cred.DefaultTemplate.Name(fakeIMEI)
	const sent = "urn:imei:350457790000020"
	for name, c := range map[string]struct{ list, name, want string }{
		"certificate": {
			okay("%CMNG: 42,0,"+digest, "%CMNG: 42,1,"+digest, "%CMNG: 42,2,"+digest), sent,
			`endpoint name "` + sent + `" was sent, device.id gives "` + own + `", and the common name of the certificate in the modem was not read`,
		},
		"certificate, no name given": {
			okay("%CMNG: 42,0,"+digest, "%CMNG: 42,1,"+digest, "%CMNG: 42,2,"+digest), "",
			`endpoint name "` + own + `" was sent, device.id gives "` + own + `", and the common name of the certificate in the modem was not read`,
		},
		"pre-shared key":    {okay("%CMNG: 42,3,"+digest, "%CMNG: 42,4,"+digest), sent, "and the identity of the pre-shared key in the modem was not read"},
		"an unlisted store": {refusal, sent, "and the identity in the modem was not read"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				f.says["AT%CMNG=1,42"], f.far = c.list, answers(coap.POST, "rd", coap.Forbidden)
				o := order()
				o.Name = c.name
				r, err := ConnectThrough(t.Context(), f.dialer(), o)
				if err == nil || !strings.Contains(r.Failure.Text, c.want) || !strings.Contains(r.Failure.Hint, "compare with the file or the record") {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// TestAnAnswerHasTheTimeThatIsGiven where that is more than its own.
func TestAnAnswerHasTheTimeThatIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		var asked time.Time
		f.far = func(m coap.Message) []byte {
			if m.Code == coap.Empty {
				return lwm2mServer(m)
			}
			if asked.IsZero() {
				asked = time.Now()
			}
			return nil
		}
		o := order()
		o.Timeout = time.Minute
		_, err := ConnectThrough(t.Context(), f.dialer(), o)
		if took := time.Since(asked); codeOf(err) != "lwm2m.silent" || took < o.Timeout {
			t.Errorf("%v after %s", err, took)
		}
	})
}

func answers(method coap.Code, path string, with coap.Code) func(coap.Message) []byte {
	return func(m coap.Message) []byte {
		if m.Code != method || m.Path() != path {
			return lwm2mServer(m)
		}
		raw, _ := coap.Message{Type: coap.Acknowledgement, Code: with, ID: m.ID, Token: m.Token}.Marshal()
		return raw
	}
}

// TestAJobThatIsStoppedLeavesTheUnitAsItWasFound, at every command, and takes back its registration.
func TestAJobThatIsStoppedLeavesTheUnitAsItWasFound(t *testing.T) {
	for _, at := range []string{"AT+CEREG=5", "AT+CFUN=1", "AT+CEREG?", "AT#XSSOCKET=", "AT#XCONNECT", "AT#XSEND", "AT#XRECV"} {
		for _, nth := range []int{1, 2, 3} {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				n := 0
				f.hook = func(cmd string) {
					if strings.HasPrefix(cmd, at) {
						if n++; n == nth {
							cancel()
						}
					}
				}
				r, err := ConnectThrough(ctx, f.dialer(), order())
				if n < nth {
					return
				}
				if err == nil && at != "AT#XRECV" && at != "AT#XSEND" {
					t.Errorf("%s %d: it went on", at, nth)
				}
				if err != nil && cred.AsFault(err).Code != "line.stopped" && cred.AsFault(err).Code != "dtls.canceled" {
					t.Errorf("%s %d: %v", at, nth, err)
				}
				if r.Register != nil && r.Register.Location != "" && !r.Register.Deregistered {
					t.Errorf("%s %d: the registration was left there", at, nth)
				}
				left(t, f, "4", "0")
			})
		}
	}
}

// TestAUnitThatIsGoneIsToldOf: nothing can be put back then.
func TestAUnitThatIsGoneIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.hook = func(cmd string) {
			if strings.HasPrefix(cmd, "AT#XCONNECT") {
				_ = f.w.CloseWithError(errors.New("unplugged"))
			}
		}
		r, err := ConnectThrough(t.Context(), f.dialer(), order())
		if err == nil || r.Failure.Code != "port.lost" || !slices.Contains(codes(r), "modem.mode") {
			t.Errorf("%v, %q", err, codes(r))
		}
	})
}

func TestWhatCannotBeDoneTouchesNoDevice(t *testing.T) {
	for _, e := range []cred.Endpoint{{Scheme: "tls", Host: "far", Port: 1}, {Scheme: "coaps", Host: strings.Repeat("a", 129), Port: 1}} {
		f := newFake(t)
		o := order()
		o.Server = e
		_, err := ConnectThrough(t.Context(), f.dialer(), o)
		if err == nil || cred.AsFault(err).Code != "config.value" || len(f.sent) != 0 {
			t.Errorf("%v, sent %q", err, f.sent)
		}
		_ = f.Close()
	}
}

func TestWhatATagLacksIsSaid(t *testing.T) {
	for want, have := range map[string][]cred.Kind{
		"": {0, 1, 2}, " ": {3, 4}, "client-key": {0, 1}, "psk-id": {3}, "psk": {4}, "root-ca, client-cert, client-key": nil,
		"client-cert, client-key": {0}, "  ": {0, 3, 4}, "root-ca": {1, 2},
	} {
		if got := missing(have); got != strings.TrimSpace(want) {
			t.Errorf("%v lack %q", have, got)
		}
	}
}

// TestTheHandshakeGetsAtMostTheTimeGiven.
func TestTheHandshakeGetsAtMostTheTimeGiven(t *testing.T) {
	for given, want := range map[time.Duration]int{0: 31, time.Second: 1, 5 * time.Second: 3, time.Minute: 31, 63 * time.Second: 63, time.Hour: 123, time.Millisecond: 1} {
		x := through{o: Through{Timeout: given}, r: ThroughReport{Modem: &ThroughModem{Technology: "LTE-M"}}}
		if got := x.handshake(); got != want {
			t.Errorf("of %v it gets %d s", given, got)
		}
	}
	x := through{r: ThroughReport{Modem: &ThroughModem{Technology: "NB-IoT"}}}
	if got := x.handshake(); got != 63 {
		t.Errorf("NB-IoT gets %d s", got)
	}
}

// far starts the local server, which trusts the authority that is returned with a unit's files.
func far(t *testing.T) (cred.Endpoint, Identity) {
	t.Helper()
	dir := t.TempDir()
	made, err := ca.Init(ca.InitOptions{Dir: filepath.Join(dir, "ca"), Plaintext: true, Clock: ca.Clock{Now: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := office.Issue(t.Context(), office.Order{Cert: made.Cert, Key: made.Key, ID: cred.DefaultTemplate, Days: 30, Dir: filepath.Join(dir, "units"), IMEI: fakeIMEI}, nil, evidence.Tool{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- sim.Serve(ctx, sim.Config{Dir: filepath.Join(dir, "far"), ClientCA: made.Cert}, func(u string) { ready <- u })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	e, err := cred.ParseEndpoint(<-ready)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	return e, Identity{Cert: read(l.Cert), Key: read(l.Key), Anchor: read(sim.RootFile(filepath.Join(dir, "far")))}
}

// TestThisComputerNarrowsTheReason with the same identity: it gets in, it fails too, the tag holds something else.
func TestThisComputerNarrowsTheReason(t *testing.T) {
	e, files := far(t)
	sum := func(k cred.Kind, b []byte) string {
		c, err := cred.Content(k, b)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ToUpper(cred.Sum(c).String())
	}
	same := okay(`%CMNG: 42,0,"`+sum(cred.RootCA, files.Anchor)+`"`, `%CMNG: 42,1,"`+sum(cred.ClientCert, files.Cert)+`"`, `%CMNG: 42,2,"`+sum(cred.ClientKey, files.Key)+`"`)
	nobody, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	closed := cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(nobody.LocalAddr().(*net.UDPAddr).Port)}
	_ = nobody.Close()
	for name, c := range map[string]struct {
		to                       cred.Endpoint
		store                    string
		computer, text, findings string
	}{
		"it gets in":           {e, same, "pass", "this computer gets in with the same identity", "modem.name-unchecked"},
		"the tag holds others": {e, "", "pass", "the tag holds something else", "modem.other-identity modem.other-identity modem.other-identity modem.name-unchecked"},
		"as somebody else":     {closed, "", "dtls.closed", "with the files, and the tag holds something else", "modem.other-identity modem.other-identity modem.other-identity modem.name-unchecked dtls.closed"},
		"it fails too":         {closed, same, "dtls.closed", "so it is not the modem", "modem.name-unchecked dtls.closed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.says["AT#XCONNECT"] = refusal
			if c.store != "" {
				f.says["AT%CMNG=1,42"] = c.store
			}
			o := order()
			o.Server, o.Files = c.to, files
			r, err := ConnectThrough(t.Context(), f.dialer(), o)
			if err == nil || r.Failure.Code != "modem.handshake" || !strings.Contains(r.Failure.Text, c.text) || r.Modem.Computer != c.computer {
				t.Errorf("%v, computer %q", err, r.Modem.Computer)
			}
			if got := strings.Join(codes(r), " "); got != c.findings {
				t.Errorf("findings %q", got)
			}
			left(t, f, "4", "0")
		})
	}
}

// TestThisComputerHasTheTimeThatIsGiven, and its own where nobody gives any.
func TestThisComputerHasTheTimeThatIsGiven(t *testing.T) {
	_, files := far(t)
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for given, want := range map[time.Duration]string{0: "5s", time.Second: "1s", 5500 * time.Millisecond: "5.5s"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.says["AT#XCONNECT"] = refusal
			o := order()
			o.Server, o.Files, o.Timeout = cred.Endpoint{Scheme: "coaps", Host: "127.0.0.1", Port: uint16(silent.LocalAddr().(*net.UDPAddr).Port)}, files, given
			var told []string
			o.Tell = func(line string) { told = append(told, line) }
			r, err := ConnectThrough(t.Context(), f.dialer(), o)
			if err == nil || r.Modem.Computer != "dtls.silent" || !strings.Contains(err.Error(), " within "+want) || !slices.Contains(told, "this computer tries the same identity, for at most "+want) {
				t.Errorf("%v, computer %q, told %q", err, r.Modem.Computer, told)
			}
		})
	}
}

// TestASessionWithoutASuiteIsNoProof: a modem that can tell the suite and names none has said that it connected, and nothing more.
func TestASessionWithoutASuiteIsNoProof(t *testing.T) {
	for _, suite := range []string{"0", "0x0000", "0xfffff"} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t)
			f.says["AT#XSSOCKETOPT=0,0,4"] = okay("#XSSOCKETOPT: 0," + suite)
			o := order()
			o.Register = false
			r, err := ConnectThrough(t.Context(), f.dialer(), o)
			if err != nil || r.Verdict != cred.Warn || r.Suite != "" || strings.Join(codes(r), " ") != "modem.no-suite" {
				t.Errorf("%s: %v, %s, suite %q, %q", suite, err, r.Verdict, r.Suite, codes(r))
			}
			left(t, f, "4", "0")
		})
	}
}
