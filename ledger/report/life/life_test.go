package life

import (
	"testing"
	"time"
)

func TestWhatEndsWhen(t *testing.T) {
	h := Of([]Unit{
		{"2026-11-16T08:00:00Z", "2041-12-07T08:00:00Z"}, {"2026-11-20T08:00:00Z", "2036-11-15T00:00:00Z"}, {"2026-11-18T08:00:00Z", ""},
	}, TenYears, true)
	if h.From != "2026-11-16T08:00:00Z" || h.Delivered != "2026-11-20T08:00:00Z" || h.LifeEnds != "2036-11-19T08:00:00Z" || h.LifeFrom != "assumed" {
		t.Errorf("%+v", h)
	}
	if h.CertFirst != "2036-11-15T00:00:00Z" || h.CertLast != "2041-12-07T08:00:00Z" || h.Early != 1 || len(h.Years) != 2 || h.Years[0] != (Year{2036, 1}) {
		t.Errorf("%+v", h)
	}
	if r := h.Retention(); r.File != "2036-11-20T08:00:00Z" || r.Until != r.File {
		t.Errorf("ten years: %+v", r)
	}
	if r := Of([]Unit{{"2026-11-20T08:00:00Z", ""}}, 2*TenYears, false).Retention(); r.Until != r.Life || r.Life < "2046" {
		t.Errorf("a longer life: %+v", r)
	}
	if h := Of(nil, time.Hour, false); h.From != "" || h.Retention() != (Retention{}) {
		t.Errorf("no unit: %+v", h)
	}
}
