package sim_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
)

// A step is raw bytes from the host and all bytes that the modem then sends; an empty want is silence.
type step struct{ send, want string }

// An exchange is a conversation with a fresh unit; row names the place in nrf91.md that it stands for.
type exchange struct {
	row   string
	cfg   sim.Config
	steps []step
	pty   bool // repeated over a pseudo-terminal: no step of it waits for silence
}

const (
	testIMEI = cred.IMEI(352656100367872)
	on       = "AT+CMEE=1\r"
	okay     = "OK\r\n"
	wrong    = "ERROR\r\n"
	pem      = "-----BEGIN CERTIFICATE-----\r\nMIIB\n-----END CERTIFICATE-----\n"
)

func cmeError(n int) string { return fmt.Sprintf("+CME ERROR: %d\r\n", n) }

// sha is the digest as the modem lists it.
func sha(content string) string { return fmt.Sprintf("%X", sha256.Sum256([]byte(content))) }

func with(cfg sim.Config, faults ...string) sim.Config {
	for _, s := range faults {
		f, err := sim.ParseFault(s)
		if err != nil {
			f = sim.Fault{Name: s} // New then refuses it
		}
		cfg.Faults = append(cfg.Faults, f)
	}
	return cfg
}

// write is the command that stores content in sec_tag 42.
func write(kind int, content string) string {
	return fmt.Sprintf("AT%%CMNG=0,42,%d,\"%s\"\r", kind, content)
}

func exchanges() []exchange {
	old := sim.Config{Firmware: "mfw_nrf9160_1.2.3"}
	mid := sim.Config{Firmware: "mfw_nrf9160_1.3.7"}
	ntn := sim.Config{Firmware: "mfw_nrf9151-ntn_1.0.0"}
	n9161 := sim.Config{Model: "nRF9161"}
	all := [][]exchange{framing(), identity(old, mid, ntn, n9161), modes(old, ntn), store(old, mid), refusals(old, mid), lineRules(), faulty(), hosts(), broken(), attaching()}
	var out []exchange
	for _, part := range all {
		out = append(out, part...)
	}
	return out
}

func framing() []exchange {
	return []exchange{
		{row: "1.1 AT is OK, no CRLF in front", pty: true, steps: []step{{"AT\r", okay}}},
		{row: "1.1 info, then OK", pty: true, steps: []step{{"AT+CGSN\r", "352656100367872\r\nOK\r\n"}}},
		{row: "1.1 ATI is ERROR", steps: []step{{"ATI\r", wrong}}},
		{row: "1.1 names are case-free, as V.250 has it", steps: []step{{"at+cgsn=1\r", "+CGSN: \"352656100367872\"\r\nOK\r\n"}}},
		{row: "1.1 unknown command", steps: []step{{"AT+NOPE\r", wrong}, {"AT#XSMVER\r", wrong}, {"HELLO\r", wrong}, {"AT+\r", wrong}}},
		{row: "1.1 +CMEE=2 is ERROR", steps: []step{{"AT+CMEE=2\r", wrong}}},
		{row: "1.2 +CMEE is 0 at first, its value is read back", pty: true, steps: []step{
			{"AT+CMEE?\r", "+CMEE: 0\r\nOK\r\n"}, {on, okay}, {"AT+CMEE?\r", "+CMEE: 1\r\nOK\r\n"},
		}},
		{row: "1.2 +CMEE 0 is plain ERROR, 1 is numeric", pty: true, steps: []step{
			{"AT%CMNG=3,42,0\r", wrong},
			{on, okay},
			{"AT%CMNG=3,42,0\r", cmeError(513)},
			{"AT+CMEE=0\r", okay},
			{"AT%CMNG=3,42,0\r", wrong},
		}},
		{row: "3.5 an unknown command stays ERROR under +CMEE=1", steps: []step{{on, okay}, {"AT+NOPE\r", wrong}}},
	}
}

