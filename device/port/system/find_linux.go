package system

import "context"

// Ports are the serial ports of the system below root.
func Ports(_ context.Context, root string) ([]Port, error) { return sysfsPorts(root) }
