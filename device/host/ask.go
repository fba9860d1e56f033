package host

import (
	"bytes"
	"context"
	"strings"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
)

// shell finds out what a Zephyr shell can do: whether it has the command "at", whether a question mark gets through it, and how
// long a line may be.
func (f *finder) shell(ctx context.Context) (at.Host, error) {
	f.s.SetHost(Shell{}) // so that what comes is undressed
	if _, err := f.s.Listen(ctx, "(Ctrl-C)", []byte(ctrlC), promptWait, waits); err != nil {
		return nil, err
	}
	f.s.Calm(ctx)
	for range rounds {
		heard, err := f.command(ctx, "at AT", shellKnock)
		if err != nil {
			return nil, err
		}
		switch got := read([]byte(lines(heard))); {
		case strings.Contains(heard, "at: command not found"):
			return nil, f.other(ctx)
		case got == okay:
			f.alive = true
			return f.measured(ctx)
		case got == dead:
			return nil, at.Stopped("AT")
		case got == refused && !waits([]byte(heard)): // no prompt: modem_shell's AT command mode, left over from somebody
			if _, err := f.s.Listen(ctx, "(leaving an AT command mode)", []byte(leaveShell), promptWait, waits); err != nil {
				return nil, err
			}
			f.settle(ctx)
		}
	}
	return nil, errNobody
}

// command types a command and hears until the shell has its prompt again. The text is what came, undressed.
func (f *finder) command(ctx context.Context, text string, limit time.Duration) (string, error) {
	heard, err := f.s.Listen(ctx, text, []byte(text+CR), f.left(limit), func(b []byte) bool {
		return bytes.Contains(b, []byte("\n")) && waits(b)
	})
	f.heard = append(f.heard, heard...)
	return string(undress(heard)), err
}

// waits tells whether what came ends in a prompt, on a line of its own.
func waits(b []byte) bool {
	i := bytes.LastIndexByte(b, '\n')
	return i >= 0 && Shell{}.Prompted(string(b[i+1:]))
}

// lines leaves the prompts out.
func lines(heard string) string {
	var out []string
	for l := range strings.Lines(heard) {
		out = append(out, promptHead.ReplaceAllString(l, ""))
	}
	return strings.Join(out, "")
}

// measured asks what decides whether a shell can be worked with, and how long its line is. A firmware with
// CONFIG_SHELL_WILDCARD takes a command with a question mark for file names.
func (f *finder) measured(ctx context.Context) (at.Host, error) {
	heard, err := f.command(ctx, "at 'AT+CFUN?'", queryKnock)
	if err != nil {
		return nil, err
	}
	if got := lines(heard); read([]byte(got)) == nothing && strings.Contains(got, "sage") && strings.Contains(got, "at") {
		return nil, cred.Failed("line.shell-wildcard", "the unit's shell takes a question mark for a file name",
			"build its firmware with CONFIG_SHELL_WILDCARD=n, or put an AT host on the unit (the at_client sample)")
	}
	h := Shell{Newline: Untold}
	if bytes.Contains(undress(f.heard), []byte("mosh:~$")) {
		h.Newline = Made
	}
	h.Room, err = f.room(ctx)
	return h, err
}

// room types more characters than any command has and counts those that come back: a shell drops what does not fit and does not
// echo it (nrf91.md, sections 3.1 and 3.4). Ctrl-C throws the line away. A shell that is printing a log loses some too, so that the
// largest of three counts is taken; one that is a round size, less the NUL, needs no second.
func (f *finder) room(ctx context.Context) (int, error) {
	best := 0
	for range rounds {
		f.s.Calm(ctx)
		for _, n := range []int{defaultRoom + 1, at.Buffer + 1} {
			wire := append(bytes.Repeat([]byte{'#'}, n), ctrlC...)
			heard, err := f.s.Listen(ctx, "(measuring the line)", wire, f.there(len(wire)), func(b []byte) bool {
				return bytes.IndexByte(b, '#') >= 0 && bytes.Contains(b, []byte("\n")) && waits(b)
			})
			if err != nil {
				return 0, err
			}
			got := bytes.Count(heard, []byte{'#'})
			best = max(best, got)
			if got < n {
				break
			}
		}
		if (best+1)%64 == 0 || best > at.Buffer {
			break
		}
	}
	return min(best, at.Buffer), nil
}

// usualBaud is for lines that do not know their speed.
const usualBaud = 115200

// there is how long a shell may take for a line of n characters that it sends back: the time of a question, and that of the bytes both
// ways, with half as much again for what a terminal wraps. What is waited for is the prompt.
func (f *finder) there(n int) time.Duration {
	baud := f.s.Baud()
	if baud == 0 {
		baud = usualBaud
	}
	return queryKnock + 3*time.Duration(n)*(10*time.Second/time.Duration(baud))
}

// other says what a shell without the command "at" is. What the commands cred and nrf_cloud_cred store is in the flash of the
// application and not in the modem (nrf91.md, section 3.6).
func (f *finder) other(ctx context.Context) error {
	for _, name := range []string{"cred", "nrf_cloud_cred"} {
		heard, err := f.command(ctx, name, at.ProbeLimit)
		if err != nil {
			return err
		}
		if strings.Contains(heard, name) && !strings.Contains(heard, "command not found") {
			return cred.Failed("store.not-the-modem", "the unit offers only the shell command "+name+", whose credentials are not in the modem's store",
				"put an AT host on the unit (the at_client sample): what "+name+" stores is in the application's flash")
		}
	}
	return cred.Failed("line.not-at", "no AT host: a Zephyr shell answers that has no command at",
		"put an AT host on the unit (the at_client sample), or build its firmware with CONFIG_AT_SHELL=y")
}