func identity(old, mid, ntn, n9161 sim.Config) []exchange {
	return []exchange{
		{row: "1.2 +CGSN forms", steps: []step{
			{"AT+CGSN=0\r", "352656100367872\r\nOK\r\n"},
			{"AT+CGSN=1\r", "+CGSN: \"352656100367872\"\r\nOK\r\n"},
			{"AT+CGSN=2\r", "+CGSN: \"3526561003678701\"\r\nOK\r\n"},
			{"AT+CGSN=3\r", "+CGSN: \"01\"\r\nOK\r\n"},
			{"AT+CGSN=?\r", "+CGSN: (0-3)\r\nOK\r\n"},
			{"AT+CGSN?\r", wrong},
			{"AT+CGSN=4\r", wrong},
			{"AT+CGSN=1,1\r", wrong},
		}},
		{row: "1.2 +CGMI", steps: []step{{"AT+CGMI\r", "Nordic Semiconductor ASA\r\nOK\r\n"}}},
		{row: "1.2 nRF9151", pty: true, steps: []step{
			{"AT+CGMM\r", "nRF9151-LACA\r\nOK\r\n"},
			{"AT+CGMR\r", "mfw_nrf91x1_2.0.3\r\nOK\r\n"},
			{"AT%HWVERSION\r", "%HWVERSION: nRF9151 LACA APA\r\nOK\r\n"},
		}},
		{row: "1.2 nRF9161", cfg: n9161, steps: []step{
			{"AT+CGMM\r", "nRF9161-LACA\r\nOK\r\n"}, {"AT%HWVERSION\r", "%HWVERSION: nRF9161 LACA A0A\r\nOK\r\n"},
		}},
		{row: "1.2 nRF9160", cfg: old, steps: []step{
			{"AT+CGMM\r", "nRF9160-SICA\r\nOK\r\n"},
			{"AT+CGMR\r", "mfw_nrf9160_1.2.3\r\nOK\r\n"},
			{"AT%HWVERSION\r", "%HWVERSION: nRF9160 SICA B0A\r\nOK\r\n"},
		}},
		{row: "1.2 %DEVICEUUID is not in the nRF9160 manual", cfg: mid, steps: []step{{"AT%DEVICEUUID\r", wrong}, {"AT+CGMR\r", "mfw_nrf9160_1.3.7\r\nOK\r\n"}}},
		{row: "1.2 NTN version string", cfg: ntn, steps: []step{{"AT+CGMR\r", "mfw_nrf9151-ntn_1.0.0\r\nOK\r\n"}}},
		{row: "1.2 %XICCID and +CPIN need the UICC on", steps: []step{
			{"AT%XICCID\r", wrong},
			{"AT+CPIN?\r", wrong},
			{"AT+CFUN=1\r", okay},
			{"AT%XICCID\r", "%XICCID: 8901234567012345678F\r\nOK\r\n"},
			{"AT+CPIN?\r", "+CPIN: READY\r\nOK\r\n"},
		}},
		{row: "1.2 +CLAC on nRF9160 lists no %DEVICEUUID", cfg: mid, steps: []step{{"AT+CLAC\r", strings.Join([]string{
			"AT%ATTESTTOKEN", "AT%CMNG", "AT%HWVERSION", "AT%KEYGEN", "AT%XICCID", "AT%XMODEMUUID", "AT%XMONITOR", "AT%XSIM", "AT+CEREG", "AT+CFUN",
			"AT+CGDCONT", "AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+CGSN", "AT+CLAC", "AT+CMEE", "AT+COPS", "AT+CPIN", "OK", "",
		}, "\r\n")}}},
		{row: "1.2 no IMEI programmed", cfg: with(sim.Config{}, "no-imei"), steps: []step{{"AT+CGSN\r", wrong}, {"AT+CGSN=1\r", wrong}}},
		{row: "1.2 +CGMR unreadable", cfg: with(sim.Config{}, "no-firmware"), steps: []step{{"AT+CGMR\r", wrong}}},
	}
}

