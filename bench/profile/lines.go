package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"example.org/sectag/cred"
)

// known lists every key, so that a misspelt one can be answered with the one that was meant.
var known = map[string][]string{
	"":          {"product", "station", "authority", "device", "slot", "psk", "endpoint", "ledger", "inventory", "evidence", "firmware"},
	"product":   {"name", "batch", "life"},
	"station":   {"id", "operator", "start", "ports"},
	"authority": {"cert", "key", "lock_after"},
	"device":    {"id", "key", "validity", "send_chain", "certificate"},
	"slot":      {"sec_tag", "mode", "anchor"},
	"psk":       {"bytes", "recipients"},
	"endpoint":  {"url", "register"},
	"ledger":    {"url", "key"},
	"inventory": {"also"},
	"evidence":  {"readback"},
	"firmware":  {"key_size"},
}

// nearest is the hint for an unknown key: the known one that looks most like it, or all of its table.
func nearest(key []string) string {
	table, name := "", key[len(key)-1]
	if len(key) > 1 {
		table = key[0]
	}
	names, ok := known[table]
	if !ok {
		table, names, name = "", known[""], key[0]
	}
	best, least := "", 3
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return "write it in small letters: " + n
		}
		if d := distance(n, name); d < least {
			best, least = n, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	if table == "" {
		return "the tables are " + strings.Join(names, ", ")
	}
	return "[" + table + "] has " + strings.Join(names, ", ")
}

// distance is Levenshtein's: how many letters must be put in, left out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			prev, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, prev+cost)
		}
	}
	return row[len(b)]
}

// at writes where something stands; line 0 is not known (a missing key has no line).
func at(path string, line int) string {
	if line == 0 {
		return path + ": "
	}
	return fmt.Sprintf("%s:%d: ", path, line)
}

// lineOf finds the line of a key in its table; for a missing key the table's, for a missing table 0. nth counts [[table]]s.
func lineOf(src, table, key string, nth int) int {
	here, seen, header := false, -1, 0
	for i, l := range strings.Split(src, "\n") {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "[") {
			name := strings.Trim(strings.SplitN(l, "#", 2)[0], "[] \t\r")
			here = name == table
			if here {
				seen++
			}
			if here = here && seen == nth; here {
				header = i + 1
			}
			continue
		}
		name, _, ok := strings.Cut(l, "=")
		if here && ok && strings.TrimSpace(name) == key {
			return i + 1
		}
	}
	return header
}

// caseFault finds a key in other letters than ours. TOML tells Operator from operator; the library fills our fields with either, so
// that of two of them the last would win.
func caseFault(path, src string) error {
	var tree map[string]any
	if err := toml.Unmarshal([]byte(src), &tree); err != nil {
		return decodeFault(path, err)
	}
	for _, table := range slices.Sorted(maps.Keys(tree)) {
		if !slices.Contains(known[""], table) {
			return odd(path, src, "", table, 0)
		}
		for nth, t := range tables(tree[table]) {
			for _, key := range slices.Sorted(maps.Keys(t)) {
				if !slices.Contains(known[table], key) {
					return odd(path, src, table, key, nth)
				}
			}
		}
	}
	return nil
}

// tables are what stands under a name: one table, or each of several.
func tables(v any) []map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var out []map[string]any
		for _, t := range v {
			out = append(out, tables(t)...)
		}
		return out
	}
	return nil
}

func odd(path, src, table, key string, nth int) error {
	name, line := []string{table, key}, lineOf(src, table, key, nth)
	if table == "" {
		name, line = []string{key}, lineOf(src, key, "", 0)
	}
	return cred.Failed("config.unknown-key", at(path, line)+"nobody knows the key "+strings.Join(name, "."), nearest(name))
}
