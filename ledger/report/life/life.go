// Package life puts what ends beside how long a product is used: its units' certificates, its records, its file.
package life

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"example.org/sectag/ledger/record"
)

// TenYears is how long a product is used where nobody says otherwise.
const TenYears = 3652 * 24 * time.Hour

// Horizon is what ends when, against the product's life.
type Horizon struct {
	From      string `json:"from"`       // the first delivery
	Delivered string `json:"delivered"`  // the last one
	LifeDays  int    `json:"life_days"`  //
	LifeFrom  string `json:"life_from"`  // profile or assumed
	LifeEnds  string `json:"life_ends"`  // of the unit that was delivered last
	CertFirst string `json:"cert_first"` // the certificate that ends first
	CertLast  string `json:"cert_last"`
	Early     int    `json:"early"` // units whose certificate ends before their life does
	Years     []Year `json:"years"` // in which certificates end
}

// Year is how many units' certificates end in it.
type Year struct {
	Year  int `json:"year"`
	Units int `json:"units"`
}

// Retention is how long records and file are to be kept.
type Retention struct {
	Until string `json:"until"` // the later of both
	File  string `json:"file"`  // the last delivery and ten years (RED, Article 10(4))
	Life  string `json:"life"`  // the end of the last unit's life
}

// Unit is one unit that was delivered: when, and when its certificate ends ("": it has none). Times are those of records.
type Unit struct{ At, Ends string }

// Of puts the ends of the units' certificates beside the product's life. assumed says that the life is nobody's word.
func Of(units []Unit, life time.Duration, assumed bool) Horizon {
	h := Horizon{LifeDays: int(life.Hours() / 24), LifeFrom: "profile", Years: []Year{}}
	if assumed {
		h.LifeFrom = "assumed"
	}
	years := map[int]int{}
	for _, u := range units {
		if h.From == "" || u.At < h.From {
			h.From = u.At
		}
		h.Delivered = max(h.Delivered, u.At)
		if u.Ends == "" {
			continue
		}
		if h.CertFirst == "" || u.Ends < h.CertFirst {
			h.CertFirst = u.Ends
		}
		h.CertLast = max(h.CertLast, u.Ends)
		if u.Ends < After(u.At, life) {
			h.Early++
		}
		if y, err := strconv.Atoi(u.Ends[:4]); err == nil {
			years[y]++
		}
	}
	if h.Delivered != "" {
		h.LifeEnds = After(h.Delivered, life)
	}
	for _, y := range slices.Sorted(maps.Keys(years)) {
		h.Years = append(h.Years, Year{y, years[y]})
	}
	return h
}

// After is a time and a product's life; "" of what is no time of a record.
func After(at string, life time.Duration) string {
	t, err := record.ParseStamp(at)
	if err != nil {
		return ""
	}
	return record.Stamp(t.Add(life))
}

// Retention is how long the file is kept: ten years after the last unit was placed on the market, and as long as the last unit lives.
func (h Horizon) Retention() Retention {
	t, err := record.ParseStamp(h.Delivered)
	if err != nil {
		return Retention{}
	}
	r := Retention{File: record.Stamp(t.AddDate(10, 0, 0)), Life: h.LifeEnds}
	r.Until = max(r.File, r.Life)
	return r
}
