package page_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.org/sectag/internal/browser"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/fixture"
)

// opened writes a page to a file and opens it in a browser.
func opened(t *testing.T, b *browser.Browser, text []byte, width int) *browser.Page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	must(t, os.WriteFile(file, text, 0o600))
	return b.Open(t, file, width)
}

// search types into the field as a person does, and answers how many units are listed and what the page says of them.
const search = `(() => {
	const i = document.getElementById("imei"); i.value = %; i.dispatchEvent(new Event("input"));
	return {rows: document.querySelectorAll("#rows tr:not(.detail)").length, details: document.querySelectorAll("#rows tr.detail").length,
		found: document.getElementById("found").textContent, text: document.getElementById("rows").textContent};
})()`

type listed struct {
	Rows, Details int
	Found, Text   string
}

func searched(p *browser.Page, imei string) (l listed) {
	p.Eval(strings.Replace(search, "%", `"`+imei+`"`, 1), &l)
	return l
}

func TestInABrowser(t *testing.T) {
	b := browser.Start(t)
	t.Run("a batch", func(t *testing.T) { aBatch(t, b) })
	t.Run("a revoked unit", func(t *testing.T) { aRevokedUnit(t, b) })
	t.Run("hostile texts", func(t *testing.T) { hostileTexts(t, b) })
	t.Run("it would tell", func(t *testing.T) { itWouldTell(t, b) })
}

// aBatch is the page as a person meets it: quiet, fetching nothing, searched by an IMEI, on a narrow window, on paper.
func aBatch(t *testing.T, b *browser.Browser) {
	const units = 260
	m := model(t, batch(units))
	p := opened(t, b, written(t, m), 1280)

	var sections []string
	p.Eval(`[...document.querySelectorAll("main > section")].map(s => s.id)`, &sections)
	if got := strings.Join(sections, " "); got != "scope inventory matrix generation uniqueness storage channel authorities production units cra" {
		t.Errorf("sections %s", got)
	}
	if l := searched(p, ""); l.Rows != 50 || l.Found != "260 of 260 units" {
		t.Errorf("at first %d rows, %q: they are drawn as they are needed", l.Rows, l.Found)
	}
	one := fixture.IMEI(42).String()
	l := searched(p, one)
	if l.Rows != 1 || l.Details != 1 || l.Found != "1 of 260 units" || !strings.Contains(l.Text, one) || !strings.Contains(l.Text, m.Units[42].Cert.Serial) {
		t.Errorf("search for %s: %+v", one, l)
	}
	if l := searched(p, "999"); l.Rows != 0 || l.Found != "0 of 260 units" {
		t.Errorf("search for nobody: %+v", l)
	}
	filtered := pages(p.PDF())
	searched(p, "")
	whole := pages(p.PDF())
	if filtered < 10 || whole < filtered+4 {
		t.Errorf("%d pages with a search that leaves nobody, %d with all %d units", filtered, whole, units)
	}
	if l := searched(p, ""); l.Rows != 50 {
		t.Errorf("after printing %d rows", l.Rows)
	}
	for _, width := range []int{1280, 700, 360} {
		p.Width(width)
		if over := overflow(p); over != 0 {
			t.Errorf("a window of %d pixels is %d too narrow for the page", width, over)
		}
	}
	p.Print(690) // A4 less its margins
	var clipped []string
	p.Eval(`[...document.querySelectorAll("table")].filter(t => t.getBoundingClientRect().right > innerWidth + 1).map(t => t.closest("section").id + " " + t.textContent.trim().slice(0, 60))`, &clipped)
	if len(clipped) > 0 {
		t.Errorf("tables are clipped on paper: %q", clipped)
	}
	if c := p.Complaints(); len(c) > 0 {
		t.Errorf("the browser complains: %q", c)
	}
	if r := p.Requests(); len(r) != 1 || !strings.HasPrefix(r[0], "file://") {
		t.Errorf("the page asked for %q", r)
	}
}