func modes(old, ntn sim.Config) []exchange {
	return []exchange{
		{row: "1.3 +CFUN reads 4 after boot, is set and read", pty: true, steps: []step{
			{"AT+CFUN?\r", "+CFUN: 4\r\nOK\r\n"},
			{"AT+CFUN=1\r", okay},
			{"AT+CFUN?\r", "+CFUN: 1\r\nOK\r\n"},
			{"AT+CFUN=0\r", okay},
			{"AT+CFUN?\r", "+CFUN: 0\r\nOK\r\n"},
		}},
		{row: "1.3 +CFUN bad mode", steps: []step{{"AT+CFUN=3\r", wrong}, {"AT+CFUN=\r", wrong}, {"AT+CFUN=x\r", wrong}, {"AT+CFUN=1,1\r", wrong}, {"AT+CFUN\r", wrong}}},
		{row: "1.3 +CFUN=? of mfw 1.x, without mode 2", cfg: old, steps: []step{
			{"AT+CFUN=?\r", "+CFUN: (0,1,4,20,21,30,31,40,41,44)\r\nOK\r\n"}, {"AT+CFUN=2\r", wrong},
		}},
		{row: "1.3 mode 2 of newer firmware", steps: []step{{"AT+CFUN=2\r", okay}, {"AT+CFUN?\r", "+CFUN: 2\r\nOK\r\n"}}},
		{row: "1.3 45 and 46 only NTN, and only with two profiles", cfg: ntn, steps: []step{
			{"AT+CFUN=?\r", "+CFUN: (0,1,2,4,20,21,30,31,40,41,44,45,46)\r\nOK\r\n"}, {"AT+CFUN=45\r", wrong},
		}},
		{row: "1.3 GNSS modes keep LTE", steps: []step{{"AT+CFUN=1\r", okay}, {"AT+CFUN=31\r", okay}, {"AT+CFUN?\r", "+CFUN: 1\r\nOK\r\n"}}},
		{row: "4.1 +CEREG and its unsolicited lines", steps: []step{
			{"AT+CEREG?\r", "+CEREG: 0,0\r\nOK\r\n"},
			{"AT+CEREG=5\r", okay},
			{"AT+CFUN=1\r", "OK\r\n+CEREG: 2\r\n+CEREG: 1,\"002F\",\"0012BEEF\",7\r\n"},
			{"AT+CEREG?\r", "+CEREG: 5,1,\"002F\",\"0012BEEF\",7\r\nOK\r\n"},
			{"AT+CFUN=4\r", "OK\r\n+CEREG: 0\r\n"},
			{"AT+CEREG=6\r", wrong},
		}},
	}
}

