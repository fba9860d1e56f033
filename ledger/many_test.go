package ledger

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/sectag/cred"
	"example.org/sectag/ledger/record"
)

// units is how many the ledger of BenchmarkLedger has (make bench-ledger takes a million), and keptLedger is a file where it stays, so that it
// need not be filled again.
var (
	units      = flag.Int("units", 2000, "how many units the ledger of BenchmarkLedger has")
	keptLedger = flag.String("kept-ledger", "", "keep the ledger of BenchmarkLedger in this file, and take it from there when it has enough units")
)

// lanes is how many units a gang works at in one moment.
const lanes = 32

// gangRecord is a record with all that a run over a modem tells: about four thousand bytes. One unit in a hundred has the firmware 2.0.1,
// one in ten was signed by each of ten authorities.
func gangRecord(t testing.TB, n int) record.Record {
	t.Helper()
	r := unitRecord(n, 1)
	r.Time = record.Stamp(day.Add(time.Duration(n) * time.Second))
	r.Unit.UUID = fmt.Sprintf("%08x-2222-4333-8444-%012x", n, n)
	r.Unit.Product, r.Unit.Batch = "tracker-2", "2026-47"
	r.Model, r.Hardware, r.Host, r.Firmware = "nRF9151-LACA", "nRF9151 LACA ADA", "at-host", "mfw_nrf91x1_2.0.3"
	if n%100 == 0 {
		r.Firmware = "mfw_nrf91x1_2.0.1"
	}
	r.Bench = record.Bench{
		Tool: "v1." + strconv.Itoa(n%4) + ".0", Commit: "b7c036c", Binary: digest("binary"), OS: "linux/amd64", Station: "3", Operator: "ak",
		Port: "/dev/ttyACM0", Profile: digest("profile"), Clock: record.Clock{Source: "system"}, Started: r.Time, Ended: r.Time,
	}
	r.KeyOrigin, r.Attempt, r.ElapsedMS = "host", 1, 9800
	ca := strconv.Itoa(2026 + n%10)
	r.Authority = &record.Authority{Subject: "CN=Acme Devices " + ca, SHA256: digest("ca " + ca), SPKI: digest("ca key " + ca), Key: "EC P-256", NotAfter: at, Protection: "encrypted-file"}
	r.Anchor = &record.Anchor{Subject: "CN=Acme Root", SHA256: digest("root"), SPKI: digest("root key"), NotAfter: at, PEMBytes: 648, Source: "file", Trust: "file"}
	c := r.Cert
	c.Issuer, c.IssuerSHA, c.NotBefore, c.NotAfter = r.Authority.Subject, r.Authority.SHA256, at, "2041-12-13T09:50:00Z"
	c.Key, c.Signature, c.KeyUsage, c.ExtKeyUsage, c.PEM = "EC P-256", "ECDSA-SHA256", []string{"digitalSignature"}, []string{"clientAuth"}, unitPEM(t)
	r.Connect = &record.Connect{
		Verdict: cred.Pass, Endpoint: "coaps://lwm2m.example:5684", Address: "192.0.2.7:5684", Path: "host", Version: "DTLS 1.2",
		Suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", ClientAuth: "used", HandshakeMS: 171,
		Peer: []record.Peer{{Subject: "CN=lwm2m.example", Issuer: "CN=Issuing", NotBefore: at, NotAfter: at, Key: "EC P-256", SHA256: digest("peer"), PEMBytes: 600}},
	}
	for _, t := range []string{"T2", "T4", "T6", "T7", "T8", "T9"} {
		r.Tests = append(r.Tests, record.Measured{Test: t, Requirements: []string{"SSM-2"}, Result: "pass", Evidence: "all slots read back"})
	}
	r.Line = &record.Line{BytesOut: 1843, BytesIn: 402, MS: 2100}
	return r
}

var unitPEM = func() func(testing.TB) string {
	var once sync.Once
	var text []byte
	var err error
	return func(t testing.TB) string {
		once.Do(func() { text, err = os.ReadFile(filepath.Join("record", "testdata", "unit.crt")) })
		must(t, err)
		return string(text)
	}
}()

