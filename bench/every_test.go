package bench_test

import "flag"

// every is for make sweep: each thing that can go wrong is tried at each byte. Without it they take turns, and fewer bytes are tried of
// a unit that is not blank.
var every = flag.Bool("every", false, "sweep with everything that can go wrong at every byte")

// spare is how many bytes a sweep goes on by: so many in make test, which must not take long, and each in make sweep. An odd number keeps
// what takes turns from byte to byte taking turns.
func spare(step int) int {
	if *every {
		return thin
	}
	return thin * step
}
