package way

import (
	"reflect"
	"testing"
)

func TestTheNewestOfEachKindStayInTheirOrder(t *testing.T) {
	b := NewInbox(2, 3)
	for i := range 5 {
		b.Put(1, i)
		b.Put(0, 10*i)
	}
	select {
	case <-b.Wake():
	default:
		t.Error("nobody was woken")
	}
	if got, want := b.Take(), []any{30, 40, 2, 3, 4}; !reflect.DeepEqual(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
	if got := b.Take(); len(got) != 0 {
		t.Errorf("what was taken is still there: %v", got)
	}
}
