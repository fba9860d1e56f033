package codec

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

var update = flag.Bool("update", false, "write the examples anew")

// examples has one of each event, with no field left at its zero value.
func examples() []flows.Event {
	d := cred.Digest{0xab, 31: 0xcd}
	imei := cred.IMEI(352656100367872)
	slot := cred.Slot{SecTag: 42, Kind: cred.ClientCert}
	key := cred.Slot{SecTag: 42, Kind: cred.ClientKey}
	plan := flows.Plan{N: 3}
	plan.Slots[0] = flows.SlotPlan{Slot: key, Has: flows.Foreign, Op: flows.MakeSlot, Old: d}
	plan.Slots[1] = flows.SlotPlan{Slot: slot, Has: flows.Foreign, Op: flows.WriteSlot}
	plan.Slots[2] = flows.SlotPlan{Slot: key, Has: flows.Ours, Op: flows.DeleteSlot}
	return []flows.Event{
		flows.Failed{ID: 7, Code: "cmng.518", Text: "the modem is active", Hint: "set it offline", Doc: `{"verdict":"fail"}`},
		flows.Lost{ID: 7, Code: "port.lost", Text: "the port is gone", Hint: "plug it in"},
		flows.TermsSet{Terms: flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true, Profile: true, PSK: true, Station: true, Service: true}},
		flows.Interrupted{IMEI: imei},
		flows.Resumed{IMEI: imei, Mode: 1},
		flows.Show{Screen: flows.EndpointScreen},
		flows.NextUnit{},
		flows.Cancel{},
		flows.Retry{},
		flows.AuthorityChosen{Cert: "root.crt", Key: "root.key"},
		flows.AuthorityWanted{Dir: "ca", Subject: "CN=Root", Days: 3650, Pass: 2},
		flows.AuthorityLoaded{ID: 7, SHA256: d, Encrypted: true, Open: true, Doc: `{"subject":"CN=Root"}`},
		flows.PassphraseGiven{Pass: 3},
		flows.AuthorityUnlocked{ID: 14},
		flows.AuthorityLocked{},
		flows.PortsWanted{},
		flows.PortsListed{ID: 8, N: 1, Doc: `{"ports":[]}`},
		flows.PortNamed{Name: "/dev/ttyACM0"},
		flows.PortChosen{ID: 15, Name: "/dev/ttyACM0"},
		flows.UnitWanted{},
		flows.Identified{ID: 9, Session: 1, IMEI: imei, Identity: d, Firmware: true, Mode: 1, Doc: `{"model":"nRF9151"}`},
		flows.UnitConfirmed{IMEI: imei},
		flows.SecTagChosen{SecTag: 42},
		flows.PlanWanted{Hand: flows.Hand{Op: flows.WriteSlot, Slot: slot, File: "unit.crt"}, Aim: flows.ForRetirement},
		flows.Planned{ID: 10, Plan: plan, Doc: `{"slots":[]}`, Revokes: true},
		flows.Accepted{},
		flows.Confirmed{IMEI: imei, Last4: 7872},
		flows.Prepared{ID: 17, Want: [flows.MaxSlots]cred.Digest{d}, Doc: `{"key_origin":"host"}`},
		flows.Offline{ID: 24, Was: 1},
		flows.Deleted{ID: 31, Found: true},
		flows.Written{ID: 38},
		flows.KeyMade{ID: 38, SPKI: d, Doc: `{"csr_sha256":"ab"}`},
		flows.KeyByHost{ID: 38, Want: [flows.MaxSlots]cred.Digest{d}, Doc: `{"key_origin":"host"}`},
		flows.Certified{ID: 45, Want: d, Doc: `{"key_origin":"modem"}`},
		flows.ReadBack{ID: 45, SHA256: d},
		flows.Noticed{Slot: cred.Slot{SecTag: 46, Kind: cred.ClientKey}, Found: flows.FoundStray, Was: cred.Sum([]byte("was")), Now: d, Text: "it came into tag 46", Hint: "delete it"},
		flows.Restored{ID: 52},
		flows.ProbeWanted{URL: "coaps://lwm2m.example.eu:5684"},
		flows.Probed{ID: 11, OK: true, Anchor: d, Print: cred.Digest{0x12, 31: 0x34}, Trust: flows.FirstUse, Doc: `{"verdict":"warn"}`},
		flows.AnchorCompared{Last8: 0xdeadbeef},
		flows.AnchorChosen{Path: "owner-root.pem"},
		flows.AnchorStored{ID: 18, Path: "server-root.pem"},
		flows.EndpointSkipped{},
		flows.ConnectWanted{},
		flows.Connected{ID: 12, Verdict: flows.Warned, Code: "dtls.48", Doc: `{"verdict":"warn"}`},
		flows.RecordWanted{},
		flows.RecordWritten{ID: 13, Record: "1431", Verdict: flows.Passed, Doc: `{"verdict":"pass"}`},
		flows.ProfileSaveWanted{Path: "sectag.toml"},
		flows.ProfileSaved{ID: 20, Path: "sectag.toml"},
	}
}