// aRevokedUnit is marked in its line and in its details, and the list of states finds it.
func aRevokedUnit(t *testing.T, b *browser.Browser) {
	gone := fixture.Revoked(fixture.Unit(2, 1, fixture.Begins), fixture.Begins.AddDate(0, 1, 0), "keyCompromise")
	gone.ID, gone.Unit.Name = "7", gone.Seen().Name()
	r := report.New(report.Frame{Made: fixture.Begins, Head: fixture.Head(9), Revoked: []record.Record{gone}})
	must(t, fixture.Batch(5, fixture.Sealed(r.Add)))
	p := opened(t, b, written(t, r.Finish()), 1280)
	var l listed
	p.Eval(strings.Replace(strings.Replace(search, `"imei"`, `"status"`, 1), "%", `"revoked"`, 1), &l)
	if l.Rows != 1 || l.Found != "1 of 5 units" {
		t.Errorf("%+v", l)
	}
	for _, want := range []string{fixture.IMEI(2).String(), "⊘ revoked 2026-12-16, keyCompromise", gone.Revoked.Serial, "by record 7"} {
		if !strings.Contains(l.Text, want) {
			t.Errorf("the annex does not say %q: %s", want, l.Text)
		}
	}
	var cover, reasons string
	p.Eval(`document.querySelector(".numbers").textContent`, &cover)
	p.Eval(`document.getElementById("revoked").textContent`, &reasons)
	if !strings.Contains(cover, "1 revoked") || !strings.Contains(cover, "4 units delivered") || !strings.Contains(reasons, "keyCompromise") {
		t.Errorf("%q %q", cover, reasons)
	}
}

func overflow(p *browser.Page) (pixels int) {
	p.Eval(`document.documentElement.scrollWidth - innerWidth`, &pixels)
	return max(0, pixels)
}

var onePage = regexp.MustCompile(`/Type\s*/Page\b[^s]`)

func pages(pdf []byte) int {
	return len(onePage.FindAll(bytes.ReplaceAll(pdf, []byte("\r"), []byte("\n")), -1))
}

// hostileTexts: no script of a record runs, none is refused either, because none is there.
func hostileTexts(t *testing.T, b *browser.Browser) {
	r := report.New(report.Frame{Made: fixture.Begins, Tool: report.Tool{Version: nasty}, Head: fixture.Head(1)})
	must(t, fixture.Sealed(r.Add)(hostile()))
	p := opened(t, b, written(t, r.Finish()), 360)
	l := searched(p, fixture.IMEI(1).String())
	if l.Rows != 1 || strings.Count(l.Text, nasty) < 3 {
		t.Errorf("%+v", l)
	}
	if over := overflow(p); over != 0 {
		t.Errorf("hostile texts push the page %d pixels out of its window", over)
	}
	if c := p.Complaints(); len(c) > 0 {
		t.Errorf("the browser complains: %q", c)
	}
	if r := p.Requests(); len(r) != 1 {
		t.Errorf("the page asked for %q", r)
	}
}

// itWouldTell: what the two tests above look for is seen where it is.
func itWouldTell(t *testing.T, b *browser.Browser) {
	p := opened(t, b, []byte(`<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="default-src 'none'"><div style="width:900px">x</div><script>throw 1</script><img src="a.png">`), 360)
	if len(p.Complaints()) < 2 {
		t.Errorf("a policy that was broken twice is not seen: %q", p.Complaints())
	}
	q := opened(t, b, []byte(`<!DOCTYPE html><p style="width:900px;height:5px"></p><img src="a.png"><script>console.log("x")</script>`), 360)
	if len(q.Requests()) != 2 || overflow(q) < 500 || len(q.Complaints()) == 0 {
		t.Errorf("%q, %d pixels, %q", q.Requests(), overflow(q), q.Complaints())
	}
}
