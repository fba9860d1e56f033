package endpoint

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Most tests here wait for a server, not for a processor: more of them may run at a time than there are cores.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		os.Exit(2)
	}
	goleak.VerifyTestMain(m)
}