func store(old, mid sim.Config) []exchange {
	one := func(content string) string { return `%CMNG: 42,0,"` + sha(content) + "\"\r\n" }
	return []exchange{
		{row: "1.4 write, list, delete", pty: true, steps: []step{
			{"AT%CMNG=1,42\r", okay},
			{write(0, pem), okay},
			{"AT%CMNG=1,42\r", one(pem) + okay},
			{"AT%CMNG=1,42,0\r", one(pem) + okay},
			{"AT%CMNG=3,42,0\r", okay},
			{"AT%CMNG=1,42,0\r", okay},
		}},
		{row: "1.4 sha of the exact bytes, with CR, LF and trailing newline", steps: []step{
			{write(0, "a\r\nb\n"), okay},
			{"AT%CMNG=1,42\r", one("a\r\nb\n") + okay},
			{write(0, "a\r\nb"), okay},
			{"AT%CMNG=1,42\r", one("a\r\nb") + okay},
		}},
		{row: "1.4 no validation of PEM at write time", cfg: mid, steps: []step{{write(0, "HONKHONK"), okay}, {"AT%CMNG=1,42\r", one("HONKHONK") + okay}}},
		{row: "1.4 uniqueness: a second write updates", pty: true, steps: []step{{write(0, "one"), okay}, {write(0, "two"), okay}, {"AT%CMNG=1,42\r", one("two") + okay}}},
		{row: "1.4 tag 0 is legal, 2147483647 too", steps: []step{
			{"AT%CMNG=0,0,4,\"id\"\r", okay},
			{"AT%CMNG=0,2147483647,4,\"id\"\r", okay},
			{"AT%CMNG=1,0\r", `%CMNG: 0,4,"` + sha("id") + "\"\r\n" + okay},
		}},
		{row: "1.4 several CAs in one slot", steps: []step{{write(0, pem+pem), okay}, {"AT%CMNG=1,42\r", one(pem+pem) + okay}}},
		{row: "1.4 sha of private key and PSK in the list", steps: []step{
			{write(2, "key"), okay},
			{write(3, "00ff"), okay},
			{"AT%CMNG=1,42\r", `%CMNG: 42,2,"` + sha("key") + "\"\r\n" + `%CMNG: 42,3,"` + sha("00ff") + "\"\r\n" + okay},
		}},
		{row: "1.4 list order is that of writing", steps: []step{
			{"AT%CMNG=0,9,4,\"x\"\r", okay},
			{"AT%CMNG=0,3,4,\"x\"\r", okay},
			{"AT%CMNG=0,5,4,\"x\"\r", okay},
			{"AT%CMNG=0,9,4,\"y\"\r", okay},
			{"AT%CMNG=3,5,4\r", okay},
			{"AT%CMNG=1,9\r", `%CMNG: 9,4,"` + sha("y") + "\"\r\n" + okay},
		}},
		{row: "1.4 reserved tags can be listed alone", steps: []step{
			{"AT%CMNG=1,4294967294,10\r", okay},
			{"AT%CMNG=1,4294967293\r", `%CMNG: 4294967293,10,"` + sha("virtual Nordic identity root CA") + "\"\r\n" + okay},
		}},
		{row: "1.4 and 1.8: mfw 1.2 has no reserved items", cfg: old, steps: []step{{"AT%CMNG=1\r", okay}}},
		{row: "1.8 the sha of mfw 1.2 cannot be used", cfg: old, steps: []step{{write(0, "x"), okay}, {"AT%CMNG=1\r", one("x\x00") + okay}}},
		{row: "1.8 nor that of 1.3.1", cfg: sim.Config{Firmware: "mfw_nrf9160_1.3.1"}, steps: []step{{write(0, "x"), okay}, {"AT%CMNG=1,42\r", one("x\x00") + okay}}},
		{row: "1.8 that of 1.3.2 can", cfg: sim.Config{Firmware: "mfw_nrf9160_1.3.2"}, steps: []step{{write(0, "x"), okay}, {"AT%CMNG=1,42\r", one("x") + okay}}},
		{row: "1.4 read reply is byte-exact, types 0 and 4", pty: true, steps: []step{
			{write(0, pem), okay},
			{"AT%CMNG=2,42,0\r", `%CMNG: 42,0,"` + sha(pem) + `","` + pem + "\"\r\n" + okay},
			{write(4, "id"), okay},
			{"AT%CMNG=2,42,4\r", `%CMNG: 42,4,"` + sha("id") + "\",\"id\"\r\n" + okay},
		}},
		{row: "1.4 quotes round types 3 and 4 may be left out", steps: []step{
			{"AT%CMNG=0,42,3,00ff\r", okay},
			{"AT%CMNG=0,42,4,id\r", okay},
			{"AT%CMNG=0,42,0,x\r", wrong},
			{"AT%CMNG=1,42,3\r", `%CMNG: 42,3,"` + sha("00ff") + "\"\r\n" + okay},
		}},
		{row: "1.4 list and read work while active", cfg: with(sim.Config{}, "online"), steps: []step{
			{"AT%CMNG=1,42\r", okay}, {on, okay}, {"AT%CMNG=2,42,0\r", cmeError(513)},
		}},
		{row: "1.4 password of a key: ignored up to 32 characters", steps: []step{
			{"AT%CMNG=0,42,2,\"k\",\"" + strings.Repeat("p", 32) + "\"\r", okay},
			{on, okay},
			{"AT%CMNG=0,42,2,\"k\",\"" + strings.Repeat("p", 33) + "\"\r", cmeError(0)},
		}},
		{row: "1.4 TLS-decrypt tags on 91x1", steps: []step{{"AT%CMNG=0,2147483667,0,\"x\"\r", okay}, {on, okay}, {"AT%CMNG=0,2147483668,0,\"x\"\r", cmeError(514)}}},
		{row: "1.4 TLS-decrypt tags not on 9160", cfg: mid, steps: []step{{on, okay}, {"AT%CMNG=0,2147483648,0,\"x\"\r", cmeError(514)}}},
	}
}

