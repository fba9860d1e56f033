package ask

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/socket"
	"example.org/sectag/endpoint"
)

// holds looks into the tag before the modem goes anywhere: without a whole identity there the handshake fails after minutes, and
// with the same ERROR as for everything else. A store that cannot be listed is no reason to stop.
func (t *through) holds(ctx context.Context, m *device.Modem) error {
	sums := map[cred.Kind]cred.Digest{}
	for range 2 { // a lost digit asks for another tag
		items, err := m.ListTag(ctx, t.o.SecTag)
		if err != nil {
			if m.Session().Err() != nil || ctx.Err() != nil {
				return err
			}
			return nil
		}
		for _, i := range items {
			sums[i.Kind] = i.SHA256
		}
		t.kinds = slices.Sorted(maps.Keys(sums))
		if missing(t.kinds) == "" {
			break
		}
	}
	if missing := missing(t.kinds); missing != "" {
		return cred.Failed("modem.no-credential", fmt.Sprintf("sec_tag %d holds %s: for a connection by it %s is missing", t.o.SecTag, list(t.kinds), missing),
			"write what is missing (sectag provision, or sectag slots write), or name the tag that the unit's identity is in")
	}
	t.compare(m, sums)
	return nil
}

// missing says what a tag lacks for a mutual handshake: three credentials with certificates, two with a pre-shared key. A modem that
// must verify its peer needs the root (nrf91.md, section 2).
func missing(have []cred.Kind) string {
	lacks := func(want ...cred.Kind) []cred.Kind {
		return slices.DeleteFunc(want, func(k cred.Kind) bool { return slices.Contains(have, k) })
	}
	cert, psk := lacks(cred.RootCA, cred.ClientCert, cred.ClientKey), lacks(cred.PSK, cred.PSKID)
	if len(cert) == 0 || len(psk) == 0 {
		return ""
	}
	if len(psk) == 1 {
		return list(psk)
	}
	return list(cert)
}

func list(kinds []cred.Kind) string {
	if len(kinds) == 0 {
		return "nothing"
	}
	var out []string
	for _, k := range kinds {
		out = append(out, k.String())
	}
	return strings.Join(out, ", ")
}

// compare holds the files against the tag: a comparison says something only of the same identity.
func (t *through) compare(m *device.Modem, sums map[cred.Kind]cred.Digest) {
	for _, f := range []struct {
		kind cred.Kind
		file []byte
	}{{cred.RootCA, t.o.Files.Anchor}, {cred.ClientCert, t.o.Files.Cert}, {cred.ClientKey, t.o.Files.Key}} {
		there, ok := sums[f.kind]
		if len(f.file) == 0 || !ok {
			continue
		}
		content, err := cred.Content(f.kind, f.file)
		if err != nil {
			continue // the handshake of this computer will say it better
		}
		s := cred.Slot{SecTag: t.o.SecTag, Kind: f.kind}
		if m.Stored(s, content) != there {
			t.finding(cred.Warning, "modem.other-identity", "the slot "+s.String()+" does not hold what the file holds: what this computer sees need not be what the modem sees",
				"compare with sectag slots verify, and name the files that were written into this unit")
		}
		clear(content)
	}
}

// why locates a handshake that failed. The firmware says ERROR to a name without an address, to silence, to an alert and to missing
// keys alike (nrf91.md, section 4.3), so each is looked at in turn; what is left lies between the modem and the server, and this
// computer's own handshake with the same identity narrows it, where there are files to make one.
func (t *through) why(ctx context.Context, m *device.Modem, took time.Duration, refused error) error {
	s := m.Session()
	if e := t.o.Server; !e.IsIP() {
		t.o.Tell("looking for the reason: does the modem find the name?")
		address, err := socket.Resolve(ctx, s, e.Host)
		if err != nil {
			return err
		}
		t.r.Address = address
	}
	in, err := socket.Where(ctx, s)
	if err != nil {
		return err
	}
	if !in.In() {
		return cred.Because(refused, "modem.no-network", "the modem lost the network during the handshake: "+in.String(), "check antenna and coverage, and start again")
	}
	text := fmt.Sprintf("the modem's handshake with %s failed after %.1f s", t.o.Server, took.Seconds())
	if len(t.kinds) > 0 {
		text += fmt.Sprintf("; it has the network and the address, and sec_tag %d holds %s", t.o.SecTag, list(t.kinds))
	}
	where, hint := t.where(took)
	if !t.o.Files.some() {
		return cred.Because(refused, "modem.handshake", text+"; "+where, hint+"; to narrow it give --cert, --key and --anchor of this unit: then this computer tries the same")
	}
	return t.fromHere(ctx, refused, text, where, hint)
}

// where says what is left when the name resolves and the tag is whole. A server or a modem that refuses says so at once.
func (t *through) where(took time.Duration) (text, hint string) {
	if took >= time.Duration(t.limit)*time.Second*8/10 {
		return "no end came of it in its time: nothing comes back from the server, or it fell silent when it was shown the unit's certificate",
			"is UDP to this port open in the operator's network, and for this APN; what does the server's log say; a slow network needs --timeout"
	}
	return "it was refused: by the server with an alert, or by the modem, because of the server's root, name or chain, or a credential that it cannot use",
		"look into the server's log; sectag probe says whether a server is there, and whether the modem can take its chain"
}

// fromHere makes the same handshake from this computer and says where the two differ.
func (t *through) fromHere(ctx context.Context, refused error, text, where, hint string) error {
	t.o.Tell("this computer tries the same identity, for at most " + cmp.Or(t.o.Timeout, endpoint.ConnectTimeout).String())
	o := t.o.Files.Options()
	o.Now, o.Timeout = t.o.Now, t.o.Timeout // a server that is slow for the modem may be slow for this computer
	r, err := endpoint.Connect(ctx, t.o.Server, o)
	t.r.Peer = r.Peer
	other := slices.ContainsFunc(t.r.Findings, func(f cred.Finding) bool { return f.Code == "modem.other-identity" })
	if err != nil {
		f := cred.AsFault(err)
		if errors.Is(ctx.Err(), context.Canceled) {
			return f
		}
		t.r.Modem.Computer = f.Code
		t.finding(cred.Error, f.Code, "from this computer: "+f.Text, f.Hint)
		if other { // it failed as somebody else
			return cred.Because(refused, "modem.handshake", text+"; this computer fails too, but with the files, and the tag holds something else: "+f.Text,
				"name the files that are in the unit, so that this computer tries the same identity")
		}
		return cred.Because(refused, "modem.handshake", text+"; this computer fails too, so it is not the modem: "+f.Text, f.Hint)
	}
	t.r.Modem.Computer = string(r.Verdict)
	if other {
		return cred.Because(refused, "modem.handshake", text+"; this computer gets in with the files, and the tag holds something else",
			"write the files into the unit, or name those that are in it")
	}
	if r.ClientAuth == "not-asked" {
		where += "; the server did not ask this computer for a certificate"
	}
	return cred.Because(refused, "modem.handshake", text+"; this computer gets in with the same identity, so server and certificates are in order; "+where, hint)
}
