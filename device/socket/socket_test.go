package socket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/host"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serial is a Serial Modem whose server lets the unit in (nrf91.md, section 4.3).
func serial() map[string][]string {
	return map[string][]string{
		"AT#XCLOSE":                   {ok()},
		"AT#XCLOSE=":                  {ok("#XCLOSE: 3,0")},
		"AT#XSSOCKET=1,2,0,42,2":      {ok("#XSSOCKET: 3,2,273")},
		`AT#XSSOCKETOPT=3,1,2,"far"`:  {ok()},
		"AT#XSSOCKETOPT=3,1,14,1":     {ok()},
		"AT#XSSOCKETOPT=3,1,18,31":    {ok()},
		`AT#XCONNECT=3,"far",5684`:    {ok("#XCONNECT: 3,1")},
		"AT#XSSOCKETOPT=3,0,4":        {ok("#XSSOCKETOPT: 3,0xc02b")},
		"AT#XSSOCKETOPT=3,0,15":       {ok("#XSSOCKETOPT: 3,2")},
		`AT#XSEND=3,1,0,"40001234"`:   {ok("#XSEND: 3,0,4")},
		"AT#XRECV=3,1,0,2,1400":       {ok("#XRECV: 3,1,4\r\n70001234")},
		`AT#XGETADDRINFO="far"`:       {ok(`#XGETADDRINFO: "192.0.2.7"`)},
		`AT#XGETADDRINFO="far.there"`: {no},
	}
}

// slm is the same server behind SLM, where sockets have no handle on the line.
func slm() map[string][]string {
	return map[string][]string{
		"AT#XSOCKET=0":             {ok(`#XSOCKET: 0,"closed"`), ok(`#XSOCKET: 0,"closed"`), no, ok(`#XSOCKET: 0,"closed"`)},
		"AT#XSSOCKET=1,2,0,42,2":   {ok("#XSSOCKET: 3,2,273")},
		`AT#XSSOCKETOPT=1,2,"far"`: {ok()},
		"AT#XSSOCKETOPT=1,14,1":    {ok()},
		"AT#XSSOCKETOPT=1,18,31":   {ok()},
		`AT#XCONNECT="far",5684`:   {ok("#XCONNECT: 1")},
		"AT#XSSOCKETOPT=0,4":       {ok("#XSSOCKETOPT: 0xc02b")},
		"AT#XSSOCKETOPT=0,15":      {ok("#XSSOCKETOPT: 2")},
		"AT#XSEND":                 {ok()},
		"AT#XRECV=2":               {"\r\n#XRECV: 4\r\np\x00\r\n\r\nOK\r\n"},
	}
}

func config() Config { return Config{SecTag: 42, Host: "far", Port: 5684, Handshake: 31} }

// through makes the whole of a connection and returns what came back.
func through(ctx context.Context, s *at.Session) (data []byte, suite, cid int, err error) {
	k, err := Open(ctx, s, config())
	if err != nil {
		return nil, 0, 0, err
	}
	if _, err = k.Connect(ctx); err != nil {
		return nil, 0, 0, err
	}
	if suite, _, err = k.Get(ctx, CipherUsed); err != nil {
		return nil, 0, 0, err
	}
	if cid, _, err = k.Get(ctx, CIDStatus); err != nil {
		return nil, 0, 0, err
	}
	if err = k.Send(ctx, []byte{0x40, 0x00, 0x12, 0x34}); err != nil {
		return nil, 0, 0, err
	}
	if data, err = k.Receive(ctx, 2*time.Second); err != nil {
		return nil, 0, 0, err
	}
	return data, suite, cid, k.Close(ctx)
}

func TestASerialModemConnectsByItsTag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, host.CR, serial())
		data, suite, cid, err := through(t.Context(), s.session(nil))
		if err != nil || suite != 0xc02b || cid != 2 || string(data) != "p\x00\x12\x34" {
			t.Errorf("%x, %04x, %d, %v", data, suite, cid, err)
		}
		want := []string{
			"AT#XCLOSE", "AT#XSSOCKET=1,2,0,42,2", `AT#XSSOCKETOPT=3,1,2,"far"`, "AT#XSSOCKETOPT=3,1,14,1", "AT#XSSOCKETOPT=3,1,18,31",
			`AT#XCONNECT=3,"far",5684`, "AT#XSSOCKETOPT=3,0,4", "AT#XSSOCKETOPT=3,0,15", `AT#XSEND=3,1,0,"40001234"`, "AT#XRECV=3,1,0,2,1400", "AT#XCLOSE=3",
		}
		if got := s.said(); !slices.Equal(got, want) {
			t.Errorf("sent %q", got)
		}
	})
}

