package walk

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/tui/form"
	"example.org/sectag/tui/paint"
)

func typeName(v any) string { return reflect.TypeOf(v).Name() }

// picture is one state of a real run, as the docs show it.
type picture struct {
	name, title, text string
	run               func(t *testing.T) *run
}

// settled is a station with a profile that settles everything.
var settled = flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true, Profile: true}

// sharedTerms are those of a profile whose units get a pre-shared key.
var sharedTerms = flows.Terms{Port: true, Endpoint: true, Ledger: true, Profile: true, PSK: true}

// toThePlan goes from the start to the shown plan.
func toThePlan(t *testing.T, terms flows.Terms, w world) *run {
	return newRun(t, terms, w).settle().press("open sesame", enter).settle().press(enter).settle()
}

// throughTheWork goes on to the end of the run.
func throughTheWork(t *testing.T, terms flows.Terms, w world) *run {
	return toThePlan(t, terms, w).press(enter).settle()
}

// pictures are the states that the docs show, in the order of the job.
var pictures = []picture{
	{"authority", "Authority", "Nothing is configured: the first question is who signs the units.", func(t *testing.T) *run {
		return newRun(t, flows.Terms{}, blank(t)).settle()
	}},
	{"files", "A list of files", "`ctrl+o` at a field that names a file lists the folder; letters narrow it.", func(t *testing.T) *run {
		return listing(t).press(ctrlO, form.Key{Name: form.Down})
	}},
	{"authority-create", "Authority, a new one", "`c` asks for a folder, a subject and a passphrase.", func(t *testing.T) *run {
		return newRun(t, flows.Terms{}, blank(t)).settle().press("c")
	}},
	{"authority-unlock", "Authority, locked", "The passphrase is masked and goes straight to the bench's memory.", func(t *testing.T) *run {
		return newRun(t, settled, blank(t)).settle().press("open")
	}},
	{"authority-refused", "Authority, wrong passphrase", "A failure has a code and says what to do next; the question is asked again.", func(t *testing.T) *run {
		return newRun(t, settled, blank(t)).settle().press("wrong", enter).
			fail("ca.passphrase", "the passphrase does not open root.key", "type it again; caps lock?")
	}},
	{"port", "Port", "Ports are listed with what is known of them; any other can be typed. The last one is offered first.", func(t *testing.T) *run {
		return newRun(t, flows.Terms{Authority: true}, blank(t)).settle().press("open sesame", enter).settle()
	}},
	{"unit", "Unit", "Who is at the port: compare the IMEI with the label.", func(t *testing.T) *run {
		return newRun(t, settled, blank(t)).settle().press("open sesame", enter).settle()
	}},
	{"credentials-plan", "Credentials, the plan before the deed", "Nothing of it is lost: the slots are empty.", func(t *testing.T) *run {
		return toThePlan(t, settled, blank(t))
	}},
	{"credentials-destroy", "Credentials of a returned unit", "What cannot be brought back is said, and the unit is named by its last four digits.", func(t *testing.T) *run {
		return toThePlan(t, settled, returned(t)).press("78")
	}},
	{"credentials-anchor", "Credentials without a trust anchor", "`a` leads to the endpoint screen, which fetches the server's root.", func(t *testing.T) *run {
		return toThePlan(t, flows.Terms{Authority: true, Port: true, Ledger: true}, blank(t))
	}},
	{"credentials-slot", "One slot by hand", "The same plan, confirmation and read-back, for a single slot.", func(t *testing.T) *run {
		return toThePlan(t, settled, returned(t)).press(esc27, "w", "42", enter, "client-cert")
	}},
	{"credentials-work", "Credentials, at work", "Bytes move; each slot is read back after it was written.", func(t *testing.T) *run {
		r := toThePlan(t, settled, blank(t)).press(enter).settle(flows.Write{})
		r.answer(r.world.answer(t, r.pending[0], r.story.Facts))
		r.settle(flows.Write{})
		return r.update(progressMsg{ID: r.pending[0].Of(), Sent: 412, Total: 594, BytesOut: 1843, BytesIn: 402, Line: 2100 * time.Millisecond})
	}},
	{"credentials-made", "Credentials, a key made in the modem", "The key comes before its certificate, which is signed for it when it is there.", func(t *testing.T) *run {
		return toThePlan(t, settled, making(t)).press("7872", enter).settle(flows.Write{})
	}},
	{"fail-key", "A key without a certificate", "The modem made its key and the line lost what it said of it. A retry deletes that key and has another one made.", func(t *testing.T) *run {
		r := toThePlan(t, settled, making(t)).press("7872", enter).settle(flows.MakeKey{})
		r.fail("keygen.csr-lost", "a key was made in sec_tag 42, client-key and its certificate request was lost", "retry: the key, which nobody can use, is deleted and another one made")
		r.settle()
		return r.press("4")
	}},
	{"connection-twin", "Connection, with the key in the modem", "This computer shows a twin of the certificate, which lives for minutes.", func(t *testing.T) *run {
		return toThePlan(t, settled, making(t)).press("7872", enter).settle().press(form.Key{Name: form.Left})
	}},
	{"credentials-waiting", "Waiting", "From two seconds on the screen says what is waited for, and until when.", func(t *testing.T) *run {
		r := toThePlan(t, settled, blank(t)).press(enter).settle(flows.Delete{}, flows.Write{})
		return r.update(tickMsg(noon.Add(3*time.Second)), progressMsg{ID: r.pending[0].Of(), Waiting: "OK to AT%CMNG", Until: noon.Add(5 * time.Second)})
	}},
	{"endpoint", "Endpoint", "The server as the modem sees it. A root that is seen for the first time is compared with the server's owner.", func(t *testing.T) *run {
		return toThePlan(t, flows.Terms{Authority: true, Port: true, Ledger: true}, blank(t)).
			press("a", "u", "lwm2m.acme.eu", enter).settle()
	}},
	{"endpoint-configured", "Endpoint, not looked at", "A configured anchor is said to be one; `esc` leads back to the plan that waits.", func(t *testing.T) *run {
		return toThePlan(t, settled, blank(t)).press("5")
	}},
	{"endpoint-stored", "Endpoint, the root compared", "Once a person has compared it, it is no longer called unproven.", func(t *testing.T) *run {
		w := blank(t)
		return toThePlan(t, flows.Terms{Authority: true, Port: true, Ledger: true}, w).
			press("a", "u", "lwm2m.acme.eu", enter).settle().press(w.probe.Anchor.DER.Last8(), enter).settle().press("5")
	}},
	{"endpoint-incomplete", "Endpoint, a server that sends too little", "`f` takes the root from a file that the server's owner gave.", func(t *testing.T) *run {
		w := blank(t)
		w.probe.Verdict, w.probe.Anchor, w.probe.Chain, w.probe.ChainBytes = cred.Fail, nil, w.probe.Chain[:1], 571
		w.probe.Findings = []cred.Finding{{
			Code: "chain.incomplete", Severity: cred.Error,
			Text: "the chain ends at lwm2m.acme.eu: its issuer Acme Issuing was not sent and could not be found",
			Hint: "have the server send its intermediates, or give the root that you have from the server's owner with --roots",
		}}
		return toThePlan(t, flows.Terms{Authority: true, Port: true, Ledger: true}, w).press("a", "u", "lwm2m.acme.eu", enter).settle()
	}},
	{"endpoint-file", "Endpoint, a root from a file", "The root that the server's owner gave is loaded instead.", func(t *testing.T) *run {
		return toThePlan(t, flows.Terms{Authority: true, Port: true, Ledger: true}, blank(t)).press("a", "f", "owner-root.pem")
	}},
	{"connection", "Connection", "The handshake with the unit's own certificate and key, flight by flight.", func(t *testing.T) *run {
		r := toThePlan(t, settled, blank(t)).press(enter).settle(flows.ConnectServer{})
		return r.update(progressMsg{ID: r.pending[0].Of(), Flight: "<- server hello, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"})
	}},
	{"connection-done", "Connection, looked at afterwards", "`←` and `→` turn to the other screens.", func(t *testing.T) *run {
		r := throughTheWork(t, settled, blank(t)).press(form.Key{Name: form.Left})
		if r.m.Screen() != flows.ConnectionScreen {
			t.Errorf("left leads to screen %d", r.m.Screen())
		}
		return r
	}},
	{"pass", "The verdict: pass", "It can be read from two metres.", func(t *testing.T) *run {
		return throughTheWork(t, settled, blank(t))
	}},
	{"pass-twin", "The verdict, with the key in the modem", "A twin of the certificate met the server. The unit's own key, which stays in its modem, did not.", func(t *testing.T) *run {
		return toThePlan(t, settled, making(t)).press("7872", enter).settle()
	}},
	{"pass-written", "The verdict without a server", "All slots read back; no server was named, so the connection was not tested.", func(t *testing.T) *run {
		return throughTheWork(t, flows.Terms{Authority: true, Port: true, Anchor: true, Ledger: true, Profile: true}, blank(t))
	}},
	{"deleted", "One slot deleted by hand", "Work by hand proves nothing of the unit: no PASS, and what it can no longer do is said.", func(t *testing.T) *run {
		return toThePlan(t, settled, returned(t)).press(esc27, "x", "42", enter, "client-key", enter).settle().press("7872", enter).settle()
	}},
	{"written", "One slot written by hand", "The slot was read back; that is all.", func(t *testing.T) *run {
		return toThePlan(t, settled, returned(t)).press(esc27, "w", "42", enter, "client-cert", enter, "unit.crt", enter).settle().press("7872", enter).settle()
	}},
	{"warn", "The verdict: warn", "A pass with warnings says so.", func(t *testing.T) *run {
		w := blank(t)
		w.outcome, w.connect.ClientAuth = flows.Warned, "not-asked"
		w.connect.Findings = []cred.Finding{{Code: "dtls.no-client-auth", Severity: cred.Warning, Text: "the server never asked for our certificate: it lets anyone in", Hint: "turn client authentication on; this run says nothing about the unit"}}
		return throughTheWork(t, settled, w)
	}},
	{"fail-server", "The verdict: fail, at the server", "Why, what to do, and what each slot now holds.", func(t *testing.T) *run {
		return throughTheWork(t, settled, refusing(blank(t)))
	}},
	{"fail-slot", "The verdict: fail, in a slot", "What is read back decides, not the modem's OK.", func(t *testing.T) *run {
		w := blank(t)
		w.damaged = true
		return throughTheWork(t, settled, w)
	}},
	{"fail-port", "Nobody answers", "Before anything was touched: no verdict, a hint and a retry.", func(t *testing.T) *run {
		return newRun(t, settled, blank(t)).settle().press("open sesame", enter).settle(flows.Identify{}).
			fail("line.no-answer", "nothing answers AT on /dev/ttyACM0", "is the board powered, and is this the modem's port? sectag ports lists them")
	}},
	{"psk-plan", "Credentials, a pre-shared key", "No authority and no root is needed: the work begins at the port.", func(t *testing.T) *run {
		return newRun(t, sharedTerms, sharing(t)).settle().press(enter).settle()
	}},
	{"psk-unknown", "Connection, a key that the server does not know", "The ledger can give the new key to the server; `r` then tries it again.", func(t *testing.T) *run {
		w := sharing(t)
		w.outcome = flows.FailedOutcome
		w.connect = flows.ConnectFacts{Verdict: cred.Fail, Path: "host", Version: "DTLS 1.2", Failure: cred.Failed("dtls.began-silent",
			"the server fell silent after the unit showed its pre-shared key",
			"the key is new: open it with sectag ledger psk --imei 352656100367872, tell it to the server, and retry at the screens; credential refused or unknown")}
		return newRun(t, sharedTerms, w).settle().press(enter).settle().press(enter).settle().press("6")
	}},
	{"psk-done", "Connection with a pre-shared key", "Both sides have the same key, or there is no session.", func(t *testing.T) *run {
		return newRun(t, sharedTerms, sharing(t)).settle().press(enter).settle().press(enter).settle().press("6")
	}},
	{"save-profile", "Record, without a profile", "What was settled by hand can be kept for the next unit.", func(t *testing.T) *run {
		return throughTheWork(t, flows.Terms{Authority: true, Port: true, Anchor: true, Ledger: true}, blank(t)).press("s")
	}},
	{"transcript", "The AT transcript", "`t` on any screen. Content of credentials is masked.", func(t *testing.T) *run {
		r := toThePlan(t, settled, returned(t))
		at := noon
		for _, l := range []string{">AT%CMNG=1,42", "<%CMNG: 42,0,\"" + strings.ToUpper(r.world.slots[0].SHA256.String()) + "\"", "<OK", ">AT%CMNG=0,42,2,\"<241 bytes>\"", "<OK"} {
			at = at.Add(7 * time.Millisecond)
			r.update(traceMsg{At: at, Out: l[0] == '>', Text: l[1:]})
		}
		return r.press("t")
	}},
	{"connection-failed", "Connection, where it stopped", "Step by step until the server refused, and with which alert.", func(t *testing.T) *run {
		return throughTheWork(t, settled, refusing(blank(t))).press("6")
	}},
	{"endpoint-suites", "Endpoint, suites of server and modem", "`page down` on the endpoint's screen: what the modem does not have, and why.", func(t *testing.T) *run {
		return toThePlan(t, flows.Terms{Authority: true, Port: true, Ledger: true}, blank(t)).
			press("a", "u", "lwm2m.acme.eu", enter).settle().press(esc27, form.Key{Name: form.PageDown})
	}},
	{"explain", "A failure explained", "`e` on any screen with a code: what docs/codes.md says of it.", func(t *testing.T) *run {
		r := throughTheWork(t, settled, refusing(blank(t)))
		r.root.explain = explained
		return r.press("e")
	}},
	{"lab-console", "The lab's console", "`:` in the lab. What a refusal means stands under it; tab completes what is known.", func(t *testing.T) *run {
		return askedInVain(atTheConsole(t)).press("at+cg")
	}},
	{"lab-held", "A command that changes the unit", "Nothing is sent before the last four digits of the IMEI were typed.", func(t *testing.T) *run {
		return held(atTheConsole(t)).press("78")
	}},
	{"lab-refused", "A command that carries a secret", "It is not sent, and where to write it instead is said.", func(t *testing.T) *run {
		return withContent(atTheConsole(t))
	}},
	{"lab-search", "Search in the transcript", "`/` looks for something, `n` and `N` go to the line before and after; hits are in reverse.", func(t *testing.T) *run {
		return askedInVain(atTheConsole(t)).press(esc27, "/", "cme", enter)
	}},
	{"digests", "All digests in full", "`d` on any screen.", func(t *testing.T) *run { return toThePlan(t, settled, returned(t)).press("d") }},
	{"help", "Help", "`?` on any screen: its keys now, and those of every screen.", func(t *testing.T) *run { return toThePlan(t, settled, blank(t)).press("?") }},
}

