package device

import "example.org/sectag/device/at/mask"

// Refused is the failure that a final result other than OK is, for commands of a person's own. The command is masked.
func Refused(command string, r Reply) error { return refused(Mask(command), r) }

// CarriesSecret tells whether a command holds credential content, so that it must not stand in an argument list.
func CarriesSecret(command string) bool { return mask.CarriesSecret(command) }
