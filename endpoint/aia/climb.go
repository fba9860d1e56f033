package aia

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"example.org/sectag/endpoint/chain"
)

// The bounds of one climb.
const (
	MaxBytes    = 64 << 10         // of one answer
	MaxEach     = 4                // addresses of one certificate: authorities name one or two
	MaxTried    = 8                // addresses in all, those among them that are refused before a request goes out
	MaxRequests = 8                // in all, redirects among them
	MaxTime     = 10 * time.Second // in all
)

// Options say whom to ask and how. The zero value is the real network, public addresses only.
type Options struct {
	Private bool                      // also follow addresses in private ranges
	Time    time.Duration             // for the whole climb; 0 is MaxTime
	Wait    func(limit time.Duration) // told when the first request begins; may be nil
	// Resolve finds the addresses of a name; nil is the system's resolver.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	// Dial is only ever called with an address that was judged; nil is the system's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// Skip is an address that led nowhere.
type Skip struct {
	URL string
	Err error // errors.Is(Err, ErrPrivate) for one that was not asked because of where it lies
}

// Climber fetches issuers. It is used by one goroutine.
type Climber struct {
	o        Options
	client   *http.Client
	until    time.Time // zero before the first request
	requests int
	asked    map[string]bool
	left     map[string]bool // addresses that were not tried, because of the bounds
	skips    []Skip
	date     time.Time
	dated    time.Time
}

// New makes a climber for one climb; its ten seconds begin with the first request.
func New(o Options) *Climber {
	if o.Time <= 0 {
		o.Time = MaxTime
	}
	if o.Resolve == nil {
		o.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = func(time.Duration) {}
	}
	c := &Climber{o: o, asked: map[string]bool{}, left: map[string]bool{}}
	c.client = &http.Client{
		CheckRedirect: func(r *http.Request, _ []*http.Request) error { return c.admit(r.URL) },
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve the name itself, unjudged
			DialContext:            c.connect,
			DisableKeepAlives:      true, // the next name must be judged, whatever is open already
			DisableCompression:     true, // the cap is on what we hold
			MaxResponseHeaderBytes: 16 << 10,
		},
	}
	return c
}

// Skips are the addresses that led nowhere, [MaxTried] at most.
func (c *Climber) Skips() []Skip { return c.skips }

// Untried is how many more addresses there were that nobody tried: a stranger names as many as he likes.
func (c *Climber) Untried() int { return len(c.left) }

// Date is the newest time that a server named in a Date header, and the time of our clock at which it did; ok is false if
// none did. It is unproven, and good enough to doubt a clock by.
func (c *Climber) Date() (server, ours time.Time, ok bool) { return c.date, c.dated, !c.date.IsZero() }

// Issuers asks the addresses in the certificate, one after the other, until one gives an issuer: each certificate returned
// signed the child and may do so. What else came along in the same answer and is no issuer of it is dropped. The first [MaxEach] are
// tried, as long as the climb's other bounds allow, so that one certificate does not use up what the others need.
func (c *Climber) Issuers(ctx context.Context, child *x509.Certificate) []*x509.Certificate {
	var left []string
	seen := map[string]bool{}
	for _, address := range child.IssuingCertificateURL {
		seen[address] = true
		if c.asked[address] {
			continue
		}
		if len(seen) > MaxEach || len(c.asked) >= MaxTried || c.requests >= MaxRequests {
			left = append(left, address)
			continue
		}
		c.asked[address] = true
		delete(c.left, address)
		found, err := c.fetch(ctx, address, child)
		if err != nil {
			c.skips = append(c.skips, Skip{URL: chain.Name(address), Err: err})
			continue
		}
		return found
	}
	for _, address := range left { // where an issuer was found nobody misses them
		c.left[address] = true
	}
	return nil
}

func (c *Climber) fetch(ctx context.Context, address string, child *x509.Certificate) ([]*x509.Certificate, error) {
	body, err := c.get(ctx, address)
	if err != nil {
		return nil, err
	}
	certs, err := Parse(body)
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	var why error
	for _, parent := range certs {
		if parent.Equal(child) {
			why = errors.New("it gives the same certificate again")
			continue
		}
		if e := chain.Issues(parent, child); e != nil {
			why = e
			continue
		}
		out = append(out, parent)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("what it gives is not the issuer: %w", why)
	}
	return out, nil
}

// admit judges an address before a request goes out, a redirect's too.
func (c *Climber) admit(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%s is no http address", chain.Name(u.Scheme+":…"))
	}
	if u.Hostname() == "" || u.User != nil {
		return errors.New("it is no plain http address")
	}
	if c.requests++; c.requests > MaxRequests {
		return fmt.Errorf("more than %d requests", MaxRequests)
	}
	return nil
}

func (c *Climber) get(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("it is no address")
	}
	if err := c.admit(u); err != nil {
		return nil, err
	}
	if c.until.IsZero() {
		c.o.Wait(c.o.Time)
		c.until = time.Now().Add(c.o.Time)
	}
	ctx, cancel := context.WithDeadline(ctx, c.until)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("it is no address")
	}
	request.Header.Set("User-Agent", "sectag")
	response, err := c.client.Do(request)
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	defer response.Body.Close()
	c.note(response.Header)
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxBytes+1))
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	if len(body) > MaxBytes {
		return nil, fmt.Errorf("its answer is longer than %d bytes", MaxBytes)
	}
	return body, nil
}

// explain takes the library's wrapping off, which repeats the address.
func (c *Climber) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("no whole answer within %s in all: %w", c.o.Time, ctx.Err())
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// note takes the server's time down. A cache repeats the Date of the origin and says how old it is (RFC 9111, section 5.1).
func (c *Climber) note(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	if age := h.Get("Age"); age != "" {
		n, err := strconv.ParseUint(age, 10, 31)
		if err != nil {
			return
		}
		date = date.Add(time.Duration(n) * time.Second)
	}
	if date.After(c.date) {
		c.date, c.dated = date, c.o.Now()
	}
}
