// Package advice says which root a unit should hold to believe a server, and which one beside it for the day on which the server
// moves to another. A unit cannot ask again for ten years, so the nearest root is not good enough an answer: a root ends, its
// programme drops it sooner, the server may lead to it only by a cross-sign, and a slot is short of room.
//
//   - [Judge] is chain.Judge with a choice: it looks for every way up, chooses, and has the chosen one judged.
//   - [Advice] is what it says: candidates from the best to the refused, the backup, and why, in two lines.
//
// To read it: paths.go finds the ways (a CA is its name and its key, whatever certificates it has), policy.go knows when Mozilla
// drops a root, rank.go orders and is pure, backup.go looks for the second root, words.go says it all. Nothing here opens a
// connection: what is fetched is fetched by the caller's Fetch.
//
// The choice always verifies what the server sends with nothing but itself, if any root does: that is what a modem has. A verifier that
// never turns back must arrive too, for nobody says whether a modem's does.
package advice
