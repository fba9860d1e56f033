package desk

import (
	"example.org/sectag/ca"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
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
	info, err := ca.Show(cert, key)
	if err != nil {
		return answer, err
	}
	d.useRoot(root, key)
	encrypted := info.KeyEncrypted == nil || *info.KeyEncrypted
	return flows.AuthorityLoaded{ID: e.ID, SHA256: info.SHA256, Encrypted: encrypted, Doc: authorityDoc(info, cert, key, encrypted)}, nil
}

func (d *Desk) useRoot(root ca.Root, key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.auth.Lock()
	d.root, d.keyFile, d.auth = root, key, nil
	d.Profile.Cert, d.Profile.Key = root.File, key
}

func authorityDoc(i ca.Info, cert, key string, encrypted bool) flows.Doc {
	return doc(flows.AuthorityFacts{
		Cert: cert, Key: key, Subject: i.Subject, NotBefore: i.NotBefore.Format(rfc3339), NotAfter: i.NotAfter.Format(rfc3339),
		SHA256: i.SHA256, KeyEncrypted: encrypted,
	})
}

// rfc3339 is the contract's form of a time, in UTC.
const rfc3339 = "2006-01-02T15:04:05Z07:00"

// createAuthority makes a root and opens it at once: whoever made it knows the passphrase.
func (d *Desk) createAuthority(e flows.CreateAuthority) (flows.Event, error) {
	var answer flows.AuthorityLoaded
	err := d.secrets.use(e.Pass, func(pass []byte) error {
		made, err := ca.Init(ca.InitOptions{Dir: e.Dir, Subject: e.Subject, Days: e.Days, Passphrase: pass, Clock: d.clock()})
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
	if err := d.secrets.use(e.Pass, d.unlock); err != nil {
		return nil, err
	}
	return flows.AuthorityUnlocked{ID: e.ID}, nil
}

func (d *Desk) unlock(pass []byte) error {
	d.mu.Lock()
	root, key := d.root, d.keyFile
	d.mu.Unlock()
	auth, err := root.Unlock(key, pass)
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
	d.auth.Lock()
	d.auth = nil
}

// clock is everything that is known about the time.
func (d *Desk) clock() ca.Clock {
	d.mu.Lock()
	defer d.mu.Unlock()
	return ca.Clock{Now: d.Now(), Build: d.Tool.Built, ServerDate: d.date, ServerSeen: d.dateAt}
}
