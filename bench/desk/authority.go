package desk

import (
	"context"

	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/past"
	"example.org/sectag/ca"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

func (d *Desk) loadAuthority(e flows.LoadAuthority) (answer flows.AuthorityLoaded, err error) {
	cert, key, p := e.Cert, e.Key, d.profile()
	if cert == "" {
		cert = p.Cert
	}
	if key == "" {
		key = p.Key
	}
	if cert == "" || key == "" {
		return answer, cred.Failed("config.value", "no authority is named", "name certificate and key in the profile, or make an authority with sectag ca init")
	}
	root, err := ca.Load(cert, d.Now())
	if err != nil {
		return answer, err
	}
	info, err := keyuri.Show(cert, key)
	if err != nil {
		return answer, err
	}
	encrypted, err := keyuri.NeedsPassphrase(cert, key)
	if err != nil {
		return answer, err
	}
	d.useRoot(root, key)
	return flows.AuthorityLoaded{ID: e.ID, SHA256: info.SHA256, Encrypted: encrypted, Doc: codec.Doc(identity.Signs(root, key, encrypted, info.Protection))}, nil
}

func (d *Desk) useRoot(root ca.Root, key string) {
	d.keys.Use(root, key)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Profile.Cert, d.Profile.Key = root.File, key
}

// createAuthority makes a root and opens it at once: whoever made it knows the passphrase.
func (d *Desk) createAuthority(ctx context.Context, e flows.CreateAuthority) (flows.Event, error) {
	var answer flows.AuthorityLoaded
	err := d.secrets.Use(e.Pass, func(pass []byte) error {
		clock, err := d.clock(ctx)
		if err != nil {
			return err
		}
		made, err := ca.Init(ca.InitOptions{Dir: e.Dir, Subject: e.Subject, Days: e.Days, Passphrase: pass, Clock: clock})
		if err != nil {
			return err
		}
		if answer, err = d.loadAuthority(flows.LoadAuthority{ID: e.ID, Cert: made.Cert, Key: made.Key}); err != nil {
			return err
		}
		answer.Open = true
		return d.keys.Unlock(pass)
	})
	return answer, err
}

func (d *Desk) unlockAuthority(e flows.UnlockAuthority) (flows.Event, error) {
	if err := d.secrets.Use(e.Pass, d.keys.Unlock); err != nil {
		return nil, err
	}
	return flows.AuthorityUnlocked{ID: e.ID}, nil
}

// rootNow is the authority's certificate that is loaded; its Cert is nil when none is.
func (d *Desk) rootNow() ca.Root {
	root, _ := d.keys.Now()
	return root
}

// Lock forgets the authority's key: after a while without work, and when the bench is closed.
func (d *Desk) Lock() { d.keys.Lock() }

// clock is everything that is known about the time.
func (d *Desk) clock(ctx context.Context) (ca.Clock, error) {
	newest, err := past.Newest(ctx, d.reader())
	if err != nil {
		return ca.Clock{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return ca.Clock{Now: d.Now(), Build: d.Tool.Built, NewestRecord: newest, ServerDate: d.date, ServerSeen: d.dateAt}, nil
}
