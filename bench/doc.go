// Package bench makes happen what flows decides. Run is one loop in one goroutine that owns the machine: take an event, step,
// append the event to the journal, start the effects, show the new state. A screen and a headless policy are two mouths of that
// loop; both put events into its mailbox and receive every shot of it.
//
// Desk performs the effects, one file a room: authority.go, port.go, unit.go, plan.go, prepare.go, work.go, far.go, record.go.
// It keeps what machines must not hold: secrets, open ports, texts, prepared keys. recover.go closes the run of a process that
// died. Nothing here decides what comes next, and nothing here prints.
package bench
