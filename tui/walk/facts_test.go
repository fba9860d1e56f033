package walk

import (
	"testing"
	"time"

	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func imei(t *testing.T) cred.IMEI {
	t.Helper()
	i, err := cred.ParseIMEI("352656100367872")
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// known are facts as far as the unit is known.
func known(t *testing.T) flows.Facts {
	return flows.Facts{
		Terms: flows.Terms{Authority: true, Port: true, Anchor: true, Endpoint: true, Ledger: true},
		Authority: flows.AuthorityFacts{
			Cert: "root.crt", Key: "root.key", Subject: "CN=Acme Devices 2026,O=Acme,C=EU", KeyEncrypted: true,
			NotBefore: "2026-01-01T00:00:00Z", NotAfter: "2046-01-01T00:00:00Z", SHA256: cred.Sum([]byte("authority")),
		},
		Port: "/dev/ttyACM0",
		Ports: []flows.PortFacts{
			{Name: "/dev/ttyACM0", Board: "nRF9151 DK", Role: "at"},
			{Name: "/dev/ttyACM1", Board: "nRF9151 DK", Role: "log"},
			{Name: "/dev/ttyUSB0", Role: "unknown", Busy: true, Blocked: cred.Failed("port.busy", "minicom (4711) holds it", "close minicom")},
		},
		Unit: flows.UnitFacts{
			IMEI: imei(t), IMEIValid: true, Model: "nRF9151-LACA", Firmware: "mfw_nrf91x1_2.0.2", Hardware: "nRF9151 LACA A0A",
			Host: "at-host", FunctionalMode: 1, Record: "1207",
		},
	}
}

// plannedFacts have a plan that replaces what is not ours.
func plannedFacts(t *testing.T) flows.Facts {
	f := known(t)
	sum := func(s string) cred.Digest { return cred.Sum([]byte(s)) }
	slot := func(k cred.Kind) cred.Slot { return cred.Slot{SecTag: 42, Kind: k} }
	f.Slots = []flows.SlotFacts{
		{SecTag: 42, Type: cred.RootCA, SHA256: sum("root")},
		{SecTag: 42, Type: cred.ClientCert, SHA256: sum("cert")},
		{SecTag: 42, Type: cred.ClientKey, SHA256: sum("key")},
		{SecTag: 16842753, Type: cred.RootCA, SHA256: sum("cloud")},
		{SecTag: 4294967292, Type: cred.DeviceIDKey, SHA256: sum("own"), Reserved: true},
	}
	f.Plan = []flows.PlanFacts{
		{Slot: slot(cred.RootCA), Has: flows.Current, Op: flows.Keep, Old: sum("root")},
		{Slot: slot(cred.ClientCert), Has: flows.Foreign, Op: flows.WriteSlot, Old: sum("cert")},
		{Slot: slot(cred.ClientKey), Has: flows.Foreign, Op: flows.WriteSlot, Old: sum("key")},
	}
	return f
}
