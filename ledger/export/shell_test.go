package export

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fake is a program that writes down what it was called with and given: arguments, standard input, and the file behind --certificate-path or
// @FILE.
const fake = `#!/bin/sh
{
	echo "CALL $(basename "$0")"
	for a; do printf 'ARG %s\n' "$a"; done
	for a; do case $a in @-) printf 'IN '; cat; echo ;; @*) printf 'IN '; cat "${a#@}"; echo ;; */unit.pem) cat "$a" ;; esac; done
	case " $* " in *" --write-out "*) echo "${STATUS:-200}" >&3 ;; esac
	case " $* " in *" --config - "*) printf 'CONFIG '; cat ;; esac
} 3>&1 >>"$CALLS"
`

// ran runs a script with the programs that it calls replaced, and says what they were called with.
func ran(t *testing.T, script string, env ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"curl", "az"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(fake), 0o700))
	}
	file, calls := filepath.Join(dir, "script"), filepath.Join(dir, "calls")
	must(t, os.WriteFile(file, []byte(script), 0o600))
	if out, err := exec.Command("sh", "-n", file).CombinedOutput(); err != nil {
		t.Fatalf("the shell does not read it: %v\n%s\n%s", err, out, script)
	}
	cmd := exec.Command("sh", file)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + dir + ":" + os.Getenv("PATH"), "CALLS=" + calls, "TMPDIR=" + dir, "HOME=" + dir}, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, script)
	}
	said, err := os.ReadFile(calls)
	must(t, err)
	left, err := os.ReadDir(dir)
	must(t, err)
	if len(left) != 4 {
		t.Errorf("the script left files behind, or took some away: %v", left)
	}
	return string(said)
}

func scriptOf(t *testing.T, format string) string {
	t.Helper()
	f, err := Find(format)
	must(t, err)
	text, err := written(t, format, everything, fleet(t, f)...)
	must(t, err)
	return text
}

// lines are the rests of the lines that begin so.
func lines(text, begin string) (out []string) {
	for _, l := range strings.Split(text, "\n") {
		if rest, ok := strings.CutPrefix(l, begin); ok {
			out = append(out, rest)
		}
	}
	return out
}

var leshanEntries = [][2]string{ // in the form of newer servers, and in that of older ones
	{`{"endpoint":"urn:imei:352656100367873","tls":{"mode":"x509"}}`, `{"endpoint":"urn:imei:352656100367873","x509":true}`},
	{`{"endpoint":"urn:imei:352656100367874","tls":{"mode":"x509"}}`, `{"endpoint":"urn:imei:352656100367874","x509":true}`},
	{
		`{"endpoint":"urn:imei:352656100367875","tls":{"mode":"psk","details":{"identity":"urn:imei:352656100367875","key":"03030303030303030303030303030303"}}}`,
		`{"endpoint":"urn:imei:352656100367875","psk":{"identity":"urn:imei:352656100367875","key":"03030303030303030303030303030303"}}`,
	},
}

func TestTheLeshanScriptPutsOneUnitACall(t *testing.T) {
	said := ran(t, scriptOf(t, "leshan"), "LESHAN_URL=http://localhost:8080/")
	var want []string
	for _, e := range leshanEntries {
		want = append(want, e[0])
	}
	if got := lines(said, "IN "); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("put: %q", got)
	}
	if n := strings.Count(said, "ARG http://localhost:8080/api/security/clients/\n"); n != 3 || strings.Contains(strings.Join(lines(said, "ARG "), " "), "0303") {
		t.Errorf("%d calls with the right address, or a key among the arguments:\n%s", n, said)
	}
}

