package profile

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"example.org/sectag/flows/rack"
)

// start reads who lets the work on a unit begin at a station.
func (c *checker) start(s string) rack.Start {
	if s == "" {
		return rack.Key
	}
	rule, ok := rack.ParseStart(s)
	if !ok {
		c.refuse("station", "start", 0, fmt.Sprintf("%q is no rule", s), `write start = "key", "label" or "auto"`)
	}
	return rule
}

// ports are the names, or patterns as of a shell, of the ports that a station works at.
func (c *checker) ports(names []string) []string {
	for i, n := range names {
		_, err := path.Match(n, "")
		switch {
		case n == "" || strings.TrimSpace(n) != n || err != nil:
			c.refuse("station", "ports", 0, fmt.Sprintf("%q is no port and no pattern of ports", n), `write names such as "/dev/ttyACM0" or "COM3", or patterns such as "/dev/serial/by-id/*-if00"`)
		case slices.Contains(names[:i], n):
			c.refuse("station", "ports", 0, fmt.Sprintf("%q was named already", n), "name each port once")
		}
	}
	if len(names) > rack.MaxLanes {
		c.refuse("station", "ports", 0, fmt.Sprintf("a station has %d ports at most", rack.MaxLanes), "name fewer, or a pattern")
	}
	return names
}

// stationText is what the station's table says of the loop, where it is not as it is without a word.
func (p *Profile) stationText() string {
	text := ""
	if p.Start != rack.Key {
		text += "start = " + quote(p.Start.String()) + "\n"
	}
	if len(p.Ports) > 0 {
		var names []string
		for _, n := range p.Ports {
			names = append(names, quote(n))
		}
		text += "ports = [" + strings.Join(names, ", ") + "]\n"
	}
	return text
}
