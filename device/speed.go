package device

import "context"

// speed is what was changed of the line's.
type speed struct{}

// fast raises the speed of the line for a write, where firmware and port can.
func (m *Modem) fast(context.Context, int) {}