func refusals(old, mid sim.Config) []exchange {
	write42 := write(0, "x")
	return []exchange{
		{row: "1.4 %CMNG has no ? and no =? form", steps: []step{{"AT%CMNG?\r", wrong}, {"AT%CMNG=?\r", wrong}, {"AT%CMNG\r", wrong}}},
		{row: "1.7 CME 0, bad parameters", steps: []step{
			{on, okay},
			{"AT%CMNG=4\r", cmeError(0)},
			{"AT%CMNG=0,42\r", cmeError(0)},
			{"AT%CMNG=0,42,0\r", cmeError(0)},
			{"AT%CMNG=2,42\r", cmeError(0)},
			{"AT%CMNG=3,42\r", cmeError(0)},
			{"AT%CMNG=1,42,0,1\r", cmeError(0)},
			{"AT%CMNG=1,4294967296\r", cmeError(0)},
			{"AT%CMNG=1,-1\r", cmeError(0)},
			{"AT%CMNG=1,42,14\r", cmeError(0)},
		}},
		{row: "1.4 content is non-empty", steps: []step{{on, okay}, {write(0, ""), cmeError(0)}}},
		{row: "1.8 types 6 and up unknown to 1.2", cfg: old, steps: []step{{on, okay}, {"AT%CMNG=1,42,6\r", cmeError(0)}, {"AT%CMNG=3,42,5\r", cmeError(513)}}},
		{row: "1.4 518 in modes 1, 2 and 21, not in others", pty: true, steps: []step{
			{on, okay},
			{"AT+CFUN=1\r", okay},
			{write42, cmeError(518)},
			{"AT%CMNG=3,42,0\r", cmeError(518)},
			{"AT+CFUN=2\r", okay},
			{write42, cmeError(518)},
			{"AT+CFUN=21\r", okay},
			{write42, cmeError(518)},
			{"AT+CFUN=20\r", okay},
			{write42, okay},
			{"AT+CFUN=44\r", okay},
			{"AT%CMNG=3,42,0\r", okay},
		}},
		{row: "1.4 read or delete of nothing is 513", pty: true, steps: []step{{on, okay}, {"AT%CMNG=2,42,0\r", cmeError(513)}, {"AT%CMNG=3,42,0\r", cmeError(513)}}},
		{row: "1.4 types 1, 2 and 3 are not readable", steps: []step{
			{on, okay},
			{write(1, pem), okay},
			{write(2, pem), okay},
			{write(3, "00"), okay},
			{"AT%CMNG=2,42,1\r", cmeError(514)},
			{"AT%CMNG=2,42,2\r", cmeError(514)},
			{"AT%CMNG=2,42,3\r", cmeError(514)},
		}},
		{row: "1.4 types 5 to 13 are not written by %CMNG", steps: []step{{on, okay}, {write(5, "x"), cmeError(514)}, {write(8, "x"), cmeError(514)}}},
		{row: "1.4 tags above 2147483647 are reserved", steps: []step{
			{on, okay},
			{"AT%CMNG=3,4294967294,6\r", cmeError(514)},
			{"AT%CMNG=2,4294967294,6\r", cmeError(514)},
			{"AT%CMNG=0,4294967292,0,\"x\"\r", cmeError(514)},
		}},
		{row: "1.7 515 full, replacing still fits", cfg: with(sim.Config{}, "full@1"), steps: []step{
			{on, okay}, {write42, okay}, {write42, okay}, {write(1, "x"), cmeError(515)}, {"AT%CMNG=3,42,0\r", okay}, {write(1, "x"), okay},
		}},
		{row: "1.7 515 from the first", cfg: with(sim.Config{}, "full"), pty: true, steps: []step{{on, okay}, {write42, cmeError(515)}}},
		{row: "1.7 519 always", cfg: with(sim.Config{}, "exists"), steps: []step{{on, okay}, {write42, cmeError(519)}}},
		{row: "1.7 519 for an occupied slot", cfg: with(sim.Config{}, "no-replace"), steps: []step{{on, okay}, {write42, okay}, {write42, cmeError(519)}, {"AT%CMNG=3,42,0\r", okay}, {write42, okay}}},
		{row: "1.7 528 with a power-off warning", cfg: with(mid, "power-warning"), steps: []step{{on, okay}, {write42, cmeError(528)}, {"AT%CMNG=3,42,0\r", cmeError(528)}}},
		{row: "1.8 no 528 on 1.2", cfg: with(old, "power-warning"), steps: []step{{on, okay}, {write42, okay}}},
		{row: "1.4 527 of a newer stack", cfg: with(sim.Config{}, "strict"), steps: []step{{on, okay}, {write42, cmeError(527)}, {write(3, "0g"), cmeError(527)}, {write(3, "0a"), okay}}},
		{row: "1.3 a modem that stays active", cfg: with(sim.Config{}, "active"), steps: []step{
			{on, okay}, {"AT+CFUN?\r", "+CFUN: 1\r\nOK\r\n"}, {"AT+CFUN=4\r", wrong}, {write42, cmeError(518)},
		}},
	}
}

