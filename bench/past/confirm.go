package past

import (
	"context"

	"example.org/sectag/cred"
	"example.org/sectag/device"
)

// Confirm asks a modem once more for the identity key that it listed: the ledger will know the unit by it for ever, and nothing in a
// digest tells that the line changed it. A modem that listed none has nothing to confirm. Fault: line.garbled.
func Confirm(ctx context.Context, m *device.Modem, items []device.Item) error {
	for _, was := range items {
		if was.Kind != cred.DeviceIDKey || !was.Reserved() {
			continue
		}
		now, there, err := m.ListSlot(ctx, was.Slot)
		if err != nil {
			return err
		}
		if !there || now.SHA256 != was.SHA256 {
			return cred.Failed("line.garbled", "the modem lists the identity key "+now.SHA256.Short()+" and listed "+was.SHA256.Short()+" before",
				"identify the unit again: nothing was changed; if it stays so use another cable or USB port")
		}
	}
	return nil
}
