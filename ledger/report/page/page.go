// Package page writes a report as one HTML page that needs nothing but itself: style, script and pictures are in it, a content security
// policy forbids it to fetch anything, and every text of a record is escaped where it stands. It opens from a file, is read on a
// screen, searched by IMEI, and printed on A4; what only a person can say is there as a field to type or write into. What the page
// says comes from package report; nothing is judged here.
//
// Read Write, then page.html and parts.html; chart.go and horizon.go draw, island.go packs the annex.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"example.org/sectag/ledger/report"
	"example.org/sectag/ledger/report/catalogue"
)

//go:embed page.html parts.html charts.html style.css script.js
var files embed.FS

// document is what the templates see.
type document struct {
	*report.Model
	CSS          template.CSS // our own file, no record's text
	JS           template.JS  // our own file
	Policy       string
	Restrictions []catalogue.Restriction
	Left         []string
	Consumer     []catalogue.Provision
	Yield        columns
	Run, Takt    columns
	Origins      bars
	Causes       bars
	Ends         timeline
	Island       json.RawMessage
}

// Write writes the page.
func Write(w io.Writer, m *report.Model) error {
	t, err := template.New("page.html").Funcs(funcs).ParseFS(files, "*.html")
	if err != nil {
		return fmt.Errorf("read the page's templates: %w", err)
	}
	css, err := files.ReadFile("style.css")
	if err != nil {
		return fmt.Errorf("read the page's style: %w", err)
	}
	js, err := files.ReadFile("script.js")
	if err != nil {
		return fmt.Errorf("read the page's script: %w", err)
	}
	island, err := pack(m.Units)
	if err != nil {
		return err
	}
	d := document{
		Model: m, CSS: template.CSS(css), JS: template.JS(js), Policy: policy(css, js), Restrictions: catalogue.Restrictions(), Left: catalogue.Left(),
		Consumer: catalogue.Consumer(), Yield: yield(m.Production), Run: spread("run", m.Production.Run), Takt: spread("takt", m.Production.Takt),
		Origins: share(m.Facts.Origins), Causes: causes(m.Production.Failures), Ends: ends(m), Island: island,
	}
	if err := t.Execute(w, d); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// policy lets the page run its own style and script, by their digests, and nothing else: no address is ever asked.
func policy(css, js []byte) string {
	digest := func(b []byte) string {
		sum := sha256.Sum256(b)
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + digest(css) + "; script-src " + digest(js) + "; base-uri 'none'; form-action 'none'"
}

var funcs = template.FuncMap{
	"day":     day,
	"minute":  minute,
	"short":   short,
	"list":    func(s []string) string { return strings.Join(s, ", ") },
	"seconds": seconds,
	"percent": percent,
	"result":  result,
	"n":       grouped,
	"blank":   func(id, asks string) blank { return blank{id, asks} },
	"said":    either,
	"some":    func(t []report.Tally) []report.Tally { return t[:min(len(t), 12)] },
	"more":    func(t []report.Tally) int { return max(0, len(t)-12) },
	"add":     func(a, b int) int { return a + b },
}

// blank is a field for a person.
type blank struct{ ID, Asks string }

// day is the date of a time; a text that is none stays.
func day(s string) string {
	if len(s) >= 10 {
		return s[:10]
	}
	return s
}

// minute is a time to the minute.
func minute(s string) string {
	if len(s) >= 16 {
		return s[:10] + " " + s[11:16] + " UTC"
	}
	return s
}

// short is a digest as screens have it.
func short(s string) string {
	if len(s) > 20 {
		return s[:8] + "…" + s[len(s)-4:]
	}
	return s
}

func either(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// seconds writes milliseconds for people.
func seconds(ms int64) string {
	switch {
	case ms < 1000:
		return strconv.FormatInt(ms, 10) + " ms"
	case ms < 120_000:
		return strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64) + " s"
	}
	return strconv.FormatFloat(float64(ms)/60_000, 'f', 1, 64) + " min"
}

// percent is n of a total; of nothing it is a dash. It never rounds up to all.
func percent(n, of int) string {
	if of == 0 {
		return "–"
	}
	tenths := n * 1000 / of
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
}

// grouped writes a number with a thin gap at the thousands.
func grouped(v any) string {
	s := fmt.Sprint(v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// verdict is how a result is shown: with a sign, so that it is not said by colour alone.
type verdict struct{ Class, Sign, Text string }

func result(r report.Requirement) verdict {
	switch {
	case r.Share == string(catalogue.Record):
		return verdict{"none", "✎", "a person's record"}
	case r.Result == "P" && r.InPart:
		return verdict{"part", "◐", "P in part"}
	case r.Result == "P":
		return verdict{"pass", "●", "P"}
	case r.Result == "F":
		return verdict{"fail", "✕", "F"}
	case r.Result == "NA":
		return verdict{"none", "–", "NA"}
	case r.Result == "not-run":
		return verdict{"none", "○", "not run"}
	case r.Share == string(catalogue.Partial):
		return verdict{"none", "▤", "feeds only"}
	}
	return verdict{"none", "", "not from the bench"}
}
