package profile

import (
	"example.org/sectag/ca/lint"
	"example.org/sectag/cred"
)

// certificate reads whom units' certificates are for, and holds the template of their names to it: the line is the template's, for that
// is what must be written otherwise.
func (c *checker) certificate(s string, id cred.Template) lint.Profile {
	p, err := lint.ParseProfile(s)
	if err != nil {
		c.refuse("device", "certificate", 0, err.Error(), `write certificate = "lwm2m", or another of them`)
		return lint.LwM2M
	}
	if why, fix := p.NameFault(id.Name(Sample)); why != "" && c.fault() == nil {
		c.refuse("device", "id", 0, "the template "+string(id)+" makes names that do not fit: "+why, fix)
	}
	return p
}

// Sample stands for any IMEI: fifteen digits, of which no rule looks at the value.
const Sample = cred.IMEI(999_999_999_999_999)
