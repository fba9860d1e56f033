// Package keyring holds the authority that a desk works with: whose certificate it is, where its key lies, and the key once it is open.
// Nothing here is shown or asked; the desk does that.
package keyring

import (
	"context"
	"sync"

	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
)

// Open opens an authority with the key of that name. Faults: those of keyuri.Open.
type Open func(root ca.Root, key string, pass []byte) (*ca.Authority, error)

// Ring is the authority. It is safe for several goroutines.
type Ring struct {
	shared Open

	mu   sync.Mutex
	life context.Context // of the run: what signs ends with it
	root ca.Root
	key  string
	auth *ca.Authority
}

// New is a ring without an authority. shared opens one that others have, too, and that is theirs to lock; nil: it is this ring's own.
func New(shared Open) *Ring { return &Ring{shared: shared, life: context.Background()} }

// Live says how long the run lives that the authority is opened for. Work on a modem goes on when it ends, until the unit is left in
// order; a command that signs is killed then, since it could keep everybody waiting.
func (r *Ring) Live(run context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life = run
}

// Use takes another authority; the one before is locked.
func (r *Ring) Use(root ca.Root, key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
	r.root, r.key = root, key
}

// Unlock opens the authority that is used. Faults: those of Open.
func (r *Ring) Unlock(pass []byte) error {
	r.mu.Lock()
	root, key, life, open := r.root, r.key, r.life, r.shared
	r.mu.Unlock()
	if open == nil {
		open = func(root ca.Root, key string, pass []byte) (*ca.Authority, error) {
			return keyuri.Open(life, root, key, pass)
		}
	}
	auth, err := open(root, key, pass)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.auth = auth
	return nil
}

// Now is the authority's certificate, whose Cert is nil where none is used, and the authority, nil where it is not open.
func (r *Ring) Now() (ca.Root, *ca.Authority) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.root, r.auth
}

// Lock forgets the key.
func (r *Ring) Lock() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
}

// release lets go of the authority. One that is shared is locked by whoever shares it.
func (r *Ring) release() {
	if r.shared == nil {
		r.auth.Lock()
	}
	r.auth = nil
}
