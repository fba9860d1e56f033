package flight

// unbroken tells whether all messages from a ServerHello to the ServerHelloDone behind it are here. Datagrams are lost and overtake
// each other: a flight whose last message is here may lack its certificate all the same.
func (a *assembly) unbroken() bool {
	for last := range a.parts {
		if last.typ != typeServerHelloDone {
			continue
		}
		for first := range a.parts {
			if first.typ == typeServerHello && first.seq < last.seq && a.all(first.seq, last.seq) {
				return true
			}
		}
	}
	return false
}

// all tells whether each message of these numbers is whole.
func (a *assembly) all(first, last uint16) bool {
	whole := map[uint16]bool{}
	for k, p := range a.parts {
		if p.have == nil {
			whole[k.seq] = true
		}
	}
	for n := int(first); n <= int(last); n++ { // ends at the first gap: there are few parts
		if !whole[uint16(n)] {
			return false
		}
	}
	return true
}
