package shelf

import (
	"fmt"
	"slices"
	"strings"

	"example.org/sectag/cred"
)

// Others names the user's tags in a list beside the one in question, six at most, for a person who must make room. Empty if there are none.
func Others(items []Item, but cred.SecTag) string {
	count := map[cred.SecTag]int{}
	var tags []cred.SecTag
	for _, i := range items {
		if i.Reserved() || i.SecTag == but {
			continue
		}
		if count[i.SecTag]++; count[i.SecTag] == 1 {
			tags = append(tags, i.SecTag)
		}
	}
	slices.Sort(tags)
	var out []string
	for n, t := range tags {
		if n == 6 {
			out = append(out, fmt.Sprintf("and %d more", len(tags)-n))
			break
		}
		out = append(out, fmt.Sprintf("tag %d (slots: %d)", t, count[t]))
	}
	return strings.Join(out, ", ")
}
