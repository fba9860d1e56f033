package ledger

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
	"example.org/sectag/ledger/seal"
)

// writerVar makes the test binary a writer of the ledger it names.
const writerVar = "SECTAG_TEST_LEDGER_WRITER"

func TestMain(m *testing.M) {
	if name := os.Getenv(stationVar); name != "" {
		os.Exit(stationMain(name))
	}
	if url := os.Getenv(writerVar); url != "" {
		if err := mortal(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := writer(context.Background(), url, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_, _ = io.Copy(io.Discard, os.Stdin) // alive until it is killed or the parent is gone
		os.Exit(0)
	}
	code := m.Run()
	endServer()
	os.Exit(code)
}

// writerSteps is the number of lines that writer says.
const writerSteps = 1 + 3*(1+2+1+1+1+1+1)

// writer does everything that writes, three units long, and says each thing after it was acknowledged: what it was, its
// name, and the size of the write-ahead file by then.
func writer(ctx context.Context, url string, out io.Writer) error {
	say := func(format string, args ...any) {
		info, err := os.Stat(strings.TrimPrefix(url, "sqlite:") + "-wal")
		size := int64(0)
		if err == nil {
			size = info.Size()
		}
		fmt.Fprintf(out, format+" %d\n", append(args, size)...)
	}
	s, err := Open(ctx, url)
	if err != nil {
		return err
	}
	if err := s.SignWith(ctx, testKey(1)); err != nil {
		return err
	}
	say("opened %d", os.Getpid())
	for n := range 3 {
		run, err := s.Begin(ctx, at, nil)
		if err != nil {
			return err
		}
		say("begun %s", run)
		for i := 1; i <= 2; i++ {
			write := s.AppendEvent
			if i == 2 {
				write = s.AppendFirm
			}
			if err := write(ctx, run, "step.done", at, nil); err != nil {
				return err
			}
			say("line %s/%d", run, i)
		}
		say("synced %s/2", run)
		r := unitRecord(n, 1)
		r.Run = run
		if err := s.Reserve(ctx, run, at, r.Cert.Serial); err != nil {
			return err
		}
		say("serial %s/%s", run, r.Cert.Serial)
		psk := "psk of " + run
		if err := s.KeepPSK(ctx, run, at, sealedAs(n, psk)); err != nil {
			return err
		}
		say("psk %s/%s", run, digest(psk))
		w, err := s.Record(ctx, r)
		if err != nil {
			return err
		}
		say("record %s", w.ID)
		if err := s.End(ctx, run, at, RunDone); err != nil {
			return err
		}
		say("ended %s", run)
	}
	if os.Getenv(fatalVar) == "" {
		return nil
	}
	if err := s.Close(); err != nil {
		return err
	}
	say("closed %d", fate.syncs)
	return nil
}

type ack struct {
	what, name string
	wal        int64
}

// killed starts a writer, takes its first n lines, and kills it in the middle of what comes next.
func killed(t *testing.T, url string, n int) []ack {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), writerVar+"="+url, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = stdin.Close()
	}()
	var acks []ack
	lines := bufio.NewScanner(out)
	for len(acks) < n && lines.Scan() {
		var a ack
		_, err := fmt.Sscanf(lines.Text(), "%s %s %d", &a.what, &a.name, &a.wal)
		must(t, err)
		acks = append(acks, a)
	}
	if len(acks) < n {
		t.Fatalf("the writer said %d lines, want %d", len(acks), n)
	}
	return acks
}

// kept tells what of an acknowledgement is not in the ledger.
func kept(t *testing.T, r *Reader, a ack) string {
	t.Helper()
	ctx := t.Context()
	run, rest, _ := strings.Cut(a.name, "/")
	switch a.what {
	case "begun", "line", "synced":
		seq, _ := strconv.Atoi(rest)
		events, err := r.Events(ctx, run)
		must(t, err)
		if len(events) <= seq {
			return "the line is lost"
		}
	case "serial":
		all, err := r.Serials(ctx, run)
		must(t, err)
		if !slices.ContainsFunc(all, func(s Serial) bool { return s.Serial == rest }) {
			return "the serial is free again"
		}
	case "psk":
		all, err := r.SealedPSKs(ctx, run)
		must(t, err)
		if !slices.ContainsFunc(all, func(p seal.PSKLine) bool { return p.PSK.String() == rest }) {
			return "the sealed PSK is lost"
		}
	case "record":
		if _, _, err := r.Show(ctx, a.name); err != nil {
			return err.Error()
		}
	case "ended":
		open, err := r.Runs(ctx, RunDone)
		must(t, err)
		if !slices.ContainsFunc(open, func(v Run) bool { return v.ID == run }) {
			return "the run is open again"
		}
	}
	return ""
}

