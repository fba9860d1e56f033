// Package shared is what benches have together that work side by side: the authority, which is opened once (ring.go), and the units, of
// which each is one lane's only (claims.go). The ledger is safe to share by itself; what runs that died left to do is bench.Estate.
package shared

import (
	"context"
	"crypto/subtle"
	"sync"

	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cred"
)

// Ring holds the authority that lanes share. To open an encrypted key takes a good part of a second on purpose, so it is opened
// once; and a passphrase that does not open it is tried once.
type Ring struct {
	Life context.Context // of the lanes' work: what signs ends with it; set before the first lane begins

	mu    sync.Mutex
	auth  *ca.Authority
	root  cred.Digest // that auth is of
	file  string
	wrong []byte // the passphrase that failed last
	fault error
}

// Unlock is for a desk's Config. The authority is safe for several goroutines.
func (r *Ring) Unlock(root ca.Root, keyFile string, pass []byte) (*ca.Authority, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.root != cred.Sum(root.PEM) || r.file != keyFile {
		r.forget()
		r.root, r.file = cred.Sum(root.PEM), keyFile
	}
	if r.auth != nil && !r.auth.Locked() {
		return r.auth, nil
	}
	if r.fault != nil && subtle.ConstantTimeCompare(r.wrong, pass) == 1 {
		return nil, r.fault
	}
	clear(r.wrong)
	if r.auth, r.fault = keyuri.Open(r.Life, root, keyFile, pass); r.fault != nil {
		r.wrong = append([]byte(nil), pass...)
	}
	return r.auth, r.fault
}

// forget locks what is open.
func (r *Ring) forget() {
	r.auth.Lock()
	clear(r.wrong)
	r.auth, r.wrong, r.fault = nil, nil, nil
}

// Close locks the authority, behind the last lane or because nobody works; it is opened again for whoever brings the passphrase.
func (r *Ring) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget()
}
