package profile

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"example.org/sectag/cred"
)

// Blank is the file that Rewrite begins with where there is none.
const Blank = "# What a unit of this product must hold. Every key is explained in docs/profile.md.\n"

// Values is what a file says, key by key ("slot.sec_tag" is the first slot's), as a person would type it: a list with commas
// between. A key without a line is not there.
func Values(src []byte) (map[string]string, error) {
	tree, err := treeOf(string(src))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for table, v := range tree {
		if all := tables(v); len(all) > 0 {
			for key, val := range all[0] {
				out[table+"."+key] = typed(val)
			}
		}
	}
	return out, nil
}

func treeOf(src string) (map[string]any, error) {
	var tree map[string]any
	if err := toml.Unmarshal([]byte(src), &tree); err != nil {
		return nil, decodeFault("the profile", err)
	}
	return tree, nil
}

// typed is a value as a person would type it.
func typed(v any) string {
	list, ok := v.([]any)
	if !ok {
		return fmt.Sprint(v)
	}
	var out []string
	for _, one := range list {
		out = append(out, fmt.Sprint(one))
	}
	return strings.Join(out, ", ")
}

// Wish is what a key shall be; "" is no line.
type Wish struct{ Key, Value string }

// Rewrite puts values into a file's text. Lines that say nothing else than before stay as they are, comments too; a table without
// its only sense goes with its last key. Where a file is laid out so that this cannot be done line by line, all of it is written anew
// and lost is true: its comments are not in the text. Fault: config.value, of a text that cannot be understood at all.
func Rewrite(src string, wishes []Wish) (text string, lost bool, err error) {
	before, err := treeOf(src)
	if err != nil {
		return "", false, err
	}
	want := wished(before, wishes)
	now, err := Values([]byte(src))
	if err != nil {
		return "", false, err
	}
	lines := strings.Split(strings.TrimSuffix(src, "\n"), "\n")
	for _, w := range wishes {
		if now[w.Key] != w.Value {
			lines = put(lines, w)
		}
	}
	for _, table := range []string{"psk", "endpoint", "ledger"} {
		if _, stays := want[table]; !stays {
			lines = dropTable(lines, table)
		}
	}
	text = strings.Join(lines, "\n") + "\n"
	if got, err := treeOf(text); err == nil && reflect.DeepEqual(got, want) {
		return text, false, nil
	}
	anew, err := toml.Marshal(want)
	if err != nil {
		return "", false, cred.Because(err, "config.value", "the profile cannot be written with these values", "edit the file by hand: docs/profile.md")
	}
	return Blank + "\n" + string(anew), true, nil
}

// wished is the tree as it shall be.
func wished(before map[string]any, wishes []Wish) map[string]any {
	want := copied(before).(map[string]any)
	for _, w := range wishes {
		table, key, _ := strings.Cut(w.Key, ".")
		had := tables(want[table])
		if len(had) == 0 && w.Value == "" {
			continue
		}
		if len(had) == 0 {
			had = []map[string]any{{}}
			want[table] = any(had[0])
			if table == "slot" {
				want[table] = []any{had[0]}
			}
		}
		switch old, is := had[0][key]; {
		case is && typed(old) == w.Value:
		case w.Value == "":
			delete(had[0], key)
		default:
			had[0][key] = valueOf(w)
		}
	}
	pruned(want)
	return want
}

// pruned takes out the tables that mean nothing without a key, or must not be there.
func pruned(tree map[string]any) {
	slot := tables(tree["slot"])
	if len(slot) > 0 && slot[0]["mode"] != "psk" {
		delete(tree, "psk")
	}
	for _, table := range []string{"endpoint", "ledger"} {
		if t := tables(tree[table]); len(t) > 0 && t[0]["url"] == nil {
			delete(tree, table)
		}
	}
}

func copied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for k := range out {
			out[k] = copied(out[k])
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = copied(out[i])
		}
		return out
	}
	return v
}

// lists are the keys that may have several values.
var lists = []string{"slot.anchor", "psk.recipients"}

// valueOf is what TOML makes of the line of a wish.
func valueOf(w Wish) any {
	var doc map[string]any
	if err := toml.Unmarshal([]byte("x = "+literal(w)), &doc); err != nil {
		return w.Value
	}
	return doc["x"]
}

// literal is a wish as a file has it. A number that is none becomes a text, which the reader refuses at its key.
func literal(w Wish) string {
	if w.Key == "slot.sec_tag" && strings.Trim(w.Value, "0123456789") == "" && (w.Value == "0" || !strings.HasPrefix(w.Value, "0")) {
		return w.Value
	}
	parts := strings.Split(w.Value, ",")
	if !slices.Contains(lists, w.Key) || len(parts) == 1 {
		return quote(w.Value)
	}
	for i, p := range parts {
		parts[i] = quote(strings.TrimSpace(p))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
