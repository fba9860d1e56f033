// Package bench makes happen what flows decides. Run is one loop in one goroutine that owns the machine: take an event, step,
// append the event to the journal, show the new state, start the effects. A screen and a headless policy are two mouths of that
// loop; both put events into its mailbox and receive every shot of it.
//
// Read run.go (the loop), bench.go (loop, desk and journal together), drive.go (the headless mouth), recover.go (the run of a
// process that died), document.go (what became of a unit). The rooms below: desk performs the effects, past asks the ledger,
// evidence writes records, profile reads sectag.toml, ask answers questions that need no run. Nothing here prints.
package bench
