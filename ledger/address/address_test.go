package address

import (
	"strings"
	"testing"
)

// TestNoAddressTellsAPassword, in whatever form people write one.
func TestNoAddressTellsAPassword(t *testing.T) {
	for _, url := range []string{
		"postgres://me:hunter2@db.example.eu/sectag", "postgresql://me@db.example.eu/sectag?password=hunter2", "mysql://me:hunter2@db/x",
		"host=db.example.eu user=me password=hunter2", "postgres:host=db.example.eu password=hunter2", "me:hunter2@db.example.eu", "postgres://me:hunter2@[::1/x",
	} {
		err := Check(url)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
	if err := Check("ledger.db"); err == nil || !strings.Contains(err.Error(), `"ledger.db"`) {
		t.Errorf("what is no address and no secret is told: %v", err)
	}
}
