package socket

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
)

// Registration is where a modem stands with the network, by +CEREG (nrf91.md, section 4.1).
type Registration struct {
	Status int // 0 idle, 1 home, 2 searching, 3 denied, 4 unknown, 5 roaming, 8 emergency only, 90 UICC failure
	AcT    int // 7 LTE-M, 9 NB-IoT, 0 where it was not told
}

// The states that decide something.
const (
	home        = 1
	denied      = 3
	roaming     = 5
	uiccFailure = 90
)

// In tells whether the network has let the modem in.
func (r Registration) In() bool { return r.Status == home || r.Status == roaming }

// Network is "home" or "roaming", empty for a modem that is not in.
func (r Registration) Network() string {
	switch r.Status {
	case home:
		return "home"
	case roaming:
		return "roaming"
	}
	return ""
}

// Technology is "LTE-M" or "NB-IoT", empty where it was not told.
func (r Registration) Technology() string {
	switch r.AcT {
	case 7:
		return "LTE-M"
	case 9:
		return "NB-IoT"
	}
	return ""
}

// String says it to people.
func (r Registration) String() string {
	words := map[int]string{
		0: "not searching", home: "registered at home", 2: "searching", denied: "denied", 4: "out of coverage",
		roaming: "registered, roaming", 8: "emergency calls only", uiccFailure: "the SIM has failed",
	}
	out, ok := words[r.Status]
	if !ok {
		out = "state " + strconv.Itoa(r.Status)
	}
	if t := r.Technology(); t != "" {
		out += " (" + t + ")"
	}
	return out
}

// parseRegistration reads +CEREG as it comes unasked, and as the answer to a question, which has the subscription before the state.
func parseRegistration(line string) (r Registration, asked bool, mode int, ok bool) {
	f := fields("+CEREG", line)
	if len(f) == 0 {
		return r, false, 0, false
	}
	if len(f) > 1 && f[1] != "" && f[1][0] >= '0' && f[1][0] <= '9' {
		asked = true
		n, err := strconv.ParseUint(f[0], 10, 8)
		if err != nil {
			return r, false, 0, false
		}
		mode = int(n)
		f = f[1:]
	}
	n, err := strconv.ParseUint(f[0], 10, 8)
	if err != nil {
		return r, false, 0, false
	}
	r.Status = int(n)
	if len(f) > 3 {
		if act, err := strconv.ParseUint(f[3], 10, 8); err == nil {
			r.AcT = int(act)
		}
	}
	return r, asked, mode, true
}

// Ear hears what a modem says unasked of its registration. It is made before the line is opened, for device.Options.URC.
type Ear struct {
	mu   sync.Mutex
	last Registration
	said bool
	news chan struct{}
}

// NewEar has heard nothing yet.
func NewEar() *Ear { return &Ear{news: make(chan struct{}, 1)} }

// Hear takes one unsolicited line. It does not block.
func (e *Ear) Hear(line string) {
	r, _, _, ok := parseRegistration(line)
	if !ok {
		return
	}
	e.mu.Lock()
	e.last, e.said = r, true
	e.mu.Unlock()
	select {
	case e.news <- struct{}{}:
	default:
	}
}

func (e *Ear) heard() (Registration, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last, e.said
}

// Subscribe has the modem tell of its registration with all that it knows, and gives the subscription that it had.
func Subscribe(ctx context.Context, s *at.Session) (was int, err error) {
	_, was, err = ask(ctx, s, NewEar())
	if err != nil || was == 5 {
		return was, err
	}
	return was, Resubscribe(ctx, s, 5)
}

// Resubscribe puts a subscription back.
func Resubscribe(ctx context.Context, s *at.Session, mode int) error {
	cmd := at.Command{Text: fmt.Sprintf("AT+CEREG=%d", mode)}
	r, err := again(ctx, s, cmd, nil)
	if err == nil && !r.OK() {
		err = refused(cmd.Text, r, "switch the unit off and on, then start again")
	}
	return err
}

