package advice

import "time"

// policyYears is how old the key of a root for websites may become in Mozilla's programme (Root Store Policy, section 7.4).
const policyYears = 15

// transition is Mozilla's schedule for the keys that were old already when the rule was made (wiki.mozilla.org/CA/Root_CA_Lifecycles):
// a key made before the first date loses the websites bit on the second.
var transition = []struct{ before, end time.Time }{
	{day(2006, 1, 1), day(2025, 4, 15)},
	{day(2008, 1, 1), day(2026, 4, 15)},
	{day(2010, 1, 1), day(2027, 4, 15)},
	{day(2012, 1, 1), day(2028, 4, 15)},
	{day(2014, 4, 15), day(2029, 4, 15)},
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// policyEnd is when Mozilla's programme drops a root whose key was made at a time. Nothing in a certificate tells that time; the
// caller gives the earliest notBefore that it knows of the key, and a key may be older than that.
func policyEnd(made time.Time) time.Time {
	for _, t := range transition {
		if made.Before(t.before) {
			return t.end
		}
	}
	return made.UTC().AddDate(policyYears, 0, 0)
}
