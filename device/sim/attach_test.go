package sim_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.org/sectag/device/sim"
	"example.org/sectag/device/sim/socket"
)

const place = ",\"002F\",\"0012BEEF\",7"

// attaching is nrf91.md, 4.1, and the ways in which it fails.
func attaching() []exchange {
	begin := []step{{"AT+CMEE=1\r", okay}, {"AT%XSIM=1\r", okay}, {"AT+CEREG=5\r", okay}}
	of := func(row string, cfg sim.Config, more ...step) exchange {
		return exchange{row: row, cfg: cfg, steps: append(append([]step{}, begin...), more...)}
	}
	return []exchange{
		of("4.1 at home", sim.Config{},
			step{"AT%XSIM?\r", "%XSIM: 0\r\n" + okay}, step{"AT+COPS?\r", "+COPS: 0\r\n" + okay}, step{"AT%XMONITOR\r", "%XMONITOR: 0\r\n" + okay},
			step{"AT+CFUN=1\r", okay + "%XSIM: 1\r\n+CEREG: 2\r\n+CEREG: 1" + place + "\r\n"},
			step{"AT%XSIM?\r", "%XSIM: 1\r\n" + okay}, step{"AT+COPS?\r", "+COPS: 0,2,\"26201\",7\r\n" + okay},
			step{"AT+CGDCONT?\r", "+CGDCONT: 0,\"IP\",\"iot.sim\",\"10.160.1.82\",0,0\r\n" + okay},
			step{"AT%XMONITOR\r", "%XMONITOR: 1,\"sim\",\"sim\",\"26201\",\"002F\",7,20,\"0012BEEF\",7,6300,62,39,\"\",\"11100000\",\"11100000\"\r\n" + okay},
			step{"AT+COPS=0\r", okay}, step{"AT+COPS=1,2,\"24407\"\r", okay}, step{"AT+COPS=?\r", wrong}, step{"AT+COPS=5\r", wrong},
			step{"AT+CFUN=4\r", okay + "%XSIM: 0\r\n+CEREG: 0\r\n"}, step{"AT+CFUN=41\r", okay + "%XSIM: 1\r\n"}, step{"AT+CPIN?\r", "+CPIN: READY\r\n" + okay},
			step{"AT+CGDCONT?\r", "+CGDCONT: 0,\"IP\",\"iot.sim\",\"\",0,0\r\n" + okay}, step{"AT%XSIM=2\r", wrong}),
		of("4.1 roaming", with(sim.Config{}, "roaming"), step{"AT+CFUN=1\r", okay + "%XSIM: 1\r\n+CEREG: 2\r\n+CEREG: 5" + place + "\r\n"},
			step{"AT+CEREG?\r", "+CEREG: 5,5" + place + "\r\n" + okay}),
		of("4.1 denied", with(sim.Config{}, "denied"), step{"AT+CFUN=1\r", okay + "%XSIM: 1\r\n+CEREG: 2\r\n+CEREG: 3\r\n"},
			step{"AT+CEREG?\r", "+CEREG: 5,3\r\n" + okay}, step{"AT%XMONITOR\r", "%XMONITOR: 3\r\n" + okay}),
		of("4.1 no network", with(sim.Config{}, "no-network"), step{"AT+CFUN=1\r", okay + "%XSIM: 1\r\n+CEREG: 2\r\n"}, step{"AT+CEREG?\r", "+CEREG: 5,2\r\n" + okay}),
		of("4.1 no SIM", with(sim.Config{}, "no-sim"), step{"AT+CPIN?\r", wrong}, step{"AT+CFUN=1\r", okay + "+CEREG: 90\r\n"},
			step{"AT+CPIN?\r", cmeError(10)}, step{"AT%XSIM?\r", "%XSIM: 0,1\r\n" + okay}, step{"AT%XICCID\r", wrong}, step{"AT+CEREG?\r", "+CEREG: 5,90\r\n" + okay}),
	}
}

