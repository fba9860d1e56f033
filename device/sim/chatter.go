package sim

import "fmt"

// chatter is the n-th text of a firmware that has no AT host on this port: what its boot prints, then a line of its log.
func chatter(n int) string {
	if n == 0 {
		return "*** Booting nRF Connect SDK v2.9.0 ***\r\n*** Using Zephyr OS v3.7.99 ***\r\n" +
			"[00:00:00.251,342] <inf> main: tracker started\r\n"
	}
	return fmt.Sprintf("[%02d:%02d:%02d.%03d,000] <inf> main: battery 3912 mV\r\n", n/14400, n/240%60, n/4%60, n%4*250)
}
