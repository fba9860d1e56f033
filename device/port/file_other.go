//go:build !linux

package port

import (
	"os"

	"go.bug.st/serial"
)

func openFile(string) *os.File { return nil }

func withFile(p serial.Port, _ *os.File) raw { return plain{p} }
