package rack

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/port"
)

// look looks at the ports at once and then again and again, until ctx is done.
func (r *Rack) look(ctx context.Context) {
	again := time.NewTicker(r.Every)
	defer again.Stop()
	for ctx.Err() == nil {
		ports, err := r.Lister.Ports(ctx)
		if ctx.Err() != nil {
			return
		}
		s := newSight(ports, r.Ports)
		if err != nil {
			s.fault = cred.AsFault(err)
		}
		r.in.put(letter{sight: &s})
		select {
		case <-again.C:
		case <-ctx.Done():
		}
	}
}

// sight is one look at the ports.
type sight struct {
	ports []port.Info
	names map[string]bool // of all that are there
	named map[string]bool // of those that are named, as they are (true) or by a pattern
	fault *cred.Fault
}

// newSight is what a list says, and what is named and in no list: files, lines elsewhere, virtual modems.
func newSight(ports []port.Info, named []string) sight {
	s := sight{ports: ports, names: map[string]bool{}, named: map[string]bool{}}
	for _, p := range ports {
		s.names[p.Name] = true
	}
	for _, name := range named {
		found := there(name)
		for _, p := range ports {
			if means(name, p.Name) || p.Stable != "" && means(name, p.Stable) {
				found = append(found, p.Name)
			}
		}
		for _, f := range found {
			s.named[f] = s.named[f] || !pattern(name)
			if !s.names[f] {
				s.names[f] = true
				s.ports = append(s.ports, port.Info{Name: f, Role: port.Unknown})
			}
		}
	}
	return s
}

// means tells whether a name or a pattern means a port.
func means(name, port string) bool {
	if !pattern(name) {
		return name == port
	}
	ok, err := path.Match(name, port)
	return err == nil && ok
}

// there are the ports that a name or a pattern means and that need no list, by the name that the system has for them.
func there(name string) []string {
	if scheme, _, ok := strings.Cut(name, ":"); ok && (scheme == "tcp" || scheme == "sim") {
		if pattern(name) {
			return nil
		}
		return []string{name}
	}
	if !filepath.IsAbs(name) {
		return nil // such as COM3: the list knows
	}
	found, err := filepath.Glob(name)
	if err != nil || !pattern(name) {
		found = []string{name}
	}
	var out []string
	for _, f := range found {
		real, err := filepath.EvalSymlinks(f)
		if err != nil {
			continue // to be plugged in
		}
		if st, err := os.Stat(real); err == nil && !st.IsDir() {
			out = append(out, real)
		}
	}
	return out
}

// pattern tells whether a name means several. The question mark of a virtual modem's settings is none.
func pattern(name string) bool { return strings.ContainsAny(name, "*[") }
