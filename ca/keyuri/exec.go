package keyuri

import (
	"bytes"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"example.org/sectag/cred"
)

// What a command may take: longer, more, and it is stopped.
const (
	commandTime   = 30 * time.Second // for one signature; a server abroad answers in one
	commandAnswer = 16 << 10         // bytes on stdout: the signature of the largest RSA key has 3 KiB in base64
	commandWords  = 4 << 10          // bytes of stderr that are kept
	commandGrace  = 2 * time.Second  // for the pipes of a command that ended or was killed
)

// command is a key behind a program of the firm's.
type command struct {
	argv   []string // the program's path is absolute, or a name without a slash that is looked for in PATH
	public string   // digest of the key that is meant
	limit  time.Duration
	life   context.Context // of who opened the key: a crypto.Signer is handed none, so it is kept from there
}

// request is the line that a command reads. The names of its fields and their order are part of the protocol (docs/authority.md): a
// shell script finds them with sed.
type request struct {
	Version int    `json:"sectag"`
	Op      string `json:"op"`
	Hash    string `json:"hash"`   // SHA-256, SHA-384, SHA-512
	Digest  string `json:"digest"` // hex
	Public  string `json:"public"` // hex, SHA-256 of the DER SubjectPublicKeyInfo
}

// parseCommand takes "exec:PROGRAM ARG…" apart: at spaces, without a shell and without quotes; then %XX is a byte, so that a space in a
// name is %20.
func parseCommand(key string) (*command, error) {
	const fix = "write exec:/path/to/signer and its arguments, a space between them; a space in a name is %20, a percent sign %25"
	words := strings.Fields(strings.TrimPrefix(key, commandScheme))
	if len(words) == 0 {
		return nil, cred.Failed("config.value", "exec: names no command", fix)
	}
	for i, w := range words {
		plain, err := url.PathUnescape(w)
		if err != nil || strings.ContainsAny(plain, "\x00\n\r") {
			return nil, cred.Failed("config.value", "exec: has a word that cannot be read: "+clip(w), fix)
		}
		words[i] = plain
	}
	if hasFolder(words[0]) {
		program, err := filepath.Abs(words[0])
		if err != nil {
			return nil, fmt.Errorf("finding %s: %w", words[0], err)
		}
		words[0] = program
	}
	return &command{argv: words, limit: commandTime, life: context.Background()}, nil
}

func hasFolder(program string) bool { return filepath.Base(program) != program }

// commandUnder sees the program from a folder; the arguments are the command's own affair.
func commandUnder(dir, key string) string {
	program, rest, more := strings.Cut(strings.TrimLeft(strings.TrimPrefix(key, commandScheme), " "), " ")
	plain, err := url.PathUnescape(program)
	if err != nil || !hasFolder(plain) || filepath.IsAbs(plain) {
		return key
	}
	at, err := filepath.Abs(filepath.Join(dir, plain))
	if err != nil {
		return key
	}
	key = commandScheme + strings.NewReplacer("%", "%25", " ", "%20").Replace(at)
	if more {
		key += " " + rest
	}
	return key
}

// Close has nothing to close: no command runs between signatures.
func (c *command) Close() error { return nil }

// sign runs the command once. It inherits the environment, where a cloud's tools look for their credentials, and runs in the folder
// where it lies. Faults: ca.signer, ca.stopped.
func (c *command) sign(digest []byte, hash crypto.Hash) ([]byte, error) {
	line, err := json.Marshal(request{1, "sign", hash.String(), hex.EncodeToString(digest), c.public})
	if err != nil {
		return nil, fmt.Errorf("writing the request to the signer: %w", err)
	}
	answer, err := c.run(append(line, '\n'))
	if err != nil {
		return nil, err
	}
	var a struct {
		Signature string `json:"signature"`
	}
	if err := json.Unmarshal(answer, &a); err != nil || a.Signature == "" {
		return nil, c.fault(err, "answered "+quoted(answer)+" where a signature was wanted", `it must print {"signature":"…"} and nothing else on stdout`)
	}
	sig, err := base64.StdEncoding.DecodeString(a.Signature)
	if err != nil {
		return nil, c.fault(err, "answered with a signature that is not in base64", "it must be base64 with its padding, in one line: openssl base64 -A")
	}
	return sig, nil
}

func quoted(answer []byte) string {
	if len(bytes.TrimSpace(answer)) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%q", said(answer))
}

// errTooMuch stops a command that does not stop writing.
var errTooMuch = errors.New("too much output")

// run gives a command its line and gets what it prints. The command itself has ended then, whatever happens. What it started is killed
// where the command had to be killed, and where it holds the command's output open; but only what is in the command's process group still
// (on Windows: nothing). A child that made a session or group of its own lives on, and so does one that let go of the output.
func (c *command) run(line []byte) ([]byte, error) {
	ctx, stop := context.WithCancelCause(c.life)
	defer stop(nil)
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	if hasFolder(c.argv[0]) {
		cmd.Dir = filepath.Dir(c.argv[0])
	}
	answer := &bounded{most: commandAnswer, over: func() { stop(errTooMuch) }}
	words := &bounded{most: commandWords, over: func() {}}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(line), answer, words
	cmd.WaitDelay = commandGrace
	apart(cmd)
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		endGroup(cmd) // it ended, and something that it started holds its pipes
	}
	if err == nil && !answer.full {
		return answer.text.Bytes(), nil
	}
	return nil, c.failed(ctx, err, answer.full, said(words.text.Bytes()))
}

// failed says in words how a run went wrong. What the command itself said on stderr goes to the person, one line of it.
func (c *command) failed(ctx context.Context, err error, tooMuch bool, words string) error {
	const look = "try it by hand; docs/authority.md has its protocol and a script that keeps to it"
	var exit *exec.ExitError
	what := "cannot be started: " + innermost(err)
	hint := "look whether the program is there and may be run, and where its path is seen from: the profile's folder"
	switch {
	case tooMuch:
		what, hint = fmt.Sprintf("printed more than %d bytes and was stopped", commandAnswer), look
	case c.life.Err() != nil:
		return cred.Because(err, "ca.stopped", "the work was stopped before the signer "+clip(c.argv[0])+" had answered",
			"no signature was taken from it; run it again. If it hangs, try it by hand: docs/authority.md has its protocol")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		what = fmt.Sprintf("did not answer within %s and was stopped", c.limit)
		hint = "it must not ask anything, nobody sees its question; look whether its server can be reached"
	case errors.Is(err, exec.ErrWaitDelay):
		what, hint = "ended and left something behind that holds its output open", look
	case errors.As(err, &exit):
		what, hint = "failed: "+exit.String(), look
	}
	if words != "" {
		what += ": " + words
	}
	return c.fault(err, what, hint)
}

// innermost is the cause without what the libraries say around it: the signer is named already.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprint(err)
		}
		err = inner
	}
}

func (c *command) fault(err error, what, hint string) error {
	return cred.Because(err, "ca.signer", "the signer "+clip(c.argv[0])+" "+what, hint)
}

// bounded keeps the beginning of what is written, and says once that there is more.
type bounded struct {
	text bytes.Buffer
	most int
	full bool
	over func()
}

// Write implements io.Writer. It never fails: what is too much is thrown away, and the command hears of it otherwise.
func (b *bounded) Write(p []byte) (int, error) {
	room := b.most - b.text.Len()
	if len(p) <= room {
		return b.text.Write(p)
	}
	b.text.Write(p[:max(0, room)])
	if !b.full {
		b.full = true
		b.over()
	}
	return len(p), nil
}
