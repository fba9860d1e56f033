package doctor

import _ "embed"

// Rules are the udev rules that this project ships, as they are installed by hand. The test holds them against the catalogue.
//
//go:embed 99-sectag.rules
var Rules string