// A slow network answers when its time has come, to a search that still goes on and to nobody else.
func TestSlowNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := attach(t, newModem(t, with(sim.Config{}, "slow-attach@40")))
		says := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := c.took(); got != want {
				t.Errorf("said %q, not %q", got, want)
			}
		}
		c.send(t, "AT+CEREG=2\r")
		says(okay)
		c.send(t, "AT+CFUN=1\r")
		says(okay + "+CEREG: 2\r\n")
		<-time.After(39 * time.Second)
		says("")
		c.send(t, "AT+CEREG?\r")
		says("+CEREG: 2,2\r\n" + okay)
		<-time.After(2 * time.Second)
		says("+CEREG: 1" + place + "\r\n")
		c.send(t, "AT+CFUN=4\r")
		says(okay + "+CEREG: 0\r\n")
		c.send(t, "AT+CFUN=1\r")
		says(okay + "+CEREG: 2\r\n")
		<-time.After(20 * time.Second)
		c.send(t, "AT+CFUN=4\r")
		says(okay + "+CEREG: 0\r\n")
		c.send(t, "AT+CFUN=1\r")
		says(okay + "+CEREG: 2\r\n")
		<-time.After(30 * time.Second) // the first search would be over
		says("")
		<-time.After(11 * time.Second)
		says("+CEREG: 1" + place + "\r\n")
	})
}

// far is a server that says nothing, and never ends a handshake if it is deaf.
type far struct {
	deaf bool
	end  chan struct{}
}

func (f *far) Dial(ctx context.Context, _ socket.Conf) (socket.Session, error) {
	if f.deaf {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return f, nil
}

func (f *far) Read([]byte) (int, error) {
	<-f.end
	return 0, errors.New("closed")
}

func (f *far) Write(p []byte) (int, error)   { return len(p), nil }
func (f *far) Suite() uint16                 { return 0xc02b }
func (f *far) ConnectionID() (down, up bool) { return false, false }
func (f *far) Close() error {
	select {
	case <-f.end:
	default:
		close(f.end)
	}
	return nil
}

// Sockets live as long as LTE is on, and over the end of a line; the unit can be asked while one waits.
func TestSocketsOfAUnit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &far{end: make(chan struct{})}
		m := newModem(t, sim.Config{Host: "serial-modem", Dialer: server})
		c := attach(t, m)
		asks := func(command, want string) {
			t.Helper()
			c.send(t, command)
			synctest.Wait()
			if got := c.took(); got != want {
				t.Errorf("%q\n got %q\nwant %q", command, got, want)
			}
		}
		asks("", ready)
		asks("AT%CMNG=0,42,3,\"00ff\"\r", smOK)
		asks("AT%CMNG=0,42,4,\"unit-1\"\r", smOK)
		asks("AT#XSSOCKET=1,2,0,42\r", "\r\n#XSSOCKET: 0,2,273\r\n"+smOK)
		asks("AT\r", smOK)
		asks("AT#XCONNECT=0,\"192.0.2.1\",5684\r", smErr) // not registered
		asks("AT+CFUN=1\r", smOK)
		asks("AT#XCONNECT=0,\"192.0.2.1\",5684\r", "\r\n#XCONNECT: 0,1\r\n"+smOK)
		asks("AT#XAPOLL=0,1,4\r", smOK+"\r\n#XAPOLL: 0,4\r\n")
		asks("AT#XRECV=0,1,0,60\r", "")
		if n := len(m.State().Slots); n != 2 {
			t.Errorf("%d slots while a receive waits", n)
		}
		c.line.Close() // ends the receive
		synctest.Wait()
		c = attach(t, m)
		asks("AT#XSSOCKETOPT=0,0,4\r", "\r\n#XSSOCKETOPT: 0,0xc02b\r\n"+smOK)
		asks("AT#XSEND=0,2,0\r", smOK)
		asks("\x40+\x00++", "")
		asks("+++", "\r\n#XDATAMODE: 0\r\n")
		asks("AT+CFUN=20\r", smOK)
		select {
		case <-server.end:
		default:
			t.Error("the socket is open with LTE off")
		}
		asks("AT#XSSOCKETOPT=0,0,4\r", smErr)
		asks("AT#XNOPE=1\r", smErr)
		asks("AT#XSSOCKET=1,2,0,42\r", "\r\n#XSSOCKET: 0,2,273\r\n"+smOK)
		asks("AT+CFUN=1\r", smOK)
		server.deaf = true
		c.send(t, "AT#XCONNECT=0,\"192.0.2.1\",5684\r")
		<-time.After(122 * time.Second)
		if got := c.took(); got != "" {
			t.Errorf("a handshake that does not end: %q", got)
		}
		<-time.After(2 * time.Second)
		asks("AT\r", smErr+smOK)
	})
}

func TestOtherHostsHaveNoSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := attach(t, newModem(t, sim.Config{Dialer: &far{}}))
		for _, command := range []string{"AT#XSSOCKET=1,2,0,42\r", "AT#XCLOSE\r", "AT#XSMVER\r", "AT#XGETADDRINFO=\"x\"\r"} {
			c.wants(t, command, wrong)
		}
	})
}
