package flows

import "example.org/sectag/cred"

// The effects and events of a private key that the modem makes itself. Its certificate can only be signed when the key is there,
// so it comes between the key's slot and the certificate's; all that can be ready was made ready by Prepare.
type (
	// MakeKey has the modem make a key in the plan's slot, which is empty, and checks what it says of it. → KeyMade, or KeyByHost
	MakeKey struct {
		ID    ID
		Index uint8 // into the plan: the key's slot
	}
	// Certify signs the unit's certificate for the key that was made, judges it and holds it against the request. It asks nothing of
	// the modem. → Certified
	Certify struct {
		ID    ID
		Index uint8 // into the plan: the certificate's slot
	}
	// KeyMade answers MakeKey: the modem's request is signed with the new key and names it. What it lists for it, ReadSlot tells.
	KeyMade struct {
		ID   ID          `json:"id"`
		SPKI cred.Digest `json:"spki"` // of the public key
		Doc  Doc         `json:"doc"`  // KeyFacts
	}
	// KeyByHost answers MakeKey where the modem could not make a key, its slot is empty still, and the profile leaves open who makes it: this
	// computer has made key and certificate, and these are the digests that the modem must list. It is Prepared once more.
	KeyByHost struct {
		ID   ID                    `json:"id"`
		Want [MaxSlots]cred.Digest `json:"want"`
		Doc  Doc                   `json:"doc"` // PreparedFacts, which say why
	}
	// Certified answers Certify: the certificate is ready, and this is the digest that the modem must list for it.
	Certified struct {
		ID   ID          `json:"id"`
		Want cred.Digest `json:"want"`
		Doc  Doc         `json:"doc"` // PreparedFacts with the certificate
	}
)

func (MakeKey) effect()  {}
func (Certify) effect()  {}
func (KeyMade) event()   {}
func (KeyByHost) event() {}
func (Certified) event() {}

// Of is the effect's number.
func (e MakeKey) Of() ID { return e.ID }

// Of is the effect's number.
func (e Certify) Of() ID { return e.ID }
