package system

import (
	"context"
	"os/exec"
	"time"

	"go.bug.st/serial"
)

// Ports are the serial ports of this computer. root is for the other systems. What the registry cannot tell the names alone do.
func Ports(ctx context.Context, _ string) ([]Port, error) {
	names, err := serial.GetPortsList()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var known []Port
	if text, err := exec.CommandContext(ctx, "/usr/sbin/ioreg", "-r", "-c", "IOUSBHostDevice", "-l", "-a").Output(); err == nil {
		known, _ = ioregPorts(text)
	}
	return callouts(names, known), nil
}
