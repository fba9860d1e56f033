package at

// Host is the firmware between the UART and the modem, as far as a command must be made for it. AT Host is complete here;
// Serial Modem, SLM and Zephyr shells differ in terminator, escaping, buffer and in what they store.
type Host interface {
	// Name is the contract's: "at-host", "serial-modem", "slm", "shell".
	Name() string
	// Frame makes the bytes that carry a command, escaped and terminated; content, if there is any, is its last parameter
	// and goes in double quotes. over is by how many bytes the result exceeds the host's buffer: 0 fits.
	Frame(text string, content []byte) (wire []byte, over int)
	// Stored is what the modem will hold when content is written through this host.
	Stored(content []byte) []byte
}

// Cleaner is a second ability of hosts that dress up what the modem says (prompts, echo, cursor codes).
type Cleaner interface {
	// Clean undresses one line; keep is false for a line that is all dress.
	Clean(line string) (clean string, keep bool)
}

// ATHost is the sdk-nrf library at_host as at_client builds it: CR ends a command outside double quotes, every byte inside
// them is data, the buffer takes 4095 characters (CONFIG_AT_HOST_CMD_MAX_LEN 4096), answers are the modem's own bytes.
type ATHost struct{}

const atHostBuffer = 4095

// Name is "at-host".
func (ATHost) Name() string { return "at-host" }

// Frame adds the quotes and the CR and nothing else: a CRLF would leave an LF at the head of the next command.
func (ATHost) Frame(text string, content []byte) ([]byte, int) {
	wire := make([]byte, 0, len(text)+len(content)+4)
	wire = append(wire, text...)
	if content != nil {
		wire = append(wire, ',', '"')
		wire = append(wire, content...)
		wire = append(wire, '"')
	}
	over := max(0, len(wire)-atHostBuffer)
	return append(wire, '\r'), over
}

// Stored is the content itself: the library passes every byte on.
func (ATHost) Stored(content []byte) []byte { return content }
