//go:build !unix

package keyuri

import "os/exec"

// apart has nothing to do: Windows has no process groups of this kind. The command itself ends with its context.
func apart(*exec.Cmd) {}

func endGroup(*exec.Cmd) {}
