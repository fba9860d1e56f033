package device

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.org/sectag/cred"
	"example.org/sectag/device/firmware"
	"example.org/sectag/device/host"
)

// Identity is who a modem says it is, with the names of the contract's verb "inspect".
type Identity struct {
	IMEI           cred.IMEI `json:"imei,omitempty"`
	Valid          bool      `json:"imei_valid"`         // the IMEI's check digit is right; worth a warning, never a refusal
	Model          string    `json:"model,omitempty"`    // "nRF9151-LACA"
	Firmware       string    `json:"firmware,omitempty"` // "mfw_nrf91x1_2.0.3"
	Hardware       string    `json:"hardware,omitempty"` // "nRF9151 LACA APA"; empty where the modem does not tell
	Host           string    `json:"host"`               // "at-host", "serial-modem", "slm", "shell"
	LineEnd        string    `json:"-"`                  // what ends a command of the host: "CR", "LF", "CRLF", "NULL"
	FunctionalMode int       `json:"functional_mode"`    // +CFUN
	UUID           string    `json:"-"`                  // %DEVICEUUID, lower case; empty where the firmware has none
}

// The shapes of the identity answers (AT manuals, +CGSN, +CGMM, +CGMR, %HWVERSION, %DEVICEUUID, +CFUN).
var (
	imeiAnswer  = regexp.MustCompile(`^\+CGSN: "(\d{15})"$`)
	usualModel  = regexp.MustCompile(`^nRF91[356][01]-[A-Z]{4}$`)
	modelAnswer = regexp.MustCompile(`^(?i)nRF9[0-9A-Z][0-9A-Z-]*$`)
	fwAnswer    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*[-_][A-Za-z0-9_.-]*$`)
	hwAnswer    = regexp.MustCompile(`^%HWVERSION: (nRF9[0-9A-Za-z. -]+)$`)
	uuidAnswer  = regexp.MustCompile(`^%DEVICEUUID: "?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"?$`)
	modeAnswer  = regexp.MustCompile(`^\+CFUN: (\d{1,2})$`)

	uuidQuestion = query{text: "AT%DEVICEUUID", shape: uuidAnswer, prefix: "%DEVICEUUID:"}
)

// Identify asks the modem who it is. A modem without an IMEI is store.no-imei, and the rest of the identity is there all the same.
func (m *Modem) Identify(ctx context.Context) (Identity, error) {
	id := Identity{Host: m.s.Host().Name(), LineEnd: host.End(m.s.Host())}
	var none error
	var err error
	if id.IMEI, err = m.IMEI(ctx); err != nil {
		if cred.AsFault(err).Code != noIMEI {
			return id, err
		}
		none = err
	}
	id.Valid = id.IMEI.Valid()
	for _, q := range []struct {
		to *string
		q  query
	}{
		{&id.Model, query{text: "AT+CGMM", shape: modelAnswer, usual: usualModel.MatchString}},
		{&id.Firmware, query{text: "AT+CGMR", shape: fwAnswer, usual: func(l string) bool { return firmware.Judge(l) == nil }}},
		{&id.Hardware, query{text: "AT%HWVERSION", shape: hwAnswer, prefix: "%HWVERSION:"}},
		{&id.UUID, uuidQuestion},
	} {
		if *q.to, err = m.optional(ctx, q.q); err != nil {
			return id, err
		}
	}
	id.UUID = strings.ToLower(id.UUID)
	if id.FunctionalMode, err = m.functionalMode(ctx); err != nil {
		return id, err
	}
	m.id = id
	return id, none
}

// Survey asks the modem who it is and what these tags hold (see ListTags), and then for the IMEI again: a board that was swapped
// meanwhile would get the name of one unit with the identity and the slots of another. That is store.swapped.
func (m *Modem) Survey(ctx context.Context, tags ...cred.SecTag) (Identity, []Item, error) {
	id, err := m.Identify(ctx)
	if err != nil {
		return id, nil, err
	}
	items, err := m.ListTags(ctx, tags...)
	if err != nil {
		return id, nil, err
	}
	return id, items, m.still(ctx)
}

// still is store.swapped if another unit answers than the one that was identified, if one was.
func (m *Modem) still(ctx context.Context) error {
	if m.id.IMEI == 0 {
		return nil
	}
	now, err := m.IMEI(ctx)
	if err == nil && now != m.id.IMEI {
		err = cred.Failed("store.swapped", "another unit answers: "+now.String()+" instead of "+m.id.IMEI.String(),
			"leave one unit at the port and identify it again; what was sent last may have come to this one: look at its slots (sectag slots list)")
	}
	return err
}

// Sure asks once more for what a unit is known by, its UUID and its identity key: a flipped bit in one of them makes another unit of it.
// It tells whether Survey heard the same.
func (m *Modem) Sure(ctx context.Context, id Identity, items []Item) (bool, error) {
	uuid, err := m.optional(ctx, uuidQuestion)
	if err != nil || strings.ToLower(uuid) != id.UUID {
		return false, err
	}
	again, err := m.ListTag(ctx, identityTag)
	return !slices.ContainsFunc(again, func(i Item) bool { return !slices.Contains(items, i) }), err
}

// optional asks what a firmware need not know: a refusal, or an answer of no known shape, is the empty string.
func (m *Modem) optional(ctx context.Context, q query) (string, error) {
	line, err := m.ask(ctx, q)
	if err != nil {
		if r, no := isRefusal(err); no && !r.Crashed || cred.AsFault(err).Code == lineGarbled {
			return "", nil
		}
		return "", err
	}
	if f := q.shape.FindStringSubmatch(line); len(f) == 2 {
		return f[1], nil
	}
	return line, nil
}

// IMEI asks for the IMEI alone: the cheapest way to know that the same unit is still there. One whose check digit does not
// fit is asked for twice, because a flipped bit looks the same.
func (m *Modem) IMEI(ctx context.Context) (cred.IMEI, error) {
	valid := func(line string) bool {
		imei, err := parseIMEI(line)
		return err == nil && imei.Valid()
	}
	line, err := m.ask(ctx, query{text: "AT+CGSN=1", shape: imeiAnswer, prefix: "+CGSN:", usual: valid})
	const hint = "write one with the vendor's production tool before this unit gets an identity"
	if r, no := isRefusal(err); no && !r.Crashed {
		return 0, cred.Because(err, noIMEI, "the modem has no IMEI: it answers "+r.Result(), hint)
	}
	if err != nil {
		return 0, err
	}
	imei, err := parseIMEI(line)
	if err != nil {
		return 0, cred.Because(err, noIMEI, "the modem has no IMEI: "+strings.ToLower(err.Error()), hint)
	}
	return imei, nil
}

func parseIMEI(line string) (cred.IMEI, error) {
	f := imeiAnswer.FindStringSubmatch(line)
	if f == nil {
		return 0, errors.New("the line is no IMEI")
	}
	return cred.ParseIMEI(f[1])
}

// functionalMode asks for +CFUN. One flipped bit makes an idle modem of an active one, or the other way round, but no 4 of an active one:
// any other mode must be heard twice.
func (m *Modem) functionalMode(ctx context.Context) (int, error) { return m.modeOr(ctx, offline) }

// modeOr is functionalMode where that mode is believed at once: the modem was just told to take it.
func (m *Modem) modeOr(ctx context.Context, mode int) (int, error) {
	usual := "+CFUN: " + strconv.Itoa(mode)
	line, err := m.ask(ctx, query{text: "AT+CFUN?", shape: modeAnswer, prefix: "+CFUN:", usual: func(line string) bool { return line == usual }})
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(modeAnswer.FindStringSubmatch(line)[1])
}

// FirmwareOK tells whether the firmware that Identify found lists digests that can be trusted; see firmware.Judge.
func (m *Modem) FirmwareOK() error { return firmware.Judge(m.id.Firmware) }
