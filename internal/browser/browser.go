// Package browser lets tests look at a page in a real Chromium without a window, through the two pipes of its DevTools: what it would
// print on its console, what it would fetch, how wide it gets, how it prints. Only tests import it. A machine without Chromium fails
// the test: the README names the Debian package. The browser reaches nothing but the file that it is given, and dies with the test.
package browser

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// limit is the longest that the browser may take to answer; it takes milliseconds, and seconds to start on a machine that is busy.
const limit = 60 * time.Second

// Browser is one that runs. One goroutine uses it and its pages.
type Browser struct {
	out    io.Writer
	lines  chan message
	id     int
	events []message
}

// Page is one open page.
type Page struct {
	t       testing.TB
	b       *Browser
	session string
}

type message struct {
	ID     int             `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
	Session string `json:"sessionId,omitempty"`
}

// flags keep the browser from asking the network for anything of its own.
var flags = []string{
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
	"--disable-sync", "--disable-dev-shm-usage", "--disable-extensions", "--disable-default-apps", "--remote-debugging-pipe", "--hide-scrollbars",
}

// Start starts a browser, which ends with the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("chromium is needed: apt-get install chromium (%v)", err)
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append(flags, "--user-data-dir="+t.TempDir())...)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // its descriptors 3, what it is told, and 4, what it says
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	b := &Browser{out: in, lines: make(chan message, 1024)}
	go read(out, b.lines)
	t.Cleanup(func() {
		(&Page{t: t, b: b}).call("Browser.close", nil, nil)
		_, _ = cmd.Process.Wait()
		endGroup(cmd) // its helpers write into the folder that is removed next
		_, _ = in.Close(), out.Close()
	})
	return b
}

// Open opens the file in a window of this width in pixels. It is loaded when the call returns.
func (b *Browser) Open(t testing.TB, file string, width int) *Page {
	t.Helper()
	p := &Page{t: t, b: b}
	var target struct {
		ID string `json:"targetId"`
	}
	p.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		Session string `json:"sessionId"`
	}
	p.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	p.session = attached.Session
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.call(domain+".enable", nil, nil)
	}
	p.Width(width)
	p.call("Page.navigate", map[string]any{"url": "file://" + file}, nil)
	p.until("Page.loadEventFired")
	return p
}

// read takes messages apart, which end with a zero byte each.
func read(from io.Reader, to chan<- message) {
	defer close(to)
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) == nil {
			to <- m
		}
	}
}

// call asks the browser and waits for its answer; what it says in the meantime is kept.
func (p *Page) call(method string, params map[string]any, result any) {
	p.t.Helper()
	p.b.id++
	id := p.b.id
	ask := map[string]any{"id": id, "method": method}
	if params != nil {
		ask["params"] = params
	}
	if p.session != "" {
		ask["sessionId"] = p.session
	}
	text, err := json.Marshal(ask)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.b.out.Write(append(text, 0)); err != nil {
		p.t.Fatalf("%s: %v", method, err)
	}
	m := p.next(func(m message) bool { return m.ID == id }, method)
	if m.Error != nil {
		p.t.Fatalf("%s: %s", method, m.Error.Message)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			p.t.Fatalf("%s: %v", method, err)
		}
	}
}

// until waits for an event.
func (p *Page) until(method string) {
	p.t.Helper()
	p.next(func(m message) bool { return m.Method == method && m.Session == p.session }, method)
}

func (p *Page) next(is func(message) bool, what string) message {
	p.t.Helper()
	late := time.NewTimer(limit)
	defer late.Stop()
	for {
		select {
		case m, open := <-p.b.lines:
			if !open {
				p.t.Fatalf("%s: chromium is gone", what)
			}
			p.b.events = append(p.b.events, m)
			if is(m) {
				return m
			}
		case <-late.C:
			p.t.Fatalf("%s: chromium does not answer", what)
		}
	}
}

// Width sets the width of the window.
func (p *Page) Width(pixels int) {
	p.t.Helper()
	p.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// Eval runs an expression in the page and puts its value, which must be JSON, into result. A promise is waited for.
func (p *Page) Eval(expression string, result any) {
	p.t.Helper()
	var got struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	p.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &got)
	if got.Exception != nil {
		p.t.Fatalf("%s: %s %s", expression, got.Exception.Text, got.Exception.Exception.Description)
	}
	if result != nil {
		if err := json.Unmarshal(got.Result.Value, result); err != nil {
			p.t.Fatalf("%s gave %s: %v", expression, got.Result.Value, err)
		}
	}
}

// PDF is the page as it prints.
func (p *Page) PDF() []byte {
	p.t.Helper()
	return p.bytes("Page.printToPDF", map[string]any{"preferCSSPageSize": true, "printBackground": true})
}

func (p *Page) bytes(method string, params map[string]any) []byte {
	p.t.Helper()
	var got struct {
		Data string `json:"data"`
	}
	p.call(method, params, &got)
	b, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// Complaints are what the console, the log and exceptions said until now, refusals of the page's own security policy among them.
func (p *Page) Complaints() (out []string) {
	p.t.Helper()
	p.Eval("0", nil) // what was said before this answer is here
	for _, m := range p.b.events {
		if m.Session != p.session {
			continue
		}
		switch m.Method {
		case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
			out = append(out, fmt.Sprintf("%s %s", m.Method, m.Params))
		}
	}
	return out
}

// Requests are the addresses that the page asked for until now, its own among them.
func (p *Page) Requests() (out []string) {
	p.t.Helper()
	p.Eval("0", nil)
	for _, m := range p.b.events {
		if m.Session != p.session || m.Method != "Network.requestWillBeSent" {
			continue
		}
		var r struct {
			Request struct {
				URL string `json:"url"`
			} `json:"request"`
		}
		if err := json.Unmarshal(m.Params, &r); err != nil {
			p.t.Fatal(err)
		}
		out = append(out, r.Request.URL)
	}
	return out
}

// Print lays the page out as on paper, so many pixels wide (96 an inch).
func (p *Page) Print(pixels int) {
	p.t.Helper()
	p.Width(pixels)
	p.call("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil)
}