// sealed are the names of the types in package flows that have a method, found in its source.
func sealed(t *testing.T, method string) []string {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var names []string
	for _, f := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), f, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv != nil && fn.Name.Name == method {
				names = append(names, fn.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func TestEveryEventHasAName(t *testing.T) {
	var named []string
	seen := map[string]bool{}
	form := regexp.MustCompile(`^[a-z]+\.[a-z]+(-[a-z]+)*$`)
	for _, e := range examples() {
		name := Name(e)
		named = append(named, reflect.TypeOf(e).Name())
		if !form.MatchString(name) || seen[name] {
			t.Errorf("%T is called %q", e, name)
		}
		seen[name] = true
	}
	slices.Sort(named)
	if want := sealed(t, "event"); !slices.Equal(named, want) {
		t.Errorf("the examples are\n%v, the events\n%v", named, want)
	}
	if len(events()) != len(named) {
		t.Errorf("the table has %d lines for %d events", len(events()), len(named))
	}
	if Name(nil) != "" || EffectName(nil) != "" {
		t.Error("nothing has a name")
	}
	if _, _, err := Encode(nil); err == nil {
		t.Error("nothing was encoded")
	}
}

// The searches feed every answer that nobody waits for to every state; their lists must have each.
func TestTheSearchesKnowEveryAnswer(t *testing.T) {
	var want []string
	for _, e := range examples() {
		if _, answer := reflect.TypeOf(e).FieldByName("ID"); answer {
			want = append(want, reflect.TypeOf(e).Name())
		}
	}
	slices.Sort(want)
	for _, file := range []string{"../machine/small_world_test.go", "../station/bench_search_test.go"} {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		ast.Inspect(tree, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || v.Names[0].Name != "everyAnswer" {
				return true
			}
			for _, x := range v.Values[0].(*ast.CompositeLit).Elts {
				got = append(got, x.(*ast.CompositeLit).Type.(*ast.SelectorExpr).Sel.Name)
			}
			return false
		})
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s has\n%v, the answers are\n%v", file, got, want)
		}
	}
}

func TestEveryEffectHasAName(t *testing.T) {
	all := []flows.Effect{
		flows.LoadAuthority{},
		flows.CreateAuthority{},
		flows.UnlockAuthority{},
		flows.ListPorts{},
		flows.UsePort{},
		flows.Identify{},
		flows.MakePlan{},
		flows.Prepare{},
		flows.TakeOffline{},
		flows.Delete{},
		flows.Write{},
		flows.MakeKey{},
		flows.Certify{},
		flows.ReadSlot{},
		flows.RestoreMode{},
		flows.ProbeServer{},
		flows.StoreAnchor{},
		flows.LoadAnchor{},
		flows.ConnectServer{},
		flows.WriteRecord{},
		flows.SaveProfile{},
	}
	var named []string
	seen := map[string]bool{}
	for _, e := range all {
		name := EffectName(e)
		if name == "" || seen[name] {
			t.Errorf("%T is called %q", e, name)
		}
		seen[name] = true
		named = append(named, reflect.TypeOf(e).Name())
	}
	slices.Sort(named)
	if want := sealed(t, "effect"); !slices.Equal(named, want) || len(effects()) != len(want) {
		t.Errorf("named are\n%v, the effects are\n%v", named, want)
	}
}

// full tells the first field that is at its zero value.
func full(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if bad := full(v.Field(i)); bad != "" {
				return v.Type().Field(i).Name + " " + bad
			}
		}
		return ""
	case reflect.Array:
		return full(v.Index(0))
	}
	if v.IsZero() {
		return "is zero"
	}
	return ""
}

