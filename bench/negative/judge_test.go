package negative

import (
	"slices"
	"testing"

	"example.org/sectag/ca/decoy"
	"example.org/sectag/cred"
)

func ptr[T any](v T) *T { return &v }

// What was seen decides, and nothing that was not seen does.
func TestWhatAnAttemptWas(t *testing.T) {
	t.Parallel()
	silent, other := cred.Failed("dtls.began-silent", "it fell silent", "look"), cred.Failed("dtls.garbled", "it cannot be read", "look")
	alert := cred.Failed("dtls.48", "no", "look")
	no, yes := ptr(false), ptr(true)
	for name, c := range map[string]struct {
		kind    decoy.Kind
		s       seen
		refused *bool
		how     string
	}{
		"never made":                         {decoy.Expired, seen{}, nil, notTried},
		"in":                                 {decoy.Expired, seen{tried: true, asked: true, in: true}, no, letIn},
		"in, unasked":                        {noCertificate, seen{tried: true, in: true}, no, letIn},
		"an alert between two good ones":     {decoy.Expired, seen{tried: true, asked: true, alert: ptr(uint8(48)), fault: alert, after: worked}, yes, byAlert},
		"an alert, and the unit is out too":  {decoy.Expired, seen{tried: true, asked: true, alert: ptr(uint8(48)), fault: alert, after: broke}, nil, byAlert},
		"an alert that nobody looked behind": {decoy.Expired, seen{tried: true, asked: true, alert: ptr(uint8(48)), fault: alert}, nil, byAlert},
		"an alert before anything was shown": {decoy.Expired, seen{tried: true, alert: ptr(uint8(80)), fault: alert, after: worked}, nil, otherwise},
		"silence between two good ones":      {noCertificate, seen{tried: true, asked: true, fault: silent, after: worked}, yes, bySilence},
		"silence that goes on":               {noCertificate, seen{tried: true, asked: true, fault: silent, after: broke}, nil, bySilence},
		"silence that nobody looked behind":  {noCertificate, seen{tried: true, asked: true, fault: silent}, nil, bySilence},
		"silence before anything was shown":  {noCertificate, seen{tried: true, fault: silent, after: worked}, nil, otherwise},
		"a closed port":                      {decoy.Expired, seen{tried: true, asked: true, closed: true, fault: silent, after: broke}, nil, byClosing},
		"a closed port that opens again":     {decoy.Expired, seen{tried: true, asked: true, closed: true, fault: silent, after: worked}, nil, byClosing},
		"a suite that is not shared":         {decoy.Expired, seen{tried: true, after: worked}, nil, otherwise},
		"noise":                              {decoy.Expired, seen{tried: true, asked: true, fault: other, after: worked}, nil, otherwise},
		"registered":                         {decoy.OtherUnit, seen{tried: true, asked: true, in: true, coap: "2.01"}, no, letIn},
		"4.03":                               {decoy.OtherUnit, seen{tried: true, asked: true, coap: "4.03", after: worked}, yes, byCode},
		"4.00":                               {decoy.OtherUnit, seen{tried: true, asked: true, coap: "4.00", after: worked}, yes, byCode},
		"4.03, and to the unit too":          {decoy.OtherUnit, seen{tried: true, asked: true, coap: "4.03", after: broke}, nil, byCode},
		"4.00 that nobody looked behind":     {decoy.OtherUnit, seen{tried: true, asked: true, coap: "4.00"}, nil, byCode},
		"5.00":                               {decoy.OtherUnit, seen{tried: true, asked: true, coap: "5.00", after: worked}, nil, byCode},
		"no answer":                          {decoy.OtherUnit, seen{tried: true, asked: true, in: true, after: worked}, nil, otherwise},
		"another unit kept out by DTLS":      {decoy.OtherUnit, seen{tried: true, asked: true, alert: ptr(uint8(49)), fault: alert, after: worked}, yes, byAlert},
	} {
		a := judge(c.kind, c.s)
		same := (a.Refused == nil) == (c.refused == nil) && (a.Refused == nil || *a.Refused == *c.refused)
		if !same || a.How != c.how || a.Text == "" || a.Attempt != string(c.kind) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestWhatLettingInMeans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind decoy.Kind
		g    grounds
		code string
		want cred.Severity
	}{
		{noCertificate, grounds{}, "dtls.accepts-anyone", cred.Error},
		{decoy.OtherAuthority, grounds{}, "dtls.accepts-other-authority", cred.Error},
		{otherKey, grounds{}, "dtls.accepts-other-key", cred.Error},
		{decoy.Expired, grounds{}, "dtls.accepts-expired", cred.Warning},
		{decoy.DeviceSigned, grounds{}, "dtls.accepts-device-signed", cred.Error},
		{decoy.DeviceCASigned, grounds{}, "dtls.accepts-device-ca", cred.Warning},
		{decoy.DeviceCASigned, grounds{unitIsCA: true}, "dtls.accepts-device-ca", cred.Error},
		{decoy.DeviceCASigned, grounds{noPath: true}, "dtls.accepts-device-ca", cred.Error},
		{decoy.OtherUnit, grounds{}, "lwm2m.accepts-other-unit", cred.Error},
	} {
		fs := findings([]Attempt{judge(c.kind, seen{tried: true, in: true, coap: map[bool]string{true: "2.01"}[c.kind == decoy.OtherUnit]})}, c.g, false)
		if len(fs) != 1 || fs[0].Code != c.code || fs[0].Severity != c.want || fs[0].Text == "" || fs[0].Hint == "" {
			t.Errorf("%s with %+v: %+v", c.kind, c.g, fs)
		}
	}
}

// What nobody knows is told and is no pass; a server that no longer takes the unit is told too.
func TestWhatIsNotKnownIsSaid(t *testing.T) {
	t.Parallel()
	refused := judge(decoy.Expired, seen{tried: true, asked: true, alert: ptr(uint8(45)), fault: cred.Failed("dtls.45", "ended", "look"), after: worked})
	if fs := findings([]Attempt{refused}, grounds{}, false); len(fs) != 0 {
		t.Errorf("%+v", fs)
	}
	fs := findings([]Attempt{refused, judge(noCertificate, seen{}), judge(otherKey, seen{})}, grounds{}, true)
	var codes []string
	for _, f := range fs {
		codes = append(codes, f.Code)
	}
	if !slices.Equal(codes, []string{"dtls.negative-left", "dtls.negative-unproven"}) || cred.Judge(fs) != cred.Warn ||
		fs[1].Text != "of 3 handshakes that must fail 2 say nothing: no-certificate, other-key" {
		t.Errorf("%+v", fs)
	}
	if got := t10([]Attempt{refused}).Result; got != "pass" {
		t.Error(got)
	}
	if got := t10([]Attempt{refused, judge(noCertificate, seen{})}).Result; got != "not-run" {
		t.Error(got)
	}
	if got := t10([]Attempt{judge(noCertificate, seen{}), judge(otherKey, seen{tried: true, in: true}), refused}).Result; got != "fail" {
		t.Error(got)
	}
}
