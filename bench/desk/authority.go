package desk

import (
	"context"

	"example.org/sectag/bench/past"
	"example.org/sectag/ca"
	"example.org/sectag/ca/certfile"
	"example.org/sectag/ca/keyuri"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
	"example.org/sectag/ledger/record"
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
	return flows.AuthorityLoaded{ID: e.ID, SHA256: info.SHA256, Encrypted: encrypted, Doc: authorityDoc(root, key, encrypted, info.Protection)}, nil
}

func (d *Desk) useRoot(root ca.Root, key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.release()
	d.root, d.keyFile = root, key
	d.Profile.Cert, d.Profile.Key = root.File, key
}

// authorityDoc says who signs, what stands above it, and how its key is kept. Encrypted: something must be typed to open it.
func authorityDoc(root ca.Root, key string, encrypted bool, kept ca.Protection) flows.Doc {
	f := flows.AuthorityFacts{
		Cert: root.File, Key: key, Subject: certfile.Subject(root.Cert), NotBefore: record.Stamp(root.Cert.NotBefore), NotAfter: record.Stamp(root.Cert.NotAfter),
		SHA256: cred.Sum(root.PEM), KeyEncrypted: encrypted, Protection: string(kept),
	}
	if root.Intermediate() {
		top := root.Chain.Root()
		f.Root, f.RootEnd = certfile.Subject(top), record.Stamp(top.NotAfter)
	}
	return codec.Doc(f)
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
		return d.unlock(pass)
	})
	return answer, err
}

func (d *Desk) unlockAuthority(e flows.UnlockAuthority) (flows.Event, error) {
	if err := d.secrets.Use(e.Pass, d.unlock); err != nil {
		return nil, err
	}
	return flows.AuthorityUnlocked{ID: e.ID}, nil
}

func (d *Desk) unlock(pass []byte) error {
	d.mu.Lock()
	root, key := d.root, d.keyFile
	d.mu.Unlock()
	open := keyuri.Open
	if d.Unlock != nil {
		open = d.Unlock
	}
	auth, err := open(root, key, pass)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.auth = auth
	d.mu.Unlock()
	return nil
}

// rootNow is the authority's certificate that is loaded; its Cert is nil when none is.
func (d *Desk) rootNow() ca.Root {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.root
}

// Lock forgets the authority's key: after a while without work, and when the bench is closed.
func (d *Desk) Lock() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.release()
}

// release lets go of the authority. One that is shared is locked by whoever shares it.
func (d *Desk) release() {
	if d.Unlock == nil {
		d.auth.Lock()
	}
	d.auth = nil
}

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
