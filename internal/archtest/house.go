package archtest

// mayImport is the plan of the house: a room may import itself, its sub-rooms and what stands here.
var mayImport = map[string][]string{
	"cred":                {},
	"internal/atomicfile": {},
	"internal/archtest":   {},
	"internal/codes":      {},
	"internal/peers":      {"cred"},
	"internal/browser":    {},
	"flows":               {"cred"},
	"device":              {"cred", "internal/atomicfile"},
	"device/sim":          {"cred", "internal/atomicfile"},
	"ca":                  {"cred", "internal/atomicfile"},
	"endpoint":            {"cred", "internal/atomicfile"},
	"ledger":              {"cred", "internal/atomicfile"},
	"bench":               {"flows", "device", "ca", "endpoint", "ledger", "cred", "internal/atomicfile"},
	"tui":                 {"flows", "cred"},
	"cmd/sectag":          {"tui", "bench", "flows", "device", "ca", "endpoint", "ledger", "cred", "internal/atomicfile"},
	"e2e":                 {},
	"tools":               {},
}

// testsMayImport is what tests may use beyond that: a room is tried against the virtual modem, real servers, or the rooms beside it.
var testsMayImport = map[string][]string{
	"device":     {"device/sim"},
	"endpoint":   {"internal/peers"},
	"ledger":     {"internal/peers", "internal/browser"},
	"bench":      {"internal/peers", "internal/archtest"},
	"cmd/sectag": {"internal/peers"},
	"e2e":        {"internal/peers", "cred"},
}

// fences names the rooms that a library was chosen for; "tests" are all test files. A library that is not here has no room.
var fences = map[string][]string{
	"github.com/charmbracelet":        {"tui"},
	"github.com/muesli":               {"tui"},
	"go.bug.st/serial":                {"device"},
	"github.com/pion":                 {"endpoint"},
	"filippo.io/age":                  {"ledger/sealed", "cmd/sectag/books", "tests"},
	"modernc.org":                     {"ledger"},
	"github.com/jackc/pgx":            {"ledger/internal/postgres", "tests"},
	"github.com/pressly/goose":        {"ledger/internal/postgres"},
	"database/sql":                    {"ledger"},
	"golang.org/x/mod":                {"ledger"},
	"github.com/spf13":                {"cmd/sectag"},
	"github.com/pelletier":            {"bench/profile"},
	"golang.org/x/crypto":             {"endpoint", "ca"},
	"golang.org/x/sys":                {"device", "ledger/internal/lockfile", "internal/atomicfile", "tests"},
	"golang.org/x/term":               {"cmd/sectag/console"},
	"github.com/youmark/pkcs8":        {"ca"},
	"github.com/miekg/pkcs11":         {"ca/keyuri"},
	"github.com/fxamacker/cbor":       {"device/keygen"},
	"github.com/CycloneDX":            {"tools"},
	"github.com/google/licensecheck":  {"tools"},
	"github.com/creack/pty":           {"tests"},
	"github.com/rogpeppe/go-internal": {"tests"},
	"pgregory.net/rapid":              {"tests"},
	"go.uber.org/goleak":              {"tests"},
	"github.com/google/go-cmp":        {"tests"},
	"github.com/transparency-dev":     {"tests"},
	"golang.org/x/net":                {"tests"},
	"github.com/zmap":                 {"tests"},
	"example.org/sectag/device/sim":   {"device/sim", "cmd/sectag", "tests"},
	"example.org/sectag/endpoint/sim": {"endpoint/sim", "cmd/sectag", "tests"},
}
