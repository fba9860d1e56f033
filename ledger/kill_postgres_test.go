package ledger

import (
	"sync"
	"testing"

	"example.org/sectag/internal/peers"
)

// TestTheServerCrashes in the middle of many writes. What was acknowledged is there, and the same store goes on when the server is back.
func TestTheServerCrashes(t *testing.T) {
	p, err := peers.StartPostgres()
	must(t, err)
	defer p.Close()
	schema, err := p.Schema()
	must(t, err)
	s := openAt(t, p.URL(schema, "", 0))
	const lanes, enough = 4, 40
	written := make(chan string, 10000)
	var all sync.WaitGroup
	for lane := range lanes {
		all.Go(func() {
			for i := 0; ; i++ {
				w, err := s.Record(t.Context(), unitRecord(1000*lane+i, 1))
				if err != nil {
					return
				}
				written <- w.ID + " " + w.Record.Cert.Serial
			}
		})
	}
	acks := map[string]bool{}
	for range enough {
		acks[<-written] = true
	}
	must(t, p.Crash())
	all.Wait()
	close(written)
	for a := range written {
		acks[a] = true
	}
	rep := mustVerify(t, s.Reader)
	list, err := s.List(t.Context(), Query{})
	must(t, err)
	for _, v := range list {
		r, _, err := s.Show(t.Context(), v.Record)
		must(t, err)
		delete(acks, v.Record+" "+r.Cert.Serial)
	}
	if len(acks) > 0 {
		t.Errorf("acknowledged and lost: %v", acks)
	}
	w, err := s.Record(t.Context(), unitRecord(9000, 1))
	must(t, err)
	if w.Index != rep.Records {
		t.Errorf("record %d after %d", w.Index, rep.Records)
	}
	mustVerify(t, s.Reader)
}
