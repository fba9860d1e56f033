package ask

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/endpoint/coap"
)

// fake is a unit with a Serial Modem whose server is a function: a modem by its script, for what the virtual one cannot be made to say.
type fake struct {
	t    *testing.T
	says map[string]string           // a command or what it begins with, and its answer; before what follows
	far  func(m coap.Message) []byte // what the server answers to a datagram
	hook func(cmd string)            // told each command
	data []string                    // datagrams that wait, in hex
	mode string                      // functional mode
	subs string                      // +CEREG

	r    *io.PipeReader
	w    *io.PipeWriter
	out  chan string
	mu   sync.Mutex
	buf  string
	sent []string
	once sync.Once
	done chan struct{}
}

const fakeIMEI = cred.IMEI(352656100367872)

var digest = strings.Repeat("A1", 32)

func newFake(t *testing.T) *fake {
	f := &fake{t: t, mode: "4", subs: "0", says: map[string]string{}, far: lwm2mServer, out: make(chan string, 64), done: make(chan struct{})}
	f.r, f.w = io.Pipe()
	go func() {
		for {
			select {
			case b := <-f.out:
				if _, err := f.w.Write([]byte(b)); err != nil {
					return
				}
			case <-f.done:
				return
			}
		}
	}()
	return f
}

func okay(lines ...string) string {
	out := ""
	for _, l := range lines {
		out += "\r\n" + l + "\r\n"
	}
	return out + "\r\nOK\r\n"
}

const refusal = "\r\nERROR\r\n"

func (f *fake) dialer() device.Dialer {
	return device.Dialer{Sim: func(context.Context, string) (io.ReadWriteCloser, error) { return f, nil }}
}

func (f *fake) say(text string) {
	select {
	case f.out <- text:
	case <-f.done:
	}
}

func (f *fake) Read(p []byte) (int, error) { return f.r.Read(p) }

func (f *fake) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.done:
		return 0, errors.New("closed")
	default:
	}
	f.buf += string(p)
	for {
		cmd, rest, found := strings.Cut(f.buf, "\r")
		if !found {
			return len(p), nil
		}
		f.buf = rest
		f.sent = append(f.sent, cmd)
		if f.hook != nil {
			f.hook(cmd)
		}
		if a := f.answer(cmd); a != "" {
			f.out <- a
		}
	}
}

func (f *fake) Close() error {
	f.once.Do(func() {
		close(f.done)
		_ = f.r.CloseWithError(io.ErrClosedPipe)
	})
	return nil
}

// commands are those that were sent from one on.
func (f *fake) commands(from string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, c := range f.sent {
		if c == from {
			return append([]string(nil), f.sent[i:]...)
		}
	}
	return append([]string(nil), f.sent...)
}

func (f *fake) answer(cmd string) string {
	for k, v := range f.says {
		if strings.HasPrefix(cmd, k) {
			return v
		}
	}
	if a := f.socket(cmd); a != "" {
		return a
	}
	name, value, _ := strings.Cut(cmd, "=")
	switch {
	case cmd == "AT", name == "AT+CMEE":
		return okay()
	case cmd == "AT+CMEE?":
		return okay("+CMEE: 1")
	case cmd == "AT#XSMVER":
		return okay(`#XSMVER: "v2.0.0","3.4.0"`)
	case cmd == "AT+CGSN=1":
		return okay(`+CGSN: "` + fakeIMEI.String() + `"`)
	case cmd == "AT+CGSN=3":
		return okay(`+CGSN: "01"`)
	case cmd == "AT+CGMM":
		return okay("nRF9151-LACA")
	case cmd == "AT+CGMR":
		return okay("mfw_nrf91x1_2.0.3")
	case cmd == "AT%HWVERSION":
		return okay("%HWVERSION: nRF9151 LACA A1A")
	case cmd == "AT+CFUN?":
		return okay("+CFUN: " + f.mode)
	case name == "AT+CFUN":
		f.mode = value
		return okay()
	case cmd == "AT+CPIN?":
		return okay("+CPIN: READY")
	case cmd == "AT+CEREG?" && f.mode == "1":
		return okay("+CEREG: " + f.subs + `,5,"002F","0012BEEF",7`)
	case cmd == "AT+CEREG?":
		return okay("+CEREG: " + f.subs + ",0")
	case name == "AT+CEREG":
		f.subs = value
		return okay()
	case cmd == "AT%CMNG=1,42":
		return okay(`%CMNG: 42,0,"`+digest+`"`, `%CMNG: 42,1,"`+digest+`"`, `%CMNG: 42,2,"`+digest+`"`)
	}
	return refusal
}

// socket is the part of the sockets.
func (f *fake) socket(cmd string) string {
	name, value, _ := strings.Cut(cmd, "=")
	switch name {
	case "AT#XCLOSE":
		return okay()
	case "AT#XSSOCKET":
		return okay("#XSSOCKET: 0,2,273")
	case "AT#XSSOCKETOPT":
		switch value {
		case "0,0,4":
			return okay("#XSSOCKETOPT: 0,0xc02b")
		case "0,0,15":
			return okay("#XSSOCKETOPT: 0,2")
		}
		return okay()
	case "AT#XCONNECT":
		return okay("#XCONNECT: 0,1")
	case "AT#XGETADDRINFO":
		return okay(`#XGETADDRINFO: "192.0.2.7"`)
	case "AT#XSEND":
		raw, err := hex.DecodeString(strings.Trim(strings.TrimPrefix(value, "0,1,0,"), `"`))
		m, perr := coap.Parse(raw)
		if err != nil || perr != nil {
			f.t.Errorf("what was sent is no CoAP: %q", cmd)
			return refusal
		}
		if b := f.far(m); b != nil {
			f.data = append(f.data, hex.EncodeToString(b))
		}
		return okay("#XSEND: 0,0," + strconv.Itoa(len(raw)))
	case "AT#XRECV":
		if len(f.data) == 0 { // ERROR when its time is over
			seconds, _ := strconv.Atoi(strings.Split(value, ",")[3])
			time.AfterFunc(time.Duration(seconds)*time.Second, func() { f.say(refusal) })
			return "\r\n"
		}
		d := f.data[0]
		f.data = f.data[1:]
		return okay("#XRECV: 0,1," + strconv.Itoa(len(d)/2) + "\r\n" + d)
	}
	return ""
}

// lwm2mServer lets everybody in.
func lwm2mServer(m coap.Message) []byte {
	out := coap.Message{Type: coap.Acknowledgement, ID: m.ID, Token: m.Token}
	switch {
	case m.Code == coap.Empty:
		out.Type = coap.Reset
	case m.Code == coap.POST && m.Path() == "rd":
		out.Code = coap.Created
		out.Add(coap.LocationPath, "rd", "7")
	case m.Code == coap.POST:
		out.Code = coap.Changed
	case m.Code == coap.DELETE:
		out.Code = coap.Deleted
	}
	raw, _ := out.Marshal()
	return raw
}