// TestTheLeshanScriptAsksInTheOlderForm where the newer one is answered 400, and ends where that is too, or at once at anything else.
func TestTheLeshanScriptAsksInTheOlderForm(t *testing.T) {
	text := scriptOf(t, "leshan")
	const older = `case $(tail -n 1 "$CALLS") in *'"tls":'*) echo 400 ;; *) echo 200 ;; esac`
	for name, c := range map[string]struct {
		curl string // what it answers, as a command
		put  int
		ends string
	}{
		"an older server":    {older, 6, ""},
		"neither form":       {"echo 400", 2, "urn:imei:352656100367873: the server answered 400\n"},
		"no right":           {"echo 403", 1, "urn:imei:352656100367873: the server answered 403\n"},
		"sent elsewhere":     {"echo 307", 1, "urn:imei:352656100367873: the server answered 307\n"},
		"nobody who listens": {"echo 000; exit 7", 1, ""},
	} {
		dir := t.TempDir()
		calls := filepath.Join(dir, "calls")
		must(t, os.WriteFile(filepath.Join(dir, "curl"), []byte("#!/bin/sh\n{ cat; echo; } >>\"$CALLS\"\n"+c.curl+"\n"), 0o700))
		cmd := exec.Command("sh", "-s")
		cmd.Stdin = strings.NewReader(text)
		cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "CALLS=" + calls, "LESHAN_URL=http://localhost:8080"}
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		put, _ := os.ReadFile(calls)
		if whole := name == "an older server"; whole != (err == nil) || whole != strings.Contains(string(out), "every unit was put") || errs.String() != c.ends {
			t.Errorf("%s: %v, %q, %q", name, err, out, errs.String())
		}
		var want []string
		for _, e := range leshanEntries {
			want = append(want, e[0], e[1])
		}
		if got := strings.TrimSpace(string(put)); got != strings.Join(want[:c.put], "\n") {
			t.Errorf("%s: it put\n%s", name, got)
		}
	}
}

func TestTheCoioteScriptKeepsTokenAndKeyOutOfTheArguments(t *testing.T) {
	said := ran(t, scriptOf(t, "coiote"), "COIOTE_TOKEN=s3cret")
	var device struct {
		Connector  string `json:"connectorType"`
		Domain     string
		Security   string                          `json:"securityMode"`
		Identity   string                          `json:"dtlsIdentity"`
		PSK        struct{ HexadecimalPsk string } `json:"dtlsPsk"`
		Properties struct{ EndpointName string }
	}
	got := lines(said, "IN ")
	if len(got) != 3 {
		t.Fatalf("%d calls:\n%s", len(got), said)
	}
	must(t, json.Unmarshal([]byte(got[2]), &device))
	if device.Connector != "management" || device.Domain != "/acme/" || device.Security != "psk" || device.Identity != "urn:imei:352656100367875" ||
		device.PSK.HexadecimalPsk != strings.Repeat("03", 16) || device.Properties.EndpointName != device.Identity {
		t.Errorf("%+v", device)
	}
	args := strings.Join(lines(said, "ARG "), "\n")
	if strings.Contains(args, "s3cret") || strings.Contains(args, "0303") || len(lines(said, `CONFIG header = "Authorization: Bearer s3cret"`)) != 3 {
		t.Errorf("%s", said)
	}
	if !strings.Contains(args, "https://eu.iot.avsystem.cloud:8087/api/coiotedm/v3/devices") {
		t.Errorf("%s", args)
	}
}

func TestTheAzureScriptQuotesWhatAProductIsCalled(t *testing.T) {
	said := ran(t, scriptOf(t, "azure"), "DPS_NAME=acme", "DPS_GROUP=factory")
	args := lines(said, "ARG ")
	var tags struct{ IMEI, Product, Batch string }
	for i, a := range args {
		if a == "--initial-twin-tags" {
			must(t, json.Unmarshal([]byte(args[i+1]), &tags))
		}
	}
	if tags.Product != hostile || tags.IMEI != "352656100367874" || tags.Batch != "2026|47" {
		t.Errorf("%+v", tags)
	}
	for _, want := range []string{"iot", "dps", "enrollment", "create", "acme", "factory", "x509", "urn:imei:352656100367874"} {
		if !strings.Contains("\n"+strings.Join(args, "\n")+"\n", "\n"+want+"\n") {
			t.Errorf("no %s among the arguments %q", want, args)
		}
	}
	if n := strings.Count(said, unit(t, 1, "x").Cert.PEM); n != 2 {
		t.Errorf("the certificate was handed over %d times:\n%s", n, said)
	}
}

// TestScriptsEndWithoutWhatTheyNeed: an address or a token that is not set is asked for by name, before any call.
func TestScriptsEndWithoutWhatTheyNeed(t *testing.T) {
	for format, name := range map[string]string{"leshan": "LESHAN_URL", "coiote": "COIOTE_TOKEN", "azure": "DPS_NAME"} {
		cmd := exec.Command("sh", "-s")
		cmd.Stdin = strings.NewReader(scriptOf(t, format))
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), name) {
			t.Errorf("%s: %v\n%s", format, err, out)
		}
	}
}
