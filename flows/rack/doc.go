// Package rack is the station loop: what a technician does two hundred times a day at one port, or at up to 32 side by side. Plug in,
// scan the label where the profile wants that, see PASS, unplug, next.
//
// Rack is the machine: what stands in each lane, which label waits for its unit, and who may begin when. It never talks to a modem: each
// lane has a bench of its own (package station), of which Rack is told a summary (Look), and to which it says what a person would. So
// whatever is lost or late, a lane is only ever asked what a person could have asked.
//
// Read event.go (what can happen, and what is asked of the world), rack.go (what becomes of it), lane.go (one lane), label.go (what a
// scanner typed), actions.go (what a person may do now). tally.go is the other fold: numbers for people, which decide nothing.
package rack