func lineRules() []exchange {
	long := strings.Repeat("x", 4095)
	return []exchange{
		{row: "3.2 rule 5: blank lines are dropped", steps: []step{{"\r", ""}, {" \t\n\r", ""}, {"AT\r", okay}}},
		{row: "3.2 rule 1: backspace and DEL take a character", pty: true, steps: []step{{"\x08\x7fATX\x08Y\x7f\r", okay}}},
		{row: "3.2 rule 2: LF does not end, and in front it does no harm", steps: []step{{"\nAT\r", okay}, {"AT\n", ""}, {"\r", wrong}}},
		{row: "3.2 rule 2: NUL outside quotes is ignored", steps: []step{{"A\x00T\r", okay}}},
		{row: "3.2 rule 4: CR and LF inside quotes are data", steps: []step{{"AT%CMNG=0,42,4,\"a\r\nb", ""}, {"\"\r", okay}}},
		{row: "3.2 an odd quote swallows terminators; quote and CR recover", pty: true, steps: []step{{"AT\"\rAT\r\"\r", wrong}, {"AT\r", okay}}},
		{row: "3.2 rule 1: a deleted quote still counts", steps: []step{{"AT\"\x7f\r", ""}, {"\"\x7f\r", wrong}, {"AT\r", okay}}},
		{row: "3.2 rule 3: 4095 characters fit", steps: []step{{"AT" + long[2:] + "\r", wrong}, {"AT\r", okay}}},
		{row: "3.2 rule 3: more is dropped silently", steps: []step{{" AT" + strings.Repeat(" ", 4092) + "XXXX\r", wrong}, {"AT\r", okay}}},
		{row: "3.2 overflow inside quotes is a dead-lock; DEL, quote, CR recover", steps: []step{
			{"AT%CMNG=0,42,0,\"" + long + "\"\r", ""}, {"AT\r", ""}, {"\"\r", ""}, {"\x7f\"\r", okay}, {"AT\r", okay},
		}},
		{row: "3.2 a dead-lock is emptied without being run", steps: []step{
			{"AT%CMNG=0,42,0,\"" + long + "\"\r", ""}, {strings.Repeat("\x7f", 4096) + "\"\x7f", ""}, {"AT\r", okay}, {"AT%CMNG=1,42\r", okay},
		}},
		{row: "3.2 bytes while busy are lost", steps: []step{{"AT\rAT\r", okay}, {"AT\r\n", okay}, {"AT+CGMI\r", "Nordic Semiconductor ASA\r\nOK\r\n"}}},
		{row: "3.1 terminator LF", cfg: sim.Config{Host: "at-host-lf"}, steps: []step{{"AT\n", okay}, {"AT\r", ""}, {"\n", wrong}}},
		{row: "3.1 terminator CRLF", cfg: sim.Config{Host: "at-host-crlf"}, steps: []step{{"AT\r", ""}, {"\n", okay}, {"AT\n", ""}, {"\r\n", wrong}, {"\r\n", ""}}},
		{row: "3.1 terminator NUL", cfg: sim.Config{Host: "at-host-null"}, steps: []step{{"AT\x00", okay}, {"AT\r\n\x00", wrong}}},
		{row: "3.2 a smaller buffer dead-locks on a credential", cfg: with(sim.Config{}, "overflow@64"), steps: []step{
			{"AT\r", okay}, {write(0, strings.Repeat("x", 64)), ""}, {"AT\r", ""},
		}},
	}
}

func faulty() []exchange {
	return []exchange{
		{row: "silent", cfg: with(sim.Config{}, "silent"), steps: []step{{"AT\r", ""}, {"AT+CGSN\r", ""}}},
		{row: "drop", cfg: with(sim.Config{}, "drop@2"), pty: true, steps: []step{{"AT\r", wrong}, {"AT\r", okay}}},
		{row: "damage once", cfg: with(sim.Config{}, "damage@2"), steps: []step{
			{write(0, "abc"), okay},
			{write(0, "abc"), okay},
			{"AT%CMNG=1,42\r", `%CMNG: 42,0,"` + sha("acc") + "\"\r\n" + okay},
			{write(0, "abc"), okay},
			{"AT%CMNG=1,42\r", `%CMNG: 42,0,"` + sha("abc") + "\"\r\n" + okay},
		}},
		{row: "damage always", cfg: with(sim.Config{}, "damage"), pty: true, steps: []step{{write(0, "abc"), okay}, {"AT%CMNG=2,42,0\r", `%CMNG: 42,0,"` + sha("acc") + "\",\"acc\"\r\n" + okay}}},
		{row: "3.7 urc", cfg: with(sim.Config{}, "urc"), steps: []step{{"AT\r", "%CESQ: 62,3,12,1\r\nOK\r\n"}}},
	}
}

func TestExchangesInMemory(t *testing.T) {
	for _, e := range exchanges() {
		t.Run(e.row, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e.cfg.IMEI = testIMEI
				line := attach(t, newModem(t, e.cfg))
				for i, s := range e.steps {
					line.send(t, s.send)
					synctest.Wait()
					if got := line.took(); got != s.want {
						t.Fatalf("step %d, sent %q\n got %q\nwant %q", i, s.send, got, s.want)
					}
				}
			})
		})
	}
}
