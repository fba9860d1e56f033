// Package bundle writes a unit's credentials into a file from which something else than a bench puts them into the modem: a terminal,
// a script, or the firm's own firmware with the AT commands of nrf_modem_at_cmd(). It only makes bytes and reads none: what becomes of
// the file nobody here learns.
package bundle

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"example.org/sectag/cred"
	"example.org/sectag/device/at"
	"example.org/sectag/device/host"
)

// Format is what the file is for.
type Format string

// The formats.
const (
	AT     Format = "at"       // AT commands, one after another, for a host that takes them as they are (AT Host, Serial Modem, SLM)
	Header Format = "c-header" // three buffers in C
	Shell  Format = "shell"    // the commands as a Zephyr shell with the command "at" wants them typed
)

// Parse reads a format. Fault: usage.flag.
func Parse(s string) (Format, error) {
	if f := Format(s); slices.Contains([]Format{AT, Header, Shell}, f) {
		return f, nil
	}
	return "", cred.Failed("usage.flag", fmt.Sprintf("--format: %q is not known", s), "write --format at, c-header or shell")
}

// Part is one credential, as package cred has it (cred.Content).
type Part struct {
	Kind    cred.Kind // types 0 to 2
	Content []byte
}

// Slot is what a slot must list once the file was used as it is meant.
type Slot struct {
	SecTag cred.SecTag `json:"sec_tag"`
	Type   cred.Kind   `json:"type"`
	Kind   string      `json:"kind"`
	Bytes  int         `json:"bytes"`  // that the modem stores
	SHA256 cred.Digest `json:"sha256"` // of these: a shell's firmware makes CR LF of each line end, and the digest is of that
}

// File is what was made. Bytes hold a private key: the caller clears them.
type File struct {
	Bytes   []byte
	Slots   []Slot
	Longest int // characters of the longest command, without what ends it; of a header that of the command its firmware makes
}

// Write makes the file. The parts come in the order in which they are given, each behind the delete of its slot. What no AT host takes
// in one command is line.too-long; what a shell cannot carry is line.bad-command.
func (f Format) Write(tag cred.SecTag, parts []Part) (File, error) {
	var h at.Host = at.ATHost{}
	if f == Shell {
		h = host.Shell{Room: at.Buffer, Newline: host.Made}
	}
	out := File{Slots: []Slot{}}
	for _, p := range parts {
		text := command(writes, tag, p.Kind)
		if err := fits(h, p.Kind, text, p.Content); err != nil {
			return File{}, err
		}
		stored := h.Stored(p.Content)
		out.Slots = append(out.Slots, Slot{tag, p.Kind, p.Kind.String(), len(stored), cred.Sum(stored)})
		wire, _ := h.Frame(text, p.Content)
		out.Longest = max(out.Longest, len(wire)-1)
		clear(wire)
	}
	if f == Header {
		out.Bytes = header(tag, parts)
	} else {
		out.Bytes = script(h, tag, parts)
	}
	return out, nil
}

func fits(h at.Host, k cred.Kind, text string, content []byte) error {
	what := "the " + k.String()
	if r, ok := h.(at.Refuser); ok {
		return r.Refuse(what, text, content)
	}
	wire, over := h.Frame(text, content)
	clear(wire)
	if over == 0 {
		return nil
	}
	return cred.Failed("line.too-long", fmt.Sprintf("the command that writes %s is %d bytes longer than the %d that an AT host takes", what, over, at.Buffer),
		"write a shorter credential: one root instead of several, or an EC instead of an RSA key")
}

// The operations of %CMNG (nrf91.md, section 1.4).
const (
	writes  = 0
	lists   = 1
	deletes = 3
)

func command(op int, tag cred.SecTag, k cred.Kind) string {
	return fmt.Sprintf("AT%%CMNG=%d,%d,%d", op, tag, k)
}

// script is the commands: the modem goes offline, each slot is deleted and written, and what the tag holds is listed, to be compared.
func script(h at.Host, tag cred.SecTag, parts []Part) []byte {
	size := 512
	for _, p := range parts {
		size += 2 * len(p.Content) // enough, so that no piece of the key is left behind in a smaller buffer
	}
	out := make([]byte, 0, size)
	add := func(text string, content []byte) {
		wire, _ := h.Frame(text, content)
		out = append(out, wire[:len(wire)-1]...) // without the CR
		out = append(out, '\n')
		clear(wire)
	}
	add("AT+CFUN=4", nil)
	for _, p := range parts {
		add(command(deletes, tag, p.Kind), nil)
		add(command(writes, tag, p.Kind), p.Content)
	}
	add(fmt.Sprintf("AT%%CMNG=%d,%d", lists, tag), nil)
	return out
}

// names are the buffers' names in C.
var names = map[cred.Kind]string{cred.RootCA: "sectag_root_ca", cred.ClientCert: "sectag_client_cert", cred.ClientKey: "sectag_client_key"}

// header is the buffers, each a string in C: the very bytes that the slot shall hold, and a zero byte behind them.
func header(tag cred.SecTag, parts []Part) []byte {
	size := 1024
	for _, p := range parts {
		size += 2 * len(p.Content)
	}
	out := make([]byte, 0, size)
	out = append(out, "/* One unit's credentials, its private key among them: for one build, and never into a repository. */\n"+
		"#ifndef SECTAG_CREDENTIALS_H\n#define SECTAG_CREDENTIALS_H\n\n#define SECTAG_SEC_TAG "+strconv.FormatUint(uint64(tag), 10)+"\n"...)
	for _, p := range parts {
		out = append(out, fmt.Sprintf("\n/* AT%%CMNG type %d; sizeof() is one more than the slot's bytes. */\nstatic const char %s[] =", p.Kind, names[p.Kind])...)
		for line := range bytes.Lines(p.Content) {
			out = append(out, "\n\t\""...)
			text, ended := bytes.CutSuffix(line, []byte{'\n'})
			out = append(out, text...) // PEM: nothing in it means anything to C
			if ended {
				out = append(out, `\n`...)
			}
			out = append(out, '"')
		}
		out = append(out, ";\n"...)
	}
	return append(out, "\n#endif\n"...)
}
