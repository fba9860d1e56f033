// Package station holds the seven machines together: Bench routes every event to the machine that it is for, lets each begin
// when it is its turn, and is the one machine that a bench runs. Beside it stand the other fold over the same events (Story, for
// what is shown and recorded) and the headless mouth (Orders, which answers the machine's questions from a command line).
//
// Read order.go first: whose turn it is, and what the verdict is, decided from nothing but the stages of the machines. Then
// bench.go (where events go), view.go (what may be asked of a Bench), story.go, orders.go.
package station
