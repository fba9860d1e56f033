package sim_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
)

func TestStateOutlivesTheUnit(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unit.json")
	m := newModem(t, sim.Config{IMEI: testIMEI, State: file})
	c := attach(t, m)
	c.wants(t, write(2, pem), okay)
	c.wants(t, "AT%CMNG=0,42,4,\"\xff\x00\"\r", okay)
	c.wants(t, "AT%CMNG=0,7,0,\"gone\"\r", okay)
	c.wants(t, "AT%CMNG=3,7,0\r", okay)

	got, err := sim.ReadState(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.State(), got); diff != "" {
		t.Errorf("the file is not the unit (-unit +file):\n%s", diff)
	}
	again := newModem(t, sim.Config{State: file})
	if diff := cmp.Diff(m.State(), again.State()); diff != "" {
		t.Errorf("another unit came back (-before +after):\n%s", diff)
	}
	attach(t, again).wants(t, "AT%CMNG=1,42\r",
		`%CMNG: 42,2,"`+sha(pem)+"\"\r\n"+`%CMNG: 42,4,"`+sha("\xff\x00")+"\"\r\n"+okay)
	if b, found := got.Content(cred.Slot{SecTag: 42, Kind: cred.PSKID}); !found || string(b) != "\xff\x00" {
		t.Errorf("content that is no text came back as %q, %v", b, found)
	}
	if _, found := got.Content(cred.Slot{SecTag: 7}); found {
		t.Error("a deleted slot is still there")
	}
	if fi, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && fi.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", fi.Mode(), err)
	}
}

// The names in the file are for people and scripts: docs/simulator.md has them.
func TestStateFormat(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unit.json")
	m := newModem(t, sim.Config{IMEI: testIMEI, State: file})
	attach(t, m).wants(t, write(0, "a\nb"), okay)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"format": "sectag-sim-modem/1", "imei": "352656100367872", "model": "nRF9151", "firmware": "mfw_nrf91x1_2.0.3",
		"uuid": m.State().UUID, "identity_key_sha256": m.State().DeviceKey.String(),
		"identity_key": m.State().Identity,
		"slots": []any{map[string]any{
			"sec_tag": 42.0, "type": 0.0, "sha256": strings.ToLower(sha("a\nb")), "content": "a\nb",
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnitsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 20 {
		s := newModem(t, sim.Config{}).State()
		if !s.IMEI.Valid() || s.IMEI.String()[:8] != "35265610" {
			t.Errorf("the IMEI %v was drawn", s.IMEI)
		}
		for _, id := range []string{s.UUID, s.DeviceKey.String()} {
			if seen[id] {
				t.Errorf("%s was drawn twice", id)
			}
			seen[id] = true
		}
	}
}

func TestUpdatedFirmware(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "unit.json")
	old := newModem(t, sim.Config{State: file, Firmware: "mfw_nrf9160_1.2.3"})
	attach(t, old).wants(t, write(0, "x"), okay)
	now := newModem(t, sim.Config{State: file, Firmware: "mfw_nrf9160_1.3.7"})
	attach(t, now).wants(t, "AT%CMNG=1,42\r", `%CMNG: 42,0,"`+sha("x")+"\"\r\n"+okay)
	if old.State().UUID != now.State().UUID {
		t.Error("an update made another unit of it")
	}
}

func TestConfigurationsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "unit.json")
	newModem(t, sim.Config{State: file, IMEI: testIMEI})
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	edited := func(from, to string) string {
		if !strings.Contains(string(good), from) {
			t.Fatalf("%q is not in the file", from)
		}
		f, err := os.CreateTemp(dir, "*.json")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(strings.Replace(string(good), from, to, 1)); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	item := func(s string) string { return edited(`"slots": []`, `"slots": [`+s+`]`) }
	a := `{"sec_tag":1,"type":0,"sha256":"` + strings.ToLower(sha("a")) + `","content":"a"}`
	for _, s := range []struct {
		name, code string
		cfg        sim.Config
	}{
		{"another unit's file", "config.value", sim.Config{State: file, IMEI: testIMEI + 8}},
		{"another chip's firmware", "config.value", sim.Config{State: file, Firmware: "mfw_nrf9160_1.3.7"}},
		{"another chip", "config.value", sim.Config{State: file, Model: "nRF9161"}},
		{"chip and firmware apart", "config.value", sim.Config{Model: "nRF9160", Firmware: "mfw_nrf91x1_2.0.3"}},
		{"unknown chip", "config.value", sim.Config{Model: "nRF52840"}},
		{"firmware without a version", "config.value", sim.Config{Firmware: "mfw_nrf9160_beta"}},
		{"firmware of two parts", "config.value", sim.Config{Firmware: "mfw_nrf9160_1.3"}},
		{"unknown family", "config.value", sim.Config{Firmware: "mfw_nrf52_1.0.0"}},
		{"control characters", "config.value", sim.Config{Firmware: "mfw_nrf9160_1.3.7-\r\n"}},
		{"unknown host", "config.value", sim.Config{Host: "telegraph"}},
		{"negative speed", "config.value", sim.Config{Baud: -1}},
		{"negative flash", "config.value", sim.Config{Flash: -1}},
		{"buffer too big", "config.value", with(sim.Config{}, "overflow@5000")},
		{"unknown fault", "usage.flag", with(sim.Config{}, "rain")},
		{"no folder", "config.file", sim.Config{State: filepath.Join(dir, "none", "unit.json")}},
		{"a folder", "config.file", sim.Config{State: dir}},
		{"no JSON", "config.file", sim.Config{State: edited("{", "")}},
		{"two documents", "config.file", sim.Config{State: edited("{", "{} {")}},
		{"unknown field", "config.file", sim.Config{State: edited(`"slots"`, `"slot"`)}},
		{"another format", "config.file", sim.Config{State: edited("modem/1", "modem/2")}},
		{"no UUID", "config.file", sim.Config{State: edited(`"uuid": "`, `"uuid": "", "firmware": "`)}},
		{"a wrong digest", "config.file", sim.Config{State: item(strings.Replace(a, `"content":"a"`, `"content":"b"`, 1))}},
		{"no content", "config.file", sim.Config{State: item(`{"sec_tag":1,"type":0,"sha256":""}`)}},
		{"hex that is none", "config.file", sim.Config{State: item(`{"sec_tag":1,"type":0,"content_hex":"0g","sha256":""}`)}},
		{"one slot twice", "config.file", sim.Config{State: item(a + "," + a)}},
	} {
		_, err := sim.New(s.cfg)
		if err == nil {
			t.Errorf("%s was taken", s.name)
			continue
		}
		if f := cred.AsFault(err); f.Code != s.code || f.Hint == "" || strings.Contains(f.Text, "\n") {
			t.Errorf("%s: got %v, want %s", s.name, err, s.code)
		}
	}
	if _, err := sim.New(sim.Config{State: item(a)}); err != nil {
		t.Errorf("a good item was refused: %v", err)
	}
}

