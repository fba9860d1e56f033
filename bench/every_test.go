package bench_test

import "flag"

// every is for make sweep: each thing that can go wrong is tried at each byte. Without it they take turns, and fewer bytes are tried of
// a unit that is not blank.
var every = flag.Bool("every", false, "sweep with everything that can go wrong at every byte")
