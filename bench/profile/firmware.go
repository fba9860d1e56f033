package profile

import (
	"fmt"
	"slices"

	"example.org/sectag/cred"
)

// The sizes that a firmware's buffer for a credential may have: from Zephyr's default up to what a length of 16 bits can say.
const (
	minKeySize = 16
	maxKeySize = 65535
)

func (c *checker) keySize(n int64) int {
	if n < minKeySize || n > maxKeySize {
		c.refuse("firmware", "key_size", 0, fmt.Sprintf("%d is no size of a buffer", n), "write key_size = 2048, or what CONFIG_LWM2M_SECURITY_KEY_SIZE is in your firmware")
		return 0
	}
	return int(n)
}

// Buffer is the room that a credential takes in the firmware: PEM is text there and gets a zero byte behind it (Zephyr's
// lwm2m_engine.c refuses PEM that fills its buffer to the end).
func Buffer(content []byte) int { return len(content) + 1 }

// hostRoom is what an AT host leaves for a credential of the 4095 characters that it takes in one command (nrf91.md, section 4.1).
const hostRoom = 4060

// Room is the most bytes of PEM that a slot's roots may have: by the firmware's buffer, else by the usual AT host.
func (p Profile) Room() int {
	if p.KeySize > 0 {
		return min(p.KeySize-1, hostRoom)
	}
	return hostRoom
}

// Fits refuses a credential that the product's firmware could not hold. Slots of other tags than the profile's are not LwM2M's. Fault:
// config.firmware-key-size.
func (p Profile) Fits(s cred.Slot, content []byte) error {
	ours := len(p.Slots) == 0 || slices.ContainsFunc(p.Slots, func(o Slot) bool { return o.SecTag == s.SecTag })
	if p.KeySize == 0 || !ours || Buffer(content) <= p.KeySize {
		return nil
	}
	return cred.Failed("config.firmware-key-size",
		fmt.Sprintf("the %s of sec_tag %d needs %d bytes in the firmware, whose buffer has %d (firmware.key_size)", s.Kind, s.SecTag, Buffer(content), p.KeySize),
		"build the firmware with the CONFIG_LWM2M_SECURITY_KEY_SIZE that sectag profile kconfig prints, and write it into the profile; or take a smaller root")
}
