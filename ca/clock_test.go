package ca

import (
	"strings"
	"testing"
	"time"
)

func TestDoubtClock(t *testing.T) {
	t.Parallel()
	now := today()
	for name, c := range map[string]struct {
		clock  Clock
		source string
		says   string // a part of the fault's text; empty: no fault
	}{
		"nothing else known":      {Clock{Now: now}, "system", ""},
		"all in the past":         {Clock{Now: now, Build: now, NewestRecord: now, Authority: now}, "system", ""},
		"no time":                 {Clock{}, "", "does not say"},
		"1970":                    {Clock{Now: time.Unix(3, 0), Build: now}, "", "built"},
		"before the build":        {Clock{Now: now, Build: now.Add(time.Second)}, "", "built"},
		"before a record":         {Clock{Now: now, NewestRecord: now.Add(time.Second)}, "", "newest record"},
		"before the authority":    {Clock{Now: now, Authority: now.Add(time.Second)}, "", "authority"},
		"a server agrees":         {Clock{Now: now, ServerDate: now.Add(5 * time.Minute)}, "system+http-date", ""},
		"a server is behind":      {Clock{Now: now, ServerDate: now.Add(-5 * time.Minute)}, "system+http-date", ""},
		"a server says later":     {Clock{Now: now, ServerDate: now.Add(5*time.Minute + time.Second)}, "", "server"},
		"a server says earlier":   {Clock{Now: now, ServerDate: now.Add(-5*time.Minute - time.Second)}, "", "server"},
		"it agreed an hour ago":   {Clock{Now: now, ServerDate: now.Add(-time.Hour), ServerSeen: now.Add(-time.Hour)}, "system+http-date", ""},
		"it differed an hour ago": {Clock{Now: now, ServerDate: now, ServerSeen: now.Add(-time.Hour)}, "", "server"},
	} {
		source, err := DoubtClock(c.clock)
		if source != c.source || (err == nil) != (c.says == "") {
			t.Errorf("%s: %q, %v", name, source, err)
			continue
		}
		if err != nil && (code(err) != "ca.clock" || hint(err) == "" || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
