package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// stationVar makes the test binary a station of the ledger that placeVar names.
const (
	stationVar = "SECTAG_TEST_STATION"
	placeVar   = "SECTAG_TEST_STATION_LEDGER"
)

// stationUnits is how many units of its own a station works on. Between them it tries the IMEI that all stations want, and the one that
// the test itself works on.
const (
	stationUnits = 3
	wanted       = 5000
	foremans     = 6000
)

func stationMain(name string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(name, "line-"))
	if err == nil {
		err = station(context.Background(), os.Getenv(placeVar), n, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, name, err)
		return 1
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // alive until it is killed or the parent is gone
	return 0
}

// station works on its units and says what was acknowledged: "serial RUN SERIAL", "record RUN ID SERIAL", "refused CODE who".
func station(ctx context.Context, url string, n int, out io.Writer) error {
	s, err := OpenAs(ctx, url, "line-"+strconv.Itoa(n))
	if err != nil {
		return err
	}
	for i := range stationUnits {
		for _, u := range []int{100*n + i, wanted, foremans} {
			r := unitRecord(u, n)
			r.Unit.Key = digest(fmt.Sprintf("module %d of station %d", u, n)) // the wanted IMEI is on another module at each station
			if err := onUnit(ctx, s, r, out); err != nil {
				return fmt.Errorf("unit %d: %w", u, err)
			}
		}
	}
	fmt.Fprintln(out, "over")
	return nil
}

func onUnit(ctx context.Context, s *Store, r record.Record, out io.Writer) error {
	run, err := s.Begin(ctx, at, nil)
	if err != nil {
		return err
	}
	r.Run = run
	r.Cert.Serial = fmt.Sprintf("%x", digest("serial of run "+run))[:32]
	r.Cert.SPKI = digest("spki of run " + run)
	r.Key.SPKI = r.Cert.SPKI
	var f *cred.Fault
	err = s.Lease(ctx, run, r.IMEI)
	if err == nil {
		err = s.Check(ctx, r.Seen(), r.Bindings()...)
	}
	if errors.As(err, &f) && (f.Code == "ledger.leased" || f.Code == "ledger.bound") {
		fmt.Fprintln(out, "refused", f.Code, r.IMEI, f.Text)
		return s.End(ctx, run, at, RunDone)
	}
	if err != nil {
		return err
	}
	if err := s.AppendEvent(ctx, run, "slot.prepared", at, nil); err != nil {
		return err
	}
	if err := s.Reserve(ctx, run, at, r.Cert.Serial); err != nil {
		return err
	}
	fmt.Fprintln(out, "serial", run, r.Cert.Serial)
	if err := s.AppendFirm(ctx, run, "slot.written", at, nil); err != nil {
		return err
	}
	w, err := s.Record(ctx, r)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "record", run, w.ID, r.Cert.Serial)
	return s.End(ctx, run, at, RunDone)
}

// process is a station that runs.
type process struct {
	*exec.Cmd
	lines *bufio.Scanner
	acks  [][]string
}

func startStation(t *testing.T, url string, n int) *process {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), stationVar+"=line-"+strconv.Itoa(n), placeVar+"="+url, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = stdin.Close()
	})
	return &process{Cmd: cmd, lines: bufio.NewScanner(out)}
}

// read takes what the station says until enough is said, or it is over.
func (p *process) read(enough func([]string) bool) error {
	for p.lines.Scan() {
		l := strings.Fields(p.lines.Text())
		p.acks = append(p.acks, l)
		if l[0] == "over" || enough(l) {
			return nil
		}
	}
	return fmt.Errorf("the station ended after %v", p.acks)
}

