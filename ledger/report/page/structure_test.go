package page_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/catalogue"
	"example.org/sectag/ledger/report/fixture"
)

// parsed is the page as a tree.
func parsed(t *testing.T, text []byte) *html.Node {
	t.Helper()
	n, err := html.Parse(bytes.NewReader(text))
	must(t, err)
	return n
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// words are the page's texts, without style and script.
func words(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data + " "
	}
	if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style") {
		return ""
	}
	var out strings.Builder
	for c := range n.ChildNodes() {
		out.WriteString(words(c))
	}
	return out.String()
}

// flaws says what is wrong with a page as a document.
func flaws(root *html.Node) (bad []string) {
	ids := map[string]int{}
	var points []string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			ids[id]++
		}
		for _, name := range []string{"aria-labelledby", "for"} {
			points = append(points, strings.Fields(attr(n, name))...)
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
				points = append(points, a.Val[1:])
			case slices.Contains([]string{"src", "href", "srcset", "data", "action", "poster", "background", "xlink:href"}, a.Key):
				bad = append(bad, fmt.Sprintf("<%s %s=%q> leads out of the page", n.Data, a.Key, a.Val))
			case strings.HasPrefix(a.Key, "on") || a.Key == "style":
				bad = append(bad, fmt.Sprintf("<%s %s> is forbidden by the page's own policy", n.Data, a.Key))
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			bad = append(bad, fmt.Sprintf("the id %s stands %d times", id, n))
		}
	}
	for _, p := range points {
		if ids[p] == 0 {
			bad = append(bad, "nothing has the id "+p)
		}
	}
	return bad
}

func TestFlawsAreFound(t *testing.T) {
	for page, want := range map[string]string{
		`<p id="a"></p><p id="a"></p>`: "2 times", `<img src="http://x.example/">`: "leads out", `<a href="#b">x</a>`: "nothing has", `<p onclick="x()">`: "forbidden",
		`<label for="x">a</label>`: "nothing has",
	} {
		if bad := strings.Join(flaws(parsed(t, []byte(page))), "; "); !strings.Contains(bad, want) {
			t.Errorf("%s: %q", page, bad)
		}
	}
}

func TestThePageIsOneSoundDocument(t *testing.T) {
	for name, fill := range map[string]func(func(record.Record) error) error{
		"a batch": batch(60), "mistakes": fixture.Mistaken, "one failure": func(do func(record.Record) error) error {
			return do(fixture.Failed(1, fixture.Begins, "line.no-answer", "nothing answers"))
		}, "nothing": func(func(record.Record) error) error { return nil },
	} {
		for _, b := range flaws(parsed(t, written(t, model(t, fill)))) {
			t.Errorf("%s: %s", name, b)
		}
	}
}

// The wording rule: measured, supports. What a bench writes takes the place of no assessment.
var claims = regexp.MustCompile(`(?i)\bcertif(ied|ies|y)\b|\bcompl(y|ies|iant|iance)\b|\bconform(s|ing|ant)?\b|\bapproved by (a|the) (lab|body)|\bguarantee`)

func TestThePageClaimsNothing(t *testing.T) {
	for _, fill := range []func(func(record.Record) error) error{batch(60), fixture.Mistaken} {
		text := words(parsed(t, written(t, model(t, fill))))
		if found := claims.FindAllString(text, -1); found != nil {
			t.Errorf("the page says %q", found)
		}
		for _, word := range []string{"measured", "supports"} {
			if !strings.Contains(strings.ToLower(text), word) {
				t.Errorf("the page does not say %s", word)
			}
		}
	}
	if claims.FindString("the product complies") == "" || claims.FindString("a certificate of a certification authority") != "" {
		t.Error("the rule is blind, or too sharp")
	}
}

func TestEveryRequirementAndTestIsThere(t *testing.T) {
	root := parsed(t, written(t, model(t, batch(60))))
	text := words(root)
	ids := map[string]bool{}
	for n := range root.Descendants() {
		ids[attr(n, "id")] = true
	}
	for _, q := range catalogue.Requirements() {
		if !ids["req-"+q.ID] {
			t.Errorf("%s has no row", q.ID)
		}
	}
	for _, test := range catalogue.Tests() {
		if !strings.Contains(text, test.ID+" ") {
			t.Errorf("%s is not on the page", test.ID)
		}
	}
	for _, id := range []string{"cover", "scope", "inventory", "matrix", "generation", "uniqueness", "storage", "channel", "authorities", "production", "units", "cra"} {
		if !ids[id] {
			t.Errorf("there is no section %s", id)
		}
	}
}