// TestKilled kills a writer after each of its acknowledgements, while it is at the next thing; where a server has the ledger, after each kind
// of act once. The dead writer holds nobody up: its lock ends with it, and the server ends what its connection held.
func TestKilled(t *testing.T) {
	step := map[kind]int{file{}: 1, database{}: 5}
	onEach(t, func(t *testing.T, k kind) {
		for n := 1; n <= writerSteps; n += step[k] {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				url := k.fresh(t)
				acks := killed(t, url, n)
				r, err := OpenReader(t.Context(), url)
				must(t, err)
				mustVerify(t, r)
				for _, a := range acks {
					if lost := kept(t, r, a); lost != "" {
						t.Errorf("%s %s was acknowledged: %s", a.what, a.name, lost)
					}
				}
				must(t, r.Close())

				s := openAt(t, url)
				open, err := s.Runs(t.Context(), RunOpen)
				must(t, err)
				if len(open) > 1 {
					t.Errorf("%d runs are open", len(open))
				}
				for _, run := range open {
					takenOver(t, s, run.ID)
					must(t, s.End(t.Context(), run.ID, at, RunInterrupted))
				}
				_, err = s.Record(t.Context(), unitRecord(0, 2))
				must(t, err)
				mustVerify(t, s.Reader)
			})
		}
	})
}

// TestTornWriteAheadFile cuts the write-ahead file of a killed writer at and around every frame: what was made durable before
// the cut is there, nothing is half there, and the ledger can be gone on with.
func TestTornWriteAheadFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger.db")
	acks := killed(t, "sqlite:"+path, writerSteps)
	db, err := os.ReadFile(path)
	must(t, err)
	wal, err := os.ReadFile(path + "-wal")
	must(t, err)
	const header, frame = 32, 24 + 4096 // sqlite.org/fileformat2.html, section 4
	if len(wal) < 20*frame || acks[len(acks)-1].wal != int64(len(wal)) {
		t.Fatalf("the write-ahead file has %d bytes, the writer saw %d", len(wal), acks[len(acks)-1].wal)
	}
	cuts := []int{0, 1, header}
	for at := header + frame; at <= len(wal); at += frame {
		cuts = append(cuts, at-frame/2, at-1, at)
	}
	torn := filepath.Join(t.TempDir(), "torn.db")
	for i, cut := range cuts {
		if i%thin != 0 {
			continue
		}
		_ = os.Remove(torn + "-shm") // of the cut before, which is closed
		must(t, os.WriteFile(torn, db, 0o600))
		must(t, os.WriteFile(torn+"-wal", wal[:cut], 0o600))
		r, err := OpenReader(t.Context(), "sqlite:"+torn)
		must(t, err)
		mustVerify(t, r)
		for _, a := range acks {
			if a.what == "line" || a.wal > int64(cut) {
				continue // a line rides on the next sync
			}
			if lost := kept(t, r, a); lost != "" {
				t.Errorf("cut at %d: %s %s was durable: %s", cut, a.what, a.name, lost)
			}
		}
		must(t, r.Close())
		if i%16 != 0 {
			continue
		}
		s := openAt(t, "sqlite:"+torn)
		_, err = s.Record(t.Context(), unitRecord(9, 1))
		must(t, err)
		mustVerify(t, s.Reader)
		must(t, s.Close())
	}
}

func TestBusyNamesTheOtherProcess(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "ledger.db")
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), writerVar+"="+url, "GORACE=atexit_sleep_ms=0")
	stdin, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for n := 0; n < writerSteps && lines.Scan(); n++ {
	}
	_, err = Open(t.Context(), url)
	f := wantCode(t, err, "ledger.busy")
	if want := "pid " + strconv.Itoa(cmd.Process.Pid); !strings.Contains(f.Text, want) {
		t.Errorf("%q does not name %s", f.Text, want)
	}
	r, err := OpenReader(t.Context(), url)
	must(t, err)
	defer r.Close()
	mustVerify(t, r)
	if got, ok, err := r.Newest(t.Context(), record.Unit{IMEI: imei(2)}); err != nil || !ok || got.Verdict != cred.Pass {
		t.Errorf("the reader beside the writer: %v %v %v", got.ID, ok, err)
	}
}
