//go:build darwin && !cgo

package port

import "go.bug.st/serial"

// enumerate knows only names: the library reads macOS's IOKit through cgo, and this build has none.
func enumerate() ([]Info, error) {
	names, err := serial.GetPortsList()
	if err != nil {
		return nil, err
	}
	var out []Info
	for _, n := range names {
		out = append(out, Info{Name: n})
	}
	return out, nil
}
