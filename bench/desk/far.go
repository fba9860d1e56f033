package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"example.org/sectag/bench/evidence"
	"example.org/sectag/bench/identity"
	"example.org/sectag/bench/profile"
	"example.org/sectag/cred"
	"example.org/sectag/endpoint"
	"example.org/sectag/flows"
	"example.org/sectag/flows/codec"
)

// probeServer looks at the far end as the modem will see it. A verdict of fail is an answer too, with everything found by then.
func (d *Desk) probeServer(ctx context.Context, e flows.ProbeServer) (flows.Event, error) {
	p := d.profile()
	to := p.Endpoint
	if e.URL != "" {
		var err error
		if to, err = cred.ParseEndpoint(e.URL); err != nil {
			return nil, cred.Because(err, "config.value", err.Error(), "write coaps://host:5684")
		}
	}
	if to.Scheme == "tls" {
		return nil, cred.Failed("config.value", to.String()+" is no server for units here: they reach it over DTLS",
			"write coaps://host:5684; sectag probe looks at servers over TCP")
	}
	if to.Host == "" {
		return nil, cred.Failed("config.value", "no server is named", "type its address, such as coaps://lwm2m.example.eu:5684")
	}
	o := d.Probe
	o.Timeout, o.Now, o.Life, o.Room = d.Timeout, d.Now, p.Life, p.Room()
	if tags := d.tags(); len(tags) > 0 {
		if anchor, err := d.anchorBytes(tags[0]); err == nil {
			o.Anchor = anchor // the server is held against what the units will trust
		}
	}
	o.AIAWait = func(limit time.Duration) { d.waits(e.ID, "the issuers' certificates", limit) }
	d.waits(e.ID, "the server", cmp.Or(d.Timeout, endpoint.ProbeTimeout))
	report, err := endpoint.Probe(ctx, to, o)
	d.mu.Lock()
	d.Profile.Endpoint = to
	d.probe = &report
	if !report.ServerDate.IsZero() {
		d.date, d.dateAt = report.ServerDate, report.ServerDateAt
	}
	d.mu.Unlock()
	report.Chain = report.Chain[:min(len(report.Chain), maxShown)]
	answer := flows.Probed{ID: e.ID, Doc: codec.Doc(struct {
		URL string `json:"url"`
		endpoint.ProbeReport
	}{to.String(), report})}
	if a := report.Anchor; a != nil && err == nil && len(report.AnchorPEM) > 0 {
		answer.OK, answer.Anchor, answer.Trust = true, cred.Sum(report.AnchorPEM), trusts[string(a.Trust)]
		answer.Print = a.DER
	}
	return answer, nil
}

// waits tells the screens what an effect waits for, and until when.
func (d *Desk) waits(id flows.ID, what string, limit time.Duration) {
	d.Progress(flows.Progress{ID: id, Waiting: what, Until: d.Now().Add(limit)})
}

// tags are the sec_tags that are worked on.
func (d *Desk) tags() []cred.SecTag {
	d.mu.Lock()
	defer d.mu.Unlock()
	slots := d.slots
	if len(slots) == 0 {
		slots = d.Profile.Slots
	}
	var out []cred.SecTag
	for _, s := range slots {
		out = append(out, s.SecTag)
	}
	return out
}

var trusts = map[string]flows.Trust{"file": flows.File, "given": flows.Given, "bundle": flows.Bundle, "first-use": flows.FirstUse}

// connectServer shows the server the certificate and key, or the pre-shared key, that were just written, from this computer. A key that the modem made cannot
// be shown: then a twin of the certificate is, for which this computer has a key.
func (d *Desk) connectServer(ctx context.Context, e flows.ConnectServer) (flows.Event, error) {
	d.done()
	d.waits(e.ID, "the server", cmp.Or(d.Timeout, endpoint.ConnectTimeout))
	var report endpoint.ConnectReport
	var no error
	twin, err := d.show(ctx, func(o endpoint.ConnectOptions) {
		p := d.profile() // the registration is under the certificate's name, or the PSK's, which is made of the profile's id
		o.Timeout, o.Now, o.Register = d.Timeout, d.Now, p.Register
		o.Flight = func(name string) { d.Progress(flows.Progress{ID: e.ID, Flight: name}) }
		report, no = endpoint.Connect(ctx, p.Endpoint, o)
	})
	if err != nil {
		return nil, err
	}
	report.Twin, report.Failure = twin, d.set.PSK.Stranger(identity.Unknown(report.Failure, d.rootNow(), d.set.Behind), d.who().IMEI)
	report.Peer = report.Peer[:min(len(report.Peer), maxShown)]
	answer := flows.Connected{ID: e.ID, Verdict: evidence.Outcome(report.Verdict), Doc: codec.Doc(report)}
	if no != nil {
		f := cred.AsFault(no)
		answer.Verdict, answer.Code = flows.FailedOutcome, f.Code
	}
	return answer, nil
}

// saveProfile keeps what was settled by hand in a new file.
func (d *Desk) saveProfile(e flows.SaveProfile) (flows.Event, error) {
	path := cmp.Or(e.Path, profile.DefaultName)
	p := d.profile()
	if len(p.Slots) == 0 {
		d.mu.Lock()
		p.Slots = slices.Clone(d.slots)
		d.mu.Unlock()
	}
	p.NameAnchors(d.anchorFiles)
	if err := p.Save(path); err != nil {
		return nil, err
	}
	return flows.ProfileSaved{ID: e.ID, Path: path}, nil
}