// Counts are from the fact sheet on the public template: 33 requirements in part 1, 43 in part 2, 37 in part 3.
func TestTheCatalogueHasAllIdentifiers(t *testing.T) {
	n := map[string]int{}
	for _, q := range catalogue.Requirements() {
		for _, part := range []string{"-1", "-2", "-3"} {
			if q.Parts == "" || strings.Contains(q.Parts, part) {
				n[part]++
			}
		}
	}
	if n["-1"] != 33 || n["-2"] != 43 || n["-3"] != 37 {
		t.Errorf("%v", n)
	}
}

const nasty = `</script><script>throw 1</script><img src=x onerror=throw(2)>"'<!--&lt;{{.}}` + "`${3}"

// hostile is a unit whose every text is an attack.
func hostile() record.Record {
	r := fixture.Unit(1, 1, fixture.Begins)
	r.Unit.Product, r.Unit.Batch, r.Unit.Serial = nasty, nasty, nasty
	r.Model, r.Hardware, r.Firmware = nasty, nasty, nasty
	r.Bench.Tool, r.Bench.Station, r.Bench.Operator, r.Bench.Clock.Source = nasty, nasty, nasty, nasty
	r.Key.Generator, r.Key.Algorithm, r.Key.Table = nasty, nasty, nasty
	r.Cert.Subject, r.Cert.Issuer, r.Cert.Key, r.Cert.Signature, r.Cert.Profile = nasty, nasty, nasty, nasty, nasty
	r.Cert.Name = "urn:</script>" + r.Cert.Name
	r.Authority.Subject, r.Authority.Key, r.Anchor.Subject, r.Anchor.URL, r.Anchor.Approver = "CN="+nasty, nasty, "CN="+nasty, nasty, nasty
	r.Connect = fixture.Connect()
	c := r.Connect
	c.Endpoint, c.Version, c.Suite, c.Group, c.Signature = nasty, nasty, nasty, nasty, nasty
	c.Peer[0].Subject, c.Peer[0].Issuer = nasty, nasty
	r.Tests[0].Deviation, r.Tests[1].Test = nasty, nasty
	r.Findings = []cred.Finding{{Code: "x.y", Severity: cred.Warning, Text: nasty, Hint: nasty}}
	return r
}

func TestHostileTextsStayTexts(t *testing.T) {
	b := report.New(report.Frame{Made: fixture.Begins, Tool: report.Tool{Version: nasty, Commit: nasty}, Scope: report.Scope{}, Head: fixture.Head(1)})
	must(t, fixture.Sealed(b.Add)(hostile()))
	text := written(t, b.Finish())
	root := parsed(t, text)
	if bad := flaws(root); len(bad) > 0 {
		t.Error(bad)
	}
	count := map[string]int{}
	var island string
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			count[n.Data]++
			if attr(n, "id") == "data" {
				island = n.FirstChild.Data
			}
		}
	}
	if count["script"] != 2 || count["img"] != 0 {
		t.Errorf("%d scripts, %d pictures", count["script"], count["img"])
	}
	if seen := strings.Count(words(root), nasty); seen < 25 {
		t.Errorf("only %d hostile texts arrived: the test attacks nothing", seen)
	}
	if !json.Valid([]byte(island)) || !strings.Contains(island, `\u003c/script\u003e`) {
		t.Errorf("the units are no JSON: %.200s", island)
	}
}

// A picture has a title and a description, and the numbers behind it stand in a table of the same section.
func TestEveryPictureHasItsWordsAndItsNumbers(t *testing.T) {
	n := 0
	for svg := range parsed(t, written(t, model(t, batch(60)))).Descendants() {
		if svg.Data != "svg" || attr(svg, "role") != "img" {
			continue
		}
		n++
		title, desc := false, false
		for c := range svg.ChildNodes() {
			title, desc = title || c.Data == "title" && c.FirstChild != nil, desc || c.Data == "desc" && c.FirstChild != nil
		}
		if !title || !desc {
			t.Errorf("picture %d has no words", n)
		}
		section := svg
		for section.Data != "section" {
			section = section.Parent
		}
		behind := false
		for d := range section.Descendants() {
			behind = behind || d.Data == "details"
		}
		if !behind {
			t.Errorf("picture %d has no table behind it", n)
		}
	}
	if n != 6 {
		t.Errorf("%d pictures, 6 are drawn", n)
	}
}