// frame draws a run's state in a window.
func (r *run) frame(p paint.Palette, w, h int) string {
	r.root.palette, r.root.sight.w, r.root.sight.h = p, w, h
	return r.root.View()
}

// visible makes escape bytes readable in a golden file.
func visible(s string) string {
	return strings.NewReplacer("\x1b[0m", "⟧", "\x1b[", "⟦").Replace(s)
}

// TestGoldenFrames compares each picture at three sizes, with colours, without, and in ASCII. Run with -update to write them anew.
func TestGoldenFrames(t *testing.T) {
	for _, p := range slices.Concat(pictures, servicePictures) {
		t.Run(p.name, func(t *testing.T) {
			r := p.run(t)
			var b strings.Builder
			bare := paint.Palette{Bare: true}
			for _, f := range []struct {
				name    string
				palette paint.Palette
				w, h    int
			}{
				{"40x12", bare, 40, 12},
				{"200x60", bare, 200, 60},
				{"80x24, colours", paint.Palette{}, 80, 24},
				{"80x24, NO_COLOR", paint.Palette{Mono: true}, 80, 24},
				{"80x24, ASCII", paint.Palette{Bare: true, ASCII: true}, 80, 24},
			} {
				fmt.Fprintf(&b, "=== %s\n%s\n", f.name, visible(r.frame(f.palette, f.w, f.h)))
			}
			golden(t, filepath.Join("testdata", "frames", p.name+".txt"), b.String())
		})
	}
}

