package profile

import (
	"slices"
	"strings"
	"testing"

	"example.org/sectag/cred"
	"example.org/sectag/flows/rack"
)

func TestAStationsRuleAndItsPorts(t *testing.T) {
	for text, want := range map[string]struct {
		start rack.Start
		ports []string
		say   string
	}{
		``:                              {},
		`start = "key"`:                 {},
		`start = "auto"`:                {start: rack.Auto},
		`start = "label"`:               {start: rack.Labelled},
		`ports = ["COM3", "/dev/tty*"]`: {ports: []string{"COM3", "/dev/tty*"}},
		`start = "Label"`:               {say: `"Label" is no rule`},
		`ports = [""]`:                  {say: `"" is no port`},
		`ports = ["/dev/tty["]`:         {say: "no pattern"},
		`ports = ["COM3", "COM3"]`:      {say: "named already"},
		`ports = ["COM3 "]`:             {say: "no port"},
		"ports = [" + strings.Repeat(`"a*",`, 40) + "]": {say: "named already"},
	} {
		p, err := Parse("sectag.toml", []byte("[station]\n"+text+"\n"))
		if want.say != "" {
			if f := cred.AsFault(err); err == nil || f.Code != "config.value" || !strings.Contains(f.Text, want.say) || !strings.Contains(f.Text, "2") {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err != nil || p.Start != want.start || !slices.Equal(p.Ports, want.ports) {
			t.Errorf("%s: %+v, %v", text, p, err)
			continue
		}
		again, err := Parse("sectag.toml", []byte(p.Text(".")))
		if err != nil || again.Start != p.Start || !slices.Equal(again.Ports, p.Ports) {
			t.Errorf("%s: written %s, read %+v, %v", text, p.Text("."), again, err)
		}
	}
}
