package catalogue

// Restriction is something that no measurement settles: a person reads it and answers.
type Restriction struct {
	ID, Parts, Ask, Why string
}

// Restrictions are those under which EN 18031 is listed in the Official Journal (Implementing Decision (EU) 2025/138), and what else
// decides whether the maker may declare without a notified body. In our own words.
func Restrictions() []Restriction {
	return []Restriction{
		{"R1", "all", "Does the file argue from a rationale or a guidance section of the standard?", "Those sections carry no presumption. Argue from requirements and measurements."},
		{"R2", "all", "Can a user go without any password where AUM-5-1 or AUM-5-2 would want one?", "Then there is no presumption. A sensor that has no user password at all is written down as not applicable, with the reason."},
		{"R3", "-2", "Is it a toy or for childcare, and is the control by parents or guardians assured (ACM-3 to ACM-6)?", "Without that control there is no presumption."},
		{"R4", "-3", "Does it move money, and does the case for SUM-2 rest on one implementation category alone?", "None of them alone is enough for financial assets."},
		{"R5", "all", "Does the file count on what was declared for the modem or module?", "That says nothing of the product; two-chip designs are looked at as a whole."},
		{"R6", "all", "Is every “not applicable” justified in writing?", "One without a reason counts as failed."},
	}
}

// Left are the groups that stay with the maker, whatever a bench measures.
func Left() []string {
	return []string{
		"access control inside the application (ACM) and the interfaces of users (AUM-1-2, AUM-5)",
		"updates (SUM-1 to SUM-3), resilience (RLM-1), logs (LGM), messages to users (UNM)",
		"services and input of the application (GEC-2, GEC-3, GEC-4, GEC-6), known vulnerabilities of all its parts (GEC-1)",
		"how the modem protects its store inside (encryption, hardware): only its maker can say; readback refusal measures access control and nothing else",
		"whether the AT port and the debug port are shut in the product as it is shipped: while whoever reaches the AT port can put the modem offline, credentials can be deleted and written anew",
		"the risk assessment, the choice of the parts of the standard, the technical file and the declaration, which the maker signs",
	}
}

// Provision is a provision of ETSI EN 303 645, paraphrased, and what stands beside it here.
type Provision struct{ ID, Means, Requirement, Evidence string }

// Consumer is the pairing with EN 303 645, which is our inference and no table of either standard.
func Consumer() []Provision {
	return []Provision{
		{"5.1", "no universal default passwords", "AUM-5-1", "a person's record"},
		{"5.4-1", "sensitive parameters are stored securely", "SSM-1, SSM-2, SSM-3", "T2, T3"},
		{"5.4-2", "a unit's hard-coded identity resists tampering", "SSM-2", "IMEI, device UUID, the modem's identity key"},
		{"5.4-3", "no critical parameters in the source", "CCK-3", "key origin, T5"},
		{"5.4-4", "critical parameters are each unit's own", "CCK-3", "T4, M6, key origin"},
		{"5.5-1", "best practice cryptography", "CRY-1, SCM-2, SCM-3, SCM-4", "T7, T9"},
		{"5.5-6", "critical parameters are encrypted on their way", "SCM-3", "a write over the AT port is in clear: the line stays in a guarded room, or the modem makes the key"},
	}
}