// drawn is what every page of pictures says of itself.
const drawn = "These pictures are drawn by the program itself, at 80x24, from runs of its real machines; " +
	"`make golden` writes them anew\nand a test fails when they are stale. "

// TestPicturesInDocs keeps the pictures in docs as the program draws them.
func TestPicturesInDocs(t *testing.T) {
	book(t, "walk", "screens.md", "# The screens\n\n"+drawn+"The stepper on the left says where you are: ● done, ▸ here, ○ to come, – not needed, ✗ failed\n"+
		"(`--ascii`: `*`, `>`, `.`, `-`, `x`). What may be done now stands at the bottom; `?` says more.\n", pictures)
	book(t, "service", "screens-service.md", "# The screens: a returned unit\n\n"+drawn+"The way in is `sectag --way service`, or `v` on the start screen.\n", servicePictures)
}

// book keeps one page and its folder of pictures.
func book(t *testing.T, folder, name, intro string, pictures []picture) {
	t.Helper()
	var page strings.Builder
	page.WriteString(intro)
	folder = filepath.Join("..", "..", "docs", "screens", folder)
	for _, p := range pictures {
		view := p.run(t).frame(paint.Palette{Bare: true}, 80, 24) + "\n"
		golden(t, filepath.Join(folder, p.name+".txt"), view)
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n```text\n%s```\n", p.title, p.text, view)
	}
	golden(t, filepath.Join("..", "..", "docs", name), page.String())
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) != len(pictures) {
		t.Errorf("%s holds %d pictures, there are %d: %v", folder, len(files), len(pictures), err)
	}
}

// golden compares a text with a file, or writes it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); d != "" {
		t.Errorf("%s is stale, make golden writes it anew (-it +the program):\n%s", file, d)
	}
}
