package mask

import (
	"strings"
	"testing"
)

// A command that is joined to one with quotes is found in every spelling: what carries content is masked, and hidden where it is echoed.
func TestAJoinedCommandHidesNothing(t *testing.T) {
	for _, cmd := range []string{
		`AT+COPS=1,2,"26201";%cmng=0,77,3,"c0ffee5ec4e7"`, `AT+CGDCONT=0,"IP","a"; % Cmng = 0,77,3,"c0ffee5ec4e7"`, `AT+COPS=1,2,"26201";+cpin="c0ffee5ec4e7"`,
		`AT%CMNG=0,42,4,"id";%cmng=0,77,3,"c0ffee5ec4e7"`,
	} {
		if m := Command(cmd); strings.Contains(m, "c0ffee") {
			t.Errorf("%s is shown as %s", cmd, m)
		}
		if !CarriesSecret(cmd) || !strings.Contains(Secret(cmd), "c0ffee5ec4e7") {
			t.Errorf("%s carries %q", cmd, Secret(cmd))
		}
	}
}

func TestForeignTextReadsAsItWasSent(t *testing.T) {
	if got, want := Printable("a\x1b]52;c;x\a\u009b1m\u202eb\u2066\u2028\u2029\u200bc é 한\xff"), "a·]52;c;x··1m·b····c é 한·"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWeigh(t *testing.T) {
	for cmd, want := range map[string]Weight{
		"AT+CGSN=1":                     {},
		"AT+CFUN?":                      {},
		"AT+CFUN=?":                     {},
		"AT+CFUN=4":                     {Mode: true},
		"at + cfun = 0":                 {Mode: true},
		`AT+CF"UN=0`:                    {Mode: true},
		"AT+CGSN;+CFUN=1":               {Mode: true},
		"AT+CFUN=?;+CFUN=1":             {Mode: true},
		"AT%XFACTORYRESET=0":            {Mode: true},
		"AT#XRESET":                     {Mode: true},
		"AT%CMNG=1":                     {},
		"AT%CMNG=2,42,0":                {},
		"AT%CMNG=3,42,0":                {Store: true},
		`AT%CMNG=0,42,3,"00ff"`:         {Secret: true, Store: true},
		"AT%KEYGEN=42,2,0":              {Store: true},
		`AT%KEYINJECT="x.y"`:            {Secret: true, Store: true},
		`AT%XPMNG=0,"-----BEGIN"`:       {Secret: true, Store: true},
		`AT%XSUDO=3,"sig";%CMNG=3,42,2`: {Secret: true, Store: true},
		"AT%CMNG=1;%CMNG=3,42,2":        {Secret: true, Store: true},
		`AT+CPIN="1234"`:                {Secret: true},
		`AT+COPS=1,2,"26201"`:           {},
		"AT+CPIN?":                      {},
	} {
		if got := Weigh(cmd); got != want {
			t.Errorf("%s: %+v, want %+v", cmd, got, want)
		}
	}
}