// fill writes units from..to, as many at once as share a commit well. Nothing is measured here, so nothing need reach the disk.
func fill(t testing.TB, s *Store, from, to int) {
	t.Helper()
	_, err := s.pools.Firm.Exec("PRAGMA synchronous = OFF")
	must(t, err)
	abreast(t, 256, from, to, func(n int) error {
		if (n+1)%50_000 == 0 {
			t.Logf("%s: %d units", time.Now().Format(time.TimeOnly), n+1)
		}
		_, err := s.Record(t.Context(), gangRecord(t, n))
		return err
	})
	_, err = s.pools.Firm.Exec("PRAGMA synchronous = FULL")
	must(t, err)
}

// abreast does n from..to, so many at a time, each once.
func abreast(t testing.TB, wide, from, to int, do func(n int) error) {
	t.Helper()
	var next atomic.Int64
	next.Store(int64(from))
	var wait sync.WaitGroup
	errs := make([]error, wide)
	for lane := range wide {
		wait.Go(func() {
			for n := int(next.Add(1)) - 1; n < to && errs[lane] == nil; n = int(next.Add(1)) - 1 {
				errs[lane] = do(n)
			}
		})
	}
	wait.Wait()
	must(t, errors.Join(errs...))
}

// manyUnits is a ledger of so many units.
func manyUnits(b *testing.B) (string, int) {
	b.Helper()
	path := *keptLedger
	if path == "" {
		path = filepath.Join(b.TempDir(), "ledger.db")
	}
	url := "sqlite:" + path
	s := openAt(b, url)
	head, err := s.Head(b.Context())
	must(b, err)
	if n := int(head.Size); n < *units {
		began := time.Now()
		fill(b, s, n, *units)
		b.Logf("filled with %d units in %s", *units-n, time.Since(began).Round(time.Second))
	}
	must(b, s.Close())
	return url, max(int(head.Size), *units)
}

// BenchmarkLedger measures what a ledger of many units does: append as a gang would, verify, one unit's proof, and the questions.
func BenchmarkLedger(b *testing.B) {
	url, n := manyUnits(b)
	info, err := os.Stat(url[len("sqlite:"):])
	must(b, err)
	b.Logf("%d units, %d MB, %d bytes a unit", n, info.Size()>>20, info.Size()/int64(n))
	measured(b, "verify", func(b *testing.B) { benchVerify(b, url) })
	r, err := OpenReader(b.Context(), url)
	must(b, err)
	defer r.Close()
	measured(b, "proof", func(b *testing.B) { benchProof(b, r, n) })
	measured(b, "list-by-imei", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			got, err := r.List(b.Context(), Query{Part: Part{IMEIs: []cred.IMEI{imei(i * 7919 % n)}}})
			must(b, err)
			if len(got) == 0 {
				b.Fatal("the unit is not listed")
			}
		}
	})
	benchAffected(b, r, n)
	measured(b, "unique", func(b *testing.B) {
		for b.Loop() {
			u, err := r.Unique(b.Context())
			must(b, err)
			if u.Verdict != cred.Pass || u.Units < int64(n) {
				b.Fatalf("%d units: %+v", u.Units, u.Findings)
			}
		}
	})
	measured(b, "append-32-lanes", func(b *testing.B) { benchAppend(b, url, false) })
	measured(b, "append-32-lanes-with-journal", func(b *testing.B) { benchAppend(b, url, true) })
}

