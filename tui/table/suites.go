package table

import (
	"slices"
	"strings"

	"example.org/sectag/flows"
	"example.org/sectag/tui/paint"
	"example.org/sectag/tui/words"
)

// Suites is a table of server against modem in w cells, with the reason why the modem cannot, and what else the server wants.
func Suites(p *flows.ProbeFacts, w, h int) []paint.Line {
	out := []paint.Line{{}}
	name := 32
	if w < 56 {
		name = w - 14
	}
	row := func(suite string, server, modem bool, why string) {
		sign := map[bool]string{true: "●", false: "–"}
		style := map[bool]paint.Style{true: paint.Good}[server && modem]
		out = append(out, paint.Row(paint.Cell(name, paint.P(" "+words.Suite(suite))), paint.Cell(8, paint.S(style, sign[server])), paint.S(style, sign[modem])))
		if why != "" {
			out = append(out, paint.Row(paint.P("   the modem has "+why)))
		}
	}
	if len(p.Suites.Server) > 0 {
		out = append(out, paint.Row(paint.Cell(name, paint.P("suites")), paint.Cell(8, paint.P("server")), paint.P("modem")))
	}
	for _, suite := range p.Suites.Server {
		has, why := slices.Contains(p.Suites.ModemUsable, suite), ""
		if !has {
			why = words.NotInModem(suite)
		}
		row(suite, true, has, why)
	}
	for _, suite := range p.Modem {
		if h >= 40 && len(p.Suites.Server) > 0 && !slices.Contains(p.Suites.Server, suite) {
			row(suite, false, true, "")
		}
	}
	auth := map[string]string{"required": "yes", "optional": "yes, but lets units in without", "none": "no: it lets anyone in"}[p.ClientAuth]
	if auth == "" {
		auth = words.YesNo(nil)
	}
	for _, x := range [][2]string{
		{"asks for a certificate", auth},
		{"name matches", words.YesNo(p.HostMatch)},
		{"Connection ID", words.YesNo(p.CID)},
		{"speaks", strings.Join(p.Traits.Versions, ", ")},
		{"curves", strings.Join(p.Traits.Groups, ", ")},
	} {
		if x[1] != "" {
			out = append(out, paint.Row(paint.Cell(name, paint.P(x[0])), paint.P(x[1])))
		}
	}
	return out
}