// A store that cannot be kept is refused to the host, and the unit holds what its file holds.
func TestStateThatCannotBeKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	m := newModem(t, sim.Config{State: filepath.Join(dir, "unit.json")})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	attach(t, m).wants(t, write(0, "x"), wrong)
	if n := len(m.State().Slots); n != 0 {
		t.Errorf("%d slots are held", n)
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	for name, firmware := range map[string]string{
		"nrf9151": "mfw_nrf91x1_2.0.3", "nrf9161": "mfw_nrf91x1_2.0.3", "nrf9160": "mfw_nrf9160_1.3.7",
		"nrf9160-old": "mfw_nrf9160_1.2.3", "nrf9151-ntn": "mfw_nrf9151-ntn_1.0.0", "nrf9160#2": "mfw_nrf9160_1.3.7",
	} {
		c, err := sim.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		s := newModem(t, c).State()
		if s.Firmware != firmware || !strings.HasPrefix(strings.ToLower(s.Model), name[:7]) {
			t.Errorf("%s is an %s with %s", name, s.Model, s.Firmware)
		}
	}
	got, err := sim.Named("nrf9151?state=u.json&imei=352656100367872&baud=9600&flash=30ms&host=at-host-lf&fault=slow%3D0.5&fault=full@2")
	want := sim.Config{
		Model: "nRF9151", Firmware: "mfw_nrf91x1_2.0.3", State: "u.json", IMEI: testIMEI, Baud: 9600, Flash: 30e6,
		Host: "at-host-lf", Faults: []sim.Fault{{Name: "slow", F: 0.5}, {Name: "full", N: 2}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for name, code := range map[string]string{
		"nrf52": "port.missing", "": "port.missing", "nrf9151?imei=1": "config.value", "nrf9151?colour=red": "config.value",
		"nrf9151?baud=x": "config.value", "nrf9151?fault=rain": "config.value", "nrf9151?%zz": "config.value",
	} {
		if _, err := sim.Named(name); err == nil || cred.AsFault(err).Code != code {
			t.Errorf("%q gave %v, want %s", name, err, code)
		} else if strings.Contains(cred.AsFault(err).Text, "(") {
			t.Errorf("%q: another code stands in the line: %v", name, err)
		}
	}
}

func TestRackKeepsItsUnits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r sim.Rack
		open := func(name string) *collector {
			ctx, cancel := context.WithCancel(t.Context())
			line, err := r.Open(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			cancel() // as after dialing: the line lives on
			synctest.Wait()
			return collect(line)
		}
		first := open("sim:nrf9151")
		imei := first.ask(t, "AT+CGSN\r")
		first.line.Close()
		second := open("nrf9151")
		if got := second.ask(t, "AT+CGSN\r"); got != imei {
			t.Errorf("the same port led to %q and then to %q", imei, got)
		}
		third := open("sim:nrf9151#2")
		if got := third.ask(t, "AT%DEVICEUUID\r"); got == second.ask(t, "AT%DEVICEUUID\r") {
			t.Error("another port led to the same unit")
		}
		second.line.Close()
		third.line.Close()
		if _, err := r.Open(t.Context(), "sim:nrf52"); err == nil {
			t.Error("an unknown unit was opened")
		}
		if _, err := r.Open(t.Context(), "sim:nrf9151?baud=-1"); err == nil {
			t.Error("an impossible unit was opened")
		}
	})
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]sim.Fault{
		"active": {Name: "active"}, "full": {Name: "full"}, "full@2": {Name: "full", N: 2}, "slow": {Name: "slow", F: 0.9},
		"slow=0.5": {Name: "slow", F: 0.5}, "unplug@812": {Name: "unplug", N: 812}, "die-on-write": {Name: "die-on-write", N: 1},
		"overflow": {Name: "overflow", N: 512}, "damage": {Name: "damage"}, "crash": {Name: "crash", N: 1}, "brown-out@3": {Name: "brown-out", N: 3},
		"cmee-off": {Name: "cmee-off"}, "log@4": {Name: "log", N: 4}, "urc": {Name: "urc"}, "overrun@64": {Name: "overrun", N: 64},
	} {
		got, err := sim.ParseFault(s)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v, want %+v", s, got, err, want)
		}
		if again, err := sim.ParseFault(got.String()); err != nil || again != got {
			t.Errorf("%q came back as %+v, %v", s, again, err)
		}
	}
	for _, s := range []string{"", "rain", "unplug", "unplug@0", "unplug@x", "unplug@-1", "active@1", "active=1", "slow=0", "slow=NaN", "slow=", "damage@0", "full@", "overrun", "echo@1", "drop-reply"} {
		if f, err := sim.ParseFault(s); err == nil || cred.AsFault(err).Code != "usage.flag" {
			t.Errorf("%q is %+v, %v", s, f, err)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	for _, s := range []string{"slow=0.5", "full@2", "unplug@9223372036854775807", "drop@1@2", "slow=1e309"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := sim.ParseFault(s)
		if err != nil {
			return
		}
		if again, err := sim.ParseFault(got.String()); err != nil || again != got {
			t.Errorf("%q is %+v and came back as %+v, %v", s, got, again, err)
		}
	})
}

func FuzzNamed(f *testing.F) {
	for _, s := range []string{"nrf9151?baud=115200&flash=30ms&fault=full@2", "nrf9160#2", "nrf9151?%zz", "?", "nrf9151?flash=1e9h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := sim.Named(s)
		if err != nil {
			if code := cred.AsFault(err).Code; code != "port.missing" && code != "config.value" {
				t.Errorf("%q gave %v", s, err)
			}
			return
		}
		c.State = "" // a file of the fuzzer's choice is none of this test's
		if _, err := sim.New(c); err != nil && cred.AsFault(err).Code != "config.value" {
			t.Errorf("%q gave %v", s, err)
		}
	})
}
