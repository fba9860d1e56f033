package shop

import "example.org/sectag/ledger/report/cite"

// Production is what the bench did over time.
type Production struct {
	Days      []Day     `json:"days"`
	Step      string    `json:"step"` // hour, day, week or month: what one row of days is
	Run       Histogram `json:"run"`
	Takt      Histogram `json:"takt"`
	Failures  []Cause   `json:"failures"`
	Findings  []Cause   `json:"findings"`
	Abandoned int       `json:"abandoned_serials"`
	Repeats   int       `json:"repeats"` // slots that were written again because bytes were lost
}

// Day is what happened in one stretch of time. Runs are records of provision and interrupted.
type Day struct {
	From   string `json:"from"`
	Runs   int    `json:"runs"`
	Passed int    `json:"passed"`
	Warned int    `json:"warned"`
	Failed int    `json:"failed"`
}

// Histogram is a distribution in milliseconds. The last bin takes all that is longer.
type Histogram struct {
	N      int   `json:"n"`
	Median int64 `json:"median_ms"`
	P95    int64 `json:"p95_ms"`
	Longer int   `json:"longer"` // left out: a break and no takt
	Bins   []Bin `json:"bins"`
}

// Bin is how many took from From up to, and without, To.
type Bin struct {
	From int64 `json:"from_ms"`
	To   int64 `json:"to_ms"` // 0: no bound
	N    int   `json:"n"`
}

// Cause is a code with how many records say it.
type Cause struct {
	Code     string       `json:"code"`
	Severity string       `json:"severity"`
	Text     string       `json:"text"` // as one record has it
	Hint     string       `json:"hint"`
	N        int          `json:"n"`
	Units    int          `json:"units"`
	Records  cite.Records `json:"records"`
}