func TestExamples(t *testing.T) {
	for _, e := range examples() {
		name, body, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if bad := full(reflect.ValueOf(e)); bad != "" {
			t.Errorf("%s: the example shows nothing of %s", name, bad)
		}
		file := filepath.Join("testdata", name+".json")
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, body, "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty.WriteByte('\n')
		if *update {
			if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(golden, pretty.Bytes()) {
			t.Errorf("%s is written otherwise than it was: journals are kept for ten years", name)
		}
		got, err := Decode(name, golden)
		if err != nil || got != e {
			t.Errorf("%s is read as %+v, %v", name, got, err)
		}
		notQuite(t, name, body)
	}
	files, _ := filepath.Glob("testdata/*.json")
	if len(files) != len(events()) {
		t.Errorf("there are %d examples of %d events", len(files), len(events()))
	}
}

// came are the fields that events got later, when journals without them had been written.
var came = map[string]string{"cred.plan-wanted": "aim", "cred.planned": "revokes"}

// notQuite changes an event a little in every way that must be refused.
func notQuite(t *testing.T, name string, body []byte) {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	try := func(what string, change func(map[string]json.RawMessage)) {
		m := map[string]json.RawMessage{}
		for k, v := range fields {
			m[k] = v
		}
		change(m)
		b, _ := json.Marshal(m)
		if e, err := Decode(name, b); err == nil {
			t.Errorf("%s with %s is read as %+v", name, what, e)
		}
	}
	try("an unknown field", func(m map[string]json.RawMessage) { m["new"] = json.RawMessage("1") })
	for k := range fields {
		if came[name] != k { // of fields that came later older journals have nothing
			try("no "+k, func(m map[string]json.RawMessage) { delete(m, k) })
		}
		try("null as "+k, func(m map[string]json.RawMessage) { m[k] = json.RawMessage("null") })
		try(k+" in capitals", func(m map[string]json.RawMessage) {
			m[strings.ToUpper(k)] = m[k]
			delete(m, k)
		})
	}
	for _, b := range []string{"", "null", "[]", "1", string(body) + "{}", string(body) + "x"} {
		if e, err := Decode(name, []byte(b)); err == nil {
			t.Errorf("%s is read from %q as %+v", name, b, e)
		}
	}
	if _, err := Decode(name+"x", body); err == nil {
		t.Errorf("%sx is read", name)
	}
}

// A plan that was journaled before modems made keys is read as it was written.
func TestAnOlderPlanIsRead(t *testing.T) {
	e, err := Decode("cred.planned", []byte(`{"id":10,"plan":[{"slot":{"sec_tag":42,"type":1},"has":"foreign","op":"write"}],"doc":""}`))
	want := flows.Planned{ID: 10, Plan: flows.Plan{N: 1}}
	want.Plan.Slots[0] = flows.SlotPlan{Slot: cred.Slot{SecTag: 42, Kind: cred.ClientCert}, Has: flows.Foreign, Op: flows.WriteSlot}
	if err != nil || e != want {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestDecodeRefusesValues(t *testing.T) {
	for name, body := range map[string]string{
		"bench.show":           `{"screen":"cellar"}`,
		"unit.confirmed":       `{"imei":"12"}`,
		"cred.planned":         `{"id":10,"plan":[` + strings.TrimSuffix(strings.Repeat(`{"slot":{"sec_tag":1,"type":0},"has":"ours","op":"keep"},`, 13), ",") + `],"doc":""}`,
		"cred.read-back":       `{"id":1,"sha256":"` + strings.Repeat("AB", 32) + `"}`,
		"cred.offline":         `{"id":1,"was":300}`,
		"connection.connected": `{"id":1,"verdict":"maybe","code":"","doc":""}`,
	} {
		if e, err := Decode(name, []byte(body)); err == nil {
			t.Errorf("%s %s is read as %+v", name, body, e)
		}
	}
	if _, _, err := Encode(flows.Show{Screen: 99}); err == nil {
		t.Error("a screen without a name is written")
	}
	if _, _, err := Encode(flows.Planned{Plan: flows.Plan{N: 13}}); err == nil {
		t.Error("a plan of thirteen is written")
	}
}

// What can be read is written again as it was.
func FuzzDecode(f *testing.F) {
	for _, e := range examples() {
		name, body, err := Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, body)
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		e, err := Decode(name, body)
		if err != nil {
			return
		}
		again, b, err := Encode(e)
		if err != nil || again != name {
			t.Fatalf("%s is written as %s: %v", name, again, err)
		}
		back, err := Decode(again, b)
		if err != nil || back != e {
			t.Fatalf("%s %s comes back as %+v: %v", name, body, back, err)
		}
	})
}

func ExampleEncode() {
	name, body, _ := Encode(flows.Confirmed{Last4: 7872})
	fmt.Println(name, string(body))
	// Output: cred.confirmed {"imei":"","last4":7872}
}