// ask asks for the registration. What lands in the answer unasked goes to the ear.
func ask(ctx context.Context, s *at.Session, e *Ear) (r Registration, mode int, err error) {
	cmd := at.Command{Text: "AT+CEREG?", Answers: at.Answers{Prefix: "+CEREG:"}}
	reply, err := again(ctx, s, cmd, func(info []string) error {
		for _, line := range info {
			now, asked, was, ok := parseRegistration(line)
			if ok && asked {
				r, mode = now, was
				return nil
			}
			e.Hear(line)
		}
		return errAnswer
	})
	switch {
	case err != nil:
		return r, 0, err
	case !reply.OK():
		return r, 0, refused(cmd.Text, reply, "switch the unit off and on, then start again")
	}
	return r, mode, nil
}

const (
	pollEvery = 5 * time.Second  // between questions, where nothing is said unasked
	simWait   = 15 * time.Second // for the SIM: right after +CFUN=1 it is not up yet and +CPIN? is refused (nrf91.md, section 1.2)
)

// Await waits until the network lets the modem in, which Subscribe and the functional mode have asked for, at most for limit. tell
// gets each change of the state. Faults: modem.sim, modem.no-network. A network that denies is not believed at once: a roaming SIM is
// often denied by one and taken by the next.
func Await(ctx context.Context, s *at.Session, e *Ear, limit time.Duration, tell func(string)) (Registration, error) {
	end := time.NewTimer(limit)
	defer end.Stop()
	w := watch{s: s, ear: e, began: time.Now(), tell: tell}
	for {
		if done, err := w.look(ctx); done || err != nil {
			return w.now, err
		}
		poll := time.NewTimer(pollEvery)
		select {
		case <-e.news:
		case <-poll.C:
		case <-end.C:
			poll.Stop()
			return w.now, noNetwork(w.now, limit)
		case <-ctx.Done():
			poll.Stop()
			return w.now, cancelled(ctx.Err())
		}
		poll.Stop()
	}
}

// watch is one wait for the network.
type watch struct {
	s     *at.Session
	ear   *Ear
	began time.Time
	tell  func(string)
	now   Registration
	told  bool
	sim   bool // it is ready
}

// look asks where the modem stands and tells whether it is in.
func (w *watch) look(ctx context.Context) (bool, error) {
	r, _, err := ask(ctx, w.s, w.ear)
	if err != nil {
		return false, err
	}
	if heard, said := w.ear.heard(); said && heard.Status == uiccFailure && !r.In() {
		r = heard
	}
	if !w.told || r != w.now {
		w.tell("network: " + r.String())
	}
	w.now, w.told = r, true
	if r.In() {
		return true, nil
	}
	if r.Status == uiccFailure {
		return false, noSIM("the modem says that the SIM has failed")
	}
	if w.sim {
		return false, nil
	}
	w.sim, err = simReady(ctx, w.s, time.Since(w.began) > simWait)
	return false, err
}

// simReady asks for the SIM. A refusal counts only when it had its time.
func simReady(ctx context.Context, s *at.Session, late bool) (bool, error) {
	cmd := at.Command{Text: "AT+CPIN?", Answers: at.Answers{Prefix: "+CPIN:"}}
	r, err := do(ctx, s, cmd)
	if missing(s, err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	state := ""
	if f := fields("+CPIN", only(r.Info)); r.OK() && len(f) == 1 {
		state = strings.Trim(f[0], `"`)
	}
	switch {
	case state == "READY":
		return true, nil
	case strings.HasPrefix(state, "SIM P"), strings.HasPrefix(state, "PH-"):
		return false, noSIM("the SIM asks for " + state)
	case late && state == "":
		return false, noSIM("the modem answers AT+CPIN? with " + r.Result())
	}
	return false, nil
}

func noSIM(why string) error {
	return cred.Failed("modem.sim", "the modem has no SIM that it can use: "+why,
		"put in a SIM without PIN, the right way round, and switch the unit off and on; an eSIM may need its profile")
}

func noNetwork(r Registration, limit time.Duration) error {
	hint := "connect the antenna, check coverage and that the SIM is active for LTE-M or NB-IoT, and give it more time with --timeout"
	if r.Status == denied {
		hint = "the network denies this SIM: is it active, paid for, and allowed LTE-M or NB-IoT and roaming here?"
	}
	return cred.Failed("modem.no-network", fmt.Sprintf("the modem is not on the network within %v: %s", limit, r), hint)
}

// Where asks once where the modem stands with the network.
func Where(ctx context.Context, s *at.Session) (Registration, error) {
	r, _, err := ask(ctx, s, NewEar())
	return r, err
}
