package gang

import (
	"context"
	"crypto/subtle"
	"sync"

	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cred"
)

// ring holds the authority that the lanes share. To open an encrypted key takes a good part of a second on purpose, so it is opened
// once; and a passphrase that does not open it is tried once.
type ring struct {
	life  context.Context // of the lanes' work: what signs ends with it
	mu    sync.Mutex
	auth  *ca.Authority
	root  cred.Digest // that auth is of
	file  string
	wrong []byte // the passphrase that failed last
	fault error
}

// unlock is for a desk's Config. The authority is safe for several goroutines.
func (r *ring) unlock(root ca.Root, keyFile string, pass []byte) (*ca.Authority, error) {
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
	if r.auth, r.fault = keyuri.Open(r.life, root, keyFile, pass); r.fault != nil {
		r.wrong = append([]byte(nil), pass...)
	}
	return r.auth, r.fault
}

// forget locks what is open.
func (r *ring) forget() {
	r.auth.Lock()
	clear(r.wrong)
	r.auth, r.wrong, r.fault = nil, nil, nil
}

// close locks the authority behind the last lane.
func (r *ring) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget()
}
