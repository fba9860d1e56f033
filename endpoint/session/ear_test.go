package session

import "testing"

func TestAlertsUnderTheKeysAreHeard(t *testing.T) {
	for number, words := range map[uint8]string{0: "Alert Warning: CloseNotify", 48: "Alert Fatal: UnknownCA", 49: "Alert Fatal: AccessDenied"} {
		e := &ear{}
		e.NewLogger("dtls").Tracef("%s: <- %s", "client", words)
		if got := e.alert(); got == nil || *got != number {
			t.Errorf("%q was heard as %v", words, got)
		}
	}
	e := &ear{}
	e.Tracef("%s: <- %s", "client", "Alert Fatal: Invalid alert description")
	e.Tracef("%s -> %s", "client", "Alert Fatal: UnknownCA")
	if got := e.alert(); got != nil {
		t.Errorf("heard %d", *got)
	}
}