func TestAnSLMConnectsByItsTag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, end := range []string{"\r\n#XDATAMODE: 0\r\n", ok()} { // older versions say OK
			s := newScript(t, host.CRLF, slm())
			s.data = func(b string) string {
				if b != "\x40\x00\x12\x34" {
					t.Errorf("the data mode got %q", b)
				}
				return end
			}
			data, suite, cid, err := through(t.Context(), s.session(nil))
			if err != nil || suite != 0xc02b || cid != 2 || string(data) != "p\x00\r\n" {
				t.Errorf("%q, %04x, %d, %v: %q", data, suite, cid, err, s.said())
			}
			if got := s.said(); !slices.Equal(got[:3], []string{"AT#XSOCKET=0", "AT#XSOCKET=0", "AT#XSOCKET=0"}) || got[len(got)-1] != "AT#XSOCKET=0" {
				t.Errorf("the sockets of a former run and its own were not closed: %q", got)
			}
		}
	})
}

// TestWhatIsSaidUnaskedChangesNothing: lines of the modem and the host before, between and behind those of an answer, and a poll's
// among them.
func TestWhatIsSaidUnaskedChangesNothing(t *testing.T) {
	for _, line := range []string{`+CEREG: 5,"002F","0012BEEF",7`, "#XAPOLL: 3,1", "#XDATAMODE: 0", "+CSCON: 1", "%XSIM: 1", "#XSENDNTF: 3,0,4"} {
		synctest.Test(t, func(t *testing.T) {
			answers := serial()
			for k, v := range answers {
				v = slices.Clone(v)
				for i := range v {
					v[i] = "\r\n" + line + "\r\n" + strings.ReplaceAll(v[i], "\r\nOK", "\r\n"+line+"\r\nOK") + "\r\n" + line + "\r\n"
				}
				answers[k] = v
			}
			s := newScript(t, host.CR, answers)
			data, suite, _, err := through(t.Context(), s.session(NewEar()))
			if err != nil || suite != 0xc02b || string(data) != "p\x00\x12\x34" {
				t.Errorf("%s: %x, %04x, %v", line, data, suite, err)
			}
		})
	}
}

func TestEveryRefusalIsAFailureAndClosesTheSocket(t *testing.T) {
	for _, c := range []struct {
		refuse, answer, code string
		cause                error
		opened               bool
	}{
		{"AT#XSSOCKET=1,2,0,42,2", no, "modem.socket", ErrRefused, false},
		{"AT#XSSOCKET=1,2,0,42,2", ok("#XSSOCKET: -1,2,273"), "modem.socket", nil, false},
		{"AT#XSSOCKET=1,2,0,42,2", ok("#XSSOCKET: 3,1,258"), "modem.socket", nil, true},
		{"AT#XSSOCKET=1,2,0,42,2", ok(), "modem.socket", errAnswer, false},
		{`AT#XSSOCKETOPT=3,1,2,"far"`, no, "modem.socket", ErrRefused, true},
		{"AT#XSSOCKETOPT=3,1,14,1", no, "", nil, true},
		{"AT#XSSOCKETOPT=3,1,18,31", no, "", nil, true},
		{`AT#XCONNECT=3,"far",5684`, no, "modem.socket", ErrRefused, true},
		{`AT#XCONNECT=3,"far",5684`, ok("#XCONNECT: 3,0"), "modem.socket", nil, true},
		{`AT#XCONNECT=3,"far",5684`, ok("#XCONNECT: 2,1"), "modem.socket", nil, true},
		{"AT#XSSOCKETOPT=3,0,4", no, "", nil, true},
		{`AT#XSEND=3,1,0,"40001234"`, no, "modem.dropped", ErrEnded, true},
		{`AT#XSEND=3,1,0,"40001234"`, ok("#XSEND: 3,0,2"), "modem.socket", nil, true},
		{"AT#XRECV=3,1,0,2,1400", no, "modem.dropped", ErrEnded, true},
	} {
		t.Run(c.refuse+strings.TrimSpace(c.answer), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers := serial()
				answers[c.refuse] = []string{c.answer}
				s := newScript(t, host.CR, answers)
				session := s.session(nil)
				k, err := Open(t.Context(), session, config())
				if err == nil {
					_, err = k.Connect(t.Context())
					if err == nil {
						_, _, err = k.Get(t.Context(), CipherUsed)
					}
					if err == nil {
						err = k.Send(t.Context(), []byte{0x40, 0x00, 0x12, 0x34})
					}
					if err == nil {
						_, err = k.Receive(t.Context(), 2*time.Second)
					}
					if e := k.Close(t.Context()); e != nil {
						t.Error(e)
					}
				}
				wantCode(t, err, c.code)
				if c.cause != nil && !errors.Is(err, c.cause) {
					t.Errorf("the cause of %v is not %v", err, c.cause)
				}
				if got := slices.Contains(s.said(), "AT#XCLOSE=3"); got != c.opened {
					t.Errorf("closed: %v, %q", got, s.said())
				}
			})
		})
	}
}

