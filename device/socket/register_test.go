package socket

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/host"
)

func TestRegistrationsAreRead(t *testing.T) {
	for line, want := range map[string]struct {
		r     Registration
		asked bool
		mode  int
	}{
		"+CEREG: 2":                     {Registration{Status: 2}, false, 0},
		`+CEREG: 2,"76C1","0102DA03",7`: {Registration{2, 7}, false, 0},
		`+CEREG: 5,"002F","0012BEEF",7,,,"00000001","00100010"`: {Registration{5, 7}, false, 0},
		`+CEREG: 3,,,,0,15`:               {Registration{Status: 3}, false, 0},
		`+CEREG: 90`:                      {Registration{Status: 90}, false, 0},
		`+CEREG: 0,1`:                     {Registration{Status: 1}, true, 0},
		`+CEREG: 5,1,"002F","0012BEEF",9`: {Registration{1, 9}, true, 5},
		`+CEREG: 5,5,"002F","0012BEEF",7,,,"00000001","00100010"`: {Registration{5, 7}, true, 5},
	} {
		r, asked, mode, ok := parseRegistration(line)
		if !ok || r != want.r || asked != want.asked || mode != want.mode {
			t.Errorf("%s: %+v, %v, %d, %v", line, r, asked, mode, ok)
		}
	}
	for _, line := range []string{"", "+CEREG:", "+CEREG: x", "+CEREG: 999", "+CREG: 1", "OK"} {
		if r, _, _, ok := parseRegistration(line); ok {
			t.Errorf("%q is %+v", line, r)
		}
	}
}

// TestTheWayOntoTheNetworkIsTold: states come unasked, in the middle of answers, and by asking.
func TestTheWayOntoTheNetworkIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, host.CR, map[string][]string{
			"AT+CEREG?": {ok("+CEREG: 5,0"), ok("+CEREG: 2", "+CEREG: 5,2"), ok(`+CEREG: 5,5,"002F","0012BEEF",7`)},
			"AT+CPIN?":  {no, ok("+CPIN: READY")},
		})
		ear := NewEar()
		session := s.session(ear)
		var told []string
		go func() { s.out <- "\r\n+CEREG: 2,\"76C1\",\"0102DA03\",7\r\n" }()
		r, err := Await(t.Context(), session, ear, time.Minute, func(l string) { told = append(told, l) })
		if err != nil || !r.In() || r.Network() != "roaming" || r.Technology() != "LTE-M" {
			t.Errorf("%+v, %v", r, err)
		}
		if want := []string{"network: not searching", "network: searching", "network: registered, roaming (LTE-M)"}; !slices.Equal(told, want) {
			t.Errorf("told %q", told)
		}
	})
}

func TestWhyAModemDoesNotGetIn(t *testing.T) {
	for name, c := range map[string]struct {
		cereg, cpin string
		code, text  string
		within      time.Duration
	}{
		"searching for ever": {ok("+CEREG: 5,2"), ok("+CPIN: READY"), "modem.no-network", "searching", time.Minute},
		"denied for ever":    {ok("+CEREG: 5,3"), ok("+CPIN: READY"), "modem.no-network", "denied", time.Minute},
		"no SIM":             {ok("+CEREG: 5,0"), "\r\n+CME ERROR: 13\r\n", "modem.sim", "CME 13", 30 * time.Second},
		"a SIM with a PIN":   {ok("+CEREG: 5,0"), ok(`+CPIN: "SIM PIN"`), "modem.sim", "SIM PIN", time.Second},
		"a SIM that failed":  {ok("+CEREG: 5,90"), no, "modem.sim", "failed", time.Second},
		"no such command":    {no, no, "modem.socket", "AT+CEREG?", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, host.CR, map[string][]string{"AT+CEREG?": {c.cereg}, "AT+CPIN?": {c.cpin}})
				ear := NewEar()
				began := time.Now()
				_, err := Await(t.Context(), s.session(ear), ear, time.Minute, func(string) {})
				wantCode(t, err, c.code)
				if f := cred.AsFault(err); !strings.Contains(f.Text, c.text) {
					t.Errorf("the text is %q", f.Text)
				}
				if took := time.Since(began); took > c.within+time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func TestTheWaitCanBeStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, host.CR, map[string][]string{"AT+CEREG?": {ok("+CEREG: 5,2")}, "AT+CPIN?": {ok("+CPIN: READY")}})
		ear := NewEar()
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		session := s.session(ear)
		_, err := Await(ctx, session, ear, time.Minute, func(string) {})
		wantCode(t, err, "line.stopped")
		if !session.InStep() {
			t.Error("the line is out of step")
		}
	})
}

func TestASubscriptionIsPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, host.CR, map[string][]string{"AT+CEREG?": {ok("+CEREG: 1,0")}, "AT+CEREG=": {no, ok()}})
		session := s.session(nil)
		was, err := Subscribe(t.Context(), session)
		if err != nil || was != 1 {
			t.Errorf("%d, %v", was, err)
		}
		if err := Resubscribe(t.Context(), session, was); err != nil {
			t.Error(err)
		}
		if got := s.said(); !slices.Equal(got, []string{"AT+CEREG?", "AT+CEREG=5", "AT+CEREG=5", "AT+CEREG=1"}) {
			t.Errorf("sent %q", got)
		}
	})
}
