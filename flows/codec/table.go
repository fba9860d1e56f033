package codec

import "example.org/sectag/flows"

func event[T flows.Event](name string) kind[flows.Event] { return of[T, flows.Event](name) }

func effect[T flows.Effect](name string) kind[flows.Effect] { return of[T, flows.Effect](name) }

// events is the table of all events.
func events() []kind[flows.Event] {
	return []kind[flows.Event]{
		event[flows.Failed]("effect.failed"),
		event[flows.Lost]("effect.lost"),
		event[flows.TermsSet]("run.terms"),
		event[flows.Interrupted]("run.interrupted"),
		event[flows.Resumed]("run.resumed"),
		event[flows.Show]("bench.show"),
		event[flows.NextUnit]("bench.next-unit"),
		event[flows.Cancel]("bench.cancel"),
		event[flows.Retry]("bench.retry"),
		event[flows.AuthorityChosen]("authority.chosen"),
		event[flows.AuthorityWanted]("authority.wanted"),
		event[flows.AuthorityLoaded]("authority.loaded"),
		event[flows.PassphraseGiven]("authority.passphrase"),
		event[flows.AuthorityUnlocked]("authority.unlocked"),
		event[flows.AuthorityLocked]("authority.locked"),
		event[flows.PortsWanted]("port.list-wanted"),
		event[flows.PortsListed]("port.listed"),
		event[flows.PortNamed]("port.named"),
		event[flows.PortChosen]("port.chosen"),
		event[flows.UnitWanted]("unit.wanted"),
		event[flows.Identified]("unit.identified"),
		event[flows.UnitConfirmed]("unit.confirmed"),
		event[flows.SecTagChosen]("cred.sec-tag"),
		event[flows.PlanWanted]("cred.plan-wanted"),
		event[flows.Planned]("cred.planned"),
		event[flows.Accepted]("cred.accepted"),
		event[flows.Confirmed]("cred.confirmed"),
		event[flows.Prepared]("cred.prepared"),
		event[flows.Offline]("cred.offline"),
		event[flows.Deleted]("cred.deleted"),
		event[flows.Written]("cred.written"),
		event[flows.KeyMade]("cred.key-made"),
		event[flows.KeyByHost]("cred.key-by-host"),
		event[flows.Certified]("cred.certified"),
		event[flows.ReadBack]("cred.read-back"),
		event[flows.Noticed]("cred.noticed"),
		event[flows.Restored]("cred.restored"),
		event[flows.ProbeWanted]("endpoint.probe-wanted"),
		event[flows.Probed]("endpoint.probed"),
		event[flows.AnchorCompared]("endpoint.compared"),
		event[flows.AnchorChosen]("endpoint.anchor-chosen"),
		event[flows.AnchorStored]("endpoint.stored"),
		event[flows.EndpointSkipped]("endpoint.skipped"),
		event[flows.ConnectWanted]("connection.wanted"),
		event[flows.Connected]("connection.connected"),
		event[flows.RecordWanted]("record.wanted"),
		event[flows.RecordWritten]("record.written"),
		event[flows.ProfileSaveWanted]("record.profile-wanted"),
		event[flows.ProfileSaved]("record.profile-saved"),
		event[flows.CommandTyped]("console.typed"),
		event[flows.CommandConfirmed]("console.confirmed"),
		event[flows.CommandDropped]("console.dropped"),
		event[flows.CommandHeld]("console.held"),
		event[flows.ModemAnswered]("console.answered"),
		event[flows.TranscriptWanted]("console.save-wanted"),
		event[flows.TranscriptSaved]("console.saved"),
	}
}

// effects is the table of all effects. They are not journaled; tests and traces name them.
func effects() []kind[flows.Effect] {
	return []kind[flows.Effect]{
		effect[flows.LoadAuthority]("load-authority"),
		effect[flows.CreateAuthority]("create-authority"),
		effect[flows.UnlockAuthority]("unlock-authority"),
		effect[flows.ListPorts]("list-ports"),
		effect[flows.UsePort]("use-port"),
		effect[flows.Identify]("identify"),
		effect[flows.MakePlan]("make-plan"),
		effect[flows.Prepare]("prepare"),
		effect[flows.TakeOffline]("take-offline"),
		effect[flows.Delete]("delete-slot"),
		effect[flows.Write]("write-slot"),
		effect[flows.MakeKey]("make-key"),
		effect[flows.Certify]("certify"),
		effect[flows.ReadSlot]("read-slot"),
		effect[flows.RestoreMode]("restore-mode"),
		effect[flows.ProbeServer]("probe-server"),
		effect[flows.StoreAnchor]("store-anchor"),
		effect[flows.LoadAnchor]("load-anchor"),
		effect[flows.ConnectServer]("connect-server"),
		effect[flows.WriteRecord]("write-record"),
		effect[flows.SaveProfile]("save-profile"),
		effect[flows.AskModem]("ask-modem"),
		effect[flows.SaveTranscript]("save-transcript"),
	}
}