// TestThirtyTwoStations: processes that write one database at once, one of them killed in the middle of a unit. What was acknowledged is
// there once; the IMEI that all of them want is one unit's; the one that is being worked on elsewhere is nobody's.
func TestThirtyTwoStations(t *testing.T) {
	const stations, victim = 32, 7
	url := database{}.fresh(t)
	foreman, err := OpenAs(t.Context(), url, "foreman")
	must(t, err)
	defer foreman.Close()
	run, err := foreman.Begin(t.Context(), at, nil)
	must(t, err)
	must(t, foreman.Lease(t.Context(), run, imei(foremans)))

	all := make([]*process, stations)
	for n := range all {
		all[n] = startStation(t, url, n)
	}
	errs := make([]error, stations)
	var working sync.WaitGroup
	for n, p := range all {
		working.Go(func() {
			serials := 0
			errs[n] = p.read(func(l []string) bool {
				if l[0] == "serial" {
					serials++
				}
				return n == victim && serials == 2
			})
			if n == victim {
				_ = p.Process.Kill() // it has a serial, and is at its next act
				for p.lines.Scan() { // what it said before it died counts
					p.acks = append(p.acks, strings.Fields(p.lines.Text()))
				}
			}
		})
	}
	working.Wait()
	must(t, errors.Join(errs...))
	rep := mustVerify(t, foreman.Reader)
	judgeStations(t, foreman, all, int(rep.Records))

	// Only the dead station's run is left, if it was in the middle of one; the foreman's own and the idle stations' are not.
	left, err := foreman.Unfinished(t.Context())
	must(t, err)
	if len(left) > 1 {
		t.Errorf("%d runs are left: %+v", len(left), left)
	}
	for _, r := range left {
		got, err := foreman.Claim(t.Context(), r.ID)
		if err != nil || !got {
			t.Fatalf("claim: %v, %v", got, err)
		}
		must(t, foreman.End(t.Context(), r.ID, at, RunInterrupted))
	}
	must(t, foreman.End(t.Context(), run, at, RunDone))
	mustVerify(t, foreman.Reader)
}

// judgeStations holds what the stations were told against the ledger.
func judgeStations(t *testing.T, s *Store, all []*process, records int) {
	t.Helper()
	byID, serials, told := map[string]string{}, map[string]bool{}, 0
	for n, p := range all {
		for _, l := range p.acks {
			switch l[0] {
			case "serial":
				if serials[l[2]] {
					t.Errorf("the serial %s was given twice", l[2])
				}
				serials[l[2]] = true
				of, err := s.Serials(t.Context(), l[1])
				if err != nil || len(of) != 1 || of[0].Serial != l[2] {
					t.Errorf("station %d was given the serial %s, and the ledger has %v, %v", n, l[2], of, err)
				}
			case "record":
				if byID[l[2]] != "" {
					t.Errorf("two records are called %s", l[2])
				}
				byID[l[2]] = l[3]
				r, _, err := s.Show(t.Context(), l[2])
				if err != nil || r.Run != l[1] || r.Cert.Serial != l[3] {
					t.Errorf("station %d wrote record %s: %+v, %v", n, l[2], r, err)
				}
			case "refused":
				if l[2] == imei(foremans).String() {
					told++
					if text := strings.Join(l, " "); l[1] != "ledger.leased" || !strings.Contains(text, "station foreman on ") {
						t.Errorf("station %d is told: %s", n, text)
					}
				}
			}
		}
	}
	if records < len(byID) || records > len(byID)+1 { // the dead one may not have come to say its last
		t.Errorf("%d records, %d were acknowledged", records, len(byID))
	}
	if told < (len(all)-1)*stationUnits {
		t.Errorf("%d refusals of the unit that is worked on elsewhere", told)
	}
	list, err := s.List(t.Context(), Query{Part: Part{IMEIs: []cred.IMEI{imei(wanted)}}})
	must(t, err)
	units := map[string]bool{}
	for _, v := range list {
		r, _, err := s.Show(t.Context(), v.Record)
		must(t, err)
		units[r.Unit.Name] = true
	}
	if len(units) != 1 {
		t.Errorf("the IMEI that all wanted is on %d units", len(units))
	}
}