// benchAffected asks which units have something: one in a hundred, one in ten, all; two things at once; one certificate.
func benchAffected(b *testing.B, r *Reader, n int) {
	old := trait(record.TraitFirmware, "mfw_nrf91x1_2.0.1")
	ca := trait(record.TraitCA, digest("ca 2027").String())
	root := trait(record.TraitAnchor, "CN=Acme Root")
	for _, c := range []struct {
		name string
		want Affected
		hits int
	}{
		{"one-in-100", Affected{Traits: []Trait{old}}, n / 100},
		{"one-in-10", Affected{Traits: []Trait{ca}}, n / 10},
		{"all", Affected{Traits: []Trait{root}}, n},
		{"all-and-one-in-100", Affected{Traits: []Trait{root, old}}, n / 100},
		{"one-in-10-and-all", Affected{Traits: []Trait{ca, root}}, n / 10},
		{"one-serial", Affected{Serial: gangRecord(b, n/2).Cert.Serial}, 1},
	} {
		measured(b, "affected-"+c.name, func(b *testing.B) {
			for b.Loop() {
				hits, unheard, err := r.Affected(b.Context(), c.want)
				must(b, err)
				if len(unheard) > 0 || len(hits) < c.hits {
					b.Fatalf("%d units are affected, at least %d are: %v", len(hits), c.hits, unheard)
				}
			}
		})
	}
}

// measured runs a benchmark and adds what it had of the processors for each round.
func measured(b *testing.B, name string, run func(b *testing.B)) {
	b.Run(name, func(b *testing.B) {
		began := cpuTime()
		run(b)
		b.ReportMetric(float64((cpuTime()-began).Microseconds())/1000/float64(b.N), "cpu-ms/op")
	})
}

func benchVerify(b *testing.B, url string) {
	r, err := OpenReader(b.Context(), url)
	must(b, err)
	defer r.Close()
	for b.Loop() {
		rep, err := r.Verify(b.Context(), nil)
		must(b, err)
		if rep.Verdict != cred.Pass || rep.Records < int64(*units) {
			b.Fatalf("%d records: %+v", rep.Records, rep.Findings)
		}
	}
}

func benchProof(b *testing.B, r *Reader, n int) {
	head, err := r.Head(b.Context())
	must(b, err)
	for i := 0; b.Loop(); i++ {
		id := int64(i * 7919 % n)
		p, err := r.Prove(b.Context(), head.Size, id)
		must(b, err)
		_, body, err := r.Show(b.Context(), strconv.FormatInt(id, 10))
		must(b, err)
		must(b, tlog.CheckRecord(p, head.Size, head.Root, id, tlog.RecordHash(body)))
	}
}

// benchAppend writes units by 32 lanes, each unit durable before its lane goes on. An older ledger is gone on with, so that the trees are as
// deep as they are after so many units.
func benchAppend(b *testing.B, url string, journal bool) {
	const each = 4 * lanes
	s := openAt(b, url)
	defer s.Close()
	done := 0
	head, err := s.Head(b.Context())
	must(b, err)
	start := int(head.Size)
	for b.Loop() {
		abreast(b, lanes, start+done, start+done+each, func(n int) error { return appendUnit(b.Context(), b, s, n, journal) })
		done += each
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "units/s")
	b.ReportMetric(float64(s.commits)/float64(done), "commits/unit")
	b.ReportMetric(each, "units/op")
}

// appendUnit is the ledger's part of one unit: the look whether its identity is free, and its record; with its journal, the forty lines of a
// run of which eight are firm, and the serial.
func appendUnit(ctx context.Context, t testing.TB, s *Store, n int, journal bool) error {
	r := gangRecord(t, n)
	if err := s.Check(ctx, r.Seen(), r.Bindings()...); err != nil {
		return err
	}
	if !journal {
		_, err := s.Record(ctx, r)
		return err
	}
	run, err := s.Begin(ctx, at, nil)
	if err != nil {
		return err
	}
	for i := range 40 {
		write := s.AppendEvent
		if i%5 == 0 {
			write = s.AppendFirm
		}
		if err := write(ctx, run, "slot.written", at, nil); err != nil {
			return err
		}
	}
	r.Run = run
	if err := s.Reserve(ctx, run, at, r.Cert.Serial); err != nil {
		return err
	}
	if _, err := s.Record(ctx, r); err != nil {
		return err
	}
	return s.End(ctx, run, at, RunDone)
}