// TestAServerByItsAddressHasNoNameToCheck, and an address of the sixth version is asked for as such.
func TestAServerByItsAddressHasNoNameToCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := serial()
		answers["AT#XSSOCKET=2,2,0,42,2"] = answers["AT#XSSOCKET=1,2,0,42,2"]
		c := config()
		c.Host = "2001:db8::7"
		s := newScript(t, host.CR, answers)
		k, err := Open(t.Context(), s.session(nil), c)
		if err != nil || !slices.Equal(k.Refused(), []Option{HostName}) {
			t.Errorf("%v, refused %v: %q", err, k, s.said())
		}
	})
}

// TestNothingAndTheEndAreToldApart: the same ERROR, at once and after the time.
func TestNothingAndTheEndAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for took, want := range map[time.Duration]error{0: ErrEnded, time.Second: ErrEnded, 2 * time.Second: ErrNothing, 3 * time.Second: ErrNothing} {
			if err := nothing(at.Reply{Final: at.Error, Took: took}, 2); !errors.Is(err, want) {
				t.Errorf("after %v: %v", took, err)
			}
		}
	})
}

// TestADamagedDatagramIsALostOne: it is asked for again, as if the air had lost it.
func TestADamagedDatagramIsALostOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := serial()
		answers["AT#XRECV=3,1,0,2,1400"] = []string{ok("#XRECV: 3,1,4\r\n700012"), ok("#XRECV: 3,1,4\r\n70001234")}
		s := newScript(t, host.CR, answers)
		k, err := Open(t.Context(), s.session(nil), config())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Receive(t.Context(), 2*time.Second); !errors.Is(err, ErrNothing) {
			t.Errorf("%v", err)
		}
		if b, err := k.Receive(t.Context(), 2*time.Second); err != nil || len(b) != 4 {
			t.Errorf("%x, %v", b, err)
		}
	})
}

// TestACommandUnderWayIsWaitedFor: a person who stops the job leaves the line in step, and the next command is not given.
func TestACommandUnderWayIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, host.CR, serial())
		session := s.session(nil)
		k, err := Open(t.Context(), session, config())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := k.Connect(ctx); err == nil || cred.AsFault(err).Code != "line.stopped" {
			t.Errorf("%v", err)
		}
		if !session.InStep() || slices.Contains(s.said(), `AT#XCONNECT=3,"far",5684`) {
			t.Errorf("in step %v: %q", session.InStep(), s.said())
		}
		if err := k.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
}

func TestADatagramHasItsLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, host.CRLF, slm())
		k := &Socket{s: s.session(nil), d: dialect{}}
		for _, b := range [][]byte{nil, make([]byte, MaxDatagram+1), []byte("a+++b"), []byte("a+")} {
			wantCode(t, k.Send(t.Context(), b), "modem.socket")
		}
		if len(s.said()) != 0 {
			t.Errorf("sent %q", s.said())
		}
	})
}

func TestFirmwaresWithoutSocketsSayWhoHasThem(t *testing.T) {
	for _, h := range []at.Host{at.ATHost{}, host.Shell{}} {
		err := Supported(h)
		wantCode(t, err, "modem.no-sockets")
		if f := cred.AsFault(err); !strings.Contains(f.Hint, "Serial Modem") || !strings.Contains(f.Hint, "SLM") {
			t.Errorf("the hint is %q", f.Hint)
		}
	}
	if err := errors.Join(Supported(host.SerialModem{}), Supported(host.SLM{})); err != nil {
		t.Error(err)
	}
}

func TestTheModemsNameServerIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, host.CR, serial()).session(nil)
		if a, err := Resolve(t.Context(), s, "far"); err != nil || a != "192.0.2.7" {
			t.Errorf("%q, %v", a, err)
		}
		_, err := Resolve(t.Context(), s, "far.there")
		wantCode(t, err, "modem.unresolved")
	})
}

// TestAMissingAnswerIsAskedForAgain at every command but the handshake, which may be through by then; the line is left in step.
func TestAMissingAnswerIsAskedForAgain(t *testing.T) {
	for cmd := range maps.Keys(serial()) {
		if strings.HasPrefix(cmd, "AT#XGETADDRINFO") {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			answers := serial()
			answers[cmd] = append([]string{""}, answers[cmd]...)
			s := newScript(t, host.CR, answers)
			session := s.session(nil)
			_, _, _, err := through(t.Context(), session)
			if connect := strings.HasPrefix(cmd, "AT#XCONNECT"); connect != (err != nil) && !strings.HasPrefix(cmd, "AT#XRECV") || !session.InStep() {
				t.Errorf("%s: %v, in step %v", cmd, err, session.InStep())
			}
		})
	}
}

// TestDataThatLookLikeAnAnswerAreData: SLM says how many bytes come, and what stands in them is nobody's business.
func TestDataThatLookLikeAnAnswerAreData(t *testing.T) {
	for _, data := range []string{"\r\nOK\r\n", "\r\nERROR\r\n", "#XRECV: 1\r\nx\r\nOK\r\n", "+++", "\n", "\r"} {
		whole := "\r\n+CEREG: 5\r\n\r\n#XRECV: " + fmt.Sprint(len(data)) + "\r\n" + data + "\r\n\r\nOK\r\n"
		for cut := range len(whole) {
			if got := parseRaw([]byte(whole[:cut])); got.ended {
				t.Fatalf("%q is over at %d: %+v", data, cut, got)
			}
		}
		if got := parseRaw([]byte(whole)); !got.ended || got.no || string(got.data) != data {
			t.Errorf("%q: %+v", data, got)
		}
	}
}

// FuzzRaw: whatever bytes come, a datagram is what the header says.
func FuzzRaw(f *testing.F) {
	for _, s := range []string{"\r\n#XRECV: 8\r\n\r\nOK\r\n\r\n\r\nOK\r\n", "\r\n#XRECV: 4\r\np\x00\r\n\r\nOK\r\n", no, "\r\n+CEREG: 5\r\n\r\n#XRECV: 1\r\nx\r\n\r\nOK\r\n", "#XRECV: 9999\r\n", "#XRECV: -1\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := parseRaw(b)
		if len(got.data) > maxReceived || got.no && len(got.data) > 0 || !got.ended && (got.no || got.data != nil) {
			t.Errorf("%+v", got)
		}
		if len(got.data) > 0 && !bytes.Contains(b, got.data) {
			t.Errorf("%q was made up", got.data)
		}
	})
}

// FuzzLines: no line breaks a parser, and what is read is within bounds.
func FuzzLines(f *testing.F) {
	for _, s := range []string{
		"#XSSOCKET: 3,2,273", "#XSSOCKETOPT: 3,0xc02b", "#XSSOCKETOPT: 2", "#XCONNECT: 3,1", "#XSEND: 3,0,4", "#XRECV: 3,1,4", "70001234",
		`+CEREG: 5,1,"76C1","0102DA03",7`, `+CEREG: 2,"76C1","0102DA03",7`, "+CEREG: 2", `#XGETADDRINFO: "192.0.2.1 2001:db8::1"`, "#XDATAMODE: -1",
		`+CEREG: 3,,,,0,15`, `+CEREG: 5,"002F","0012BEEF",7,,,"00000001","00100010"`,
	} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, line string, handle int) {
		for _, d := range []dialect{{handles: true}, {}} {
			_, _ = d.value(handle, line)
			_ = d.connected(handle, line)
			_, _ = d.sent(handle, line)
			if b, err := d.received(handle, []string{line, line}); err == nil && len(b) > maxReceived {
				t.Errorf("%d bytes", len(b))
			}
		}
		if h, err := parseOpened(line); err == nil && (h < 0 || h > maxHandle) {
			t.Errorf("the handle %d", h)
		}
		if r, _, _, ok := parseRegistration(line); ok && (r.Status < 0 || r.Status > 255) {
			t.Errorf("%+v", r)
		}
		_ = isHex(line)
		_ = addresses([]string{line})
		_, _ = dataModeEnd([]byte(line + "\r\n"))
	})
}
