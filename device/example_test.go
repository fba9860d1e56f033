package device_test

import (
	"context"
	"fmt"

	"example.org/sectag/cred"
	"example.org/sectag/device"
	"example.org/sectag/device/sim"
)

// A unit is opened, asked who it is, given a root CA, and asked for the proof.
func Example() {
	ctx := context.Background()
	rack := &sim.Rack{}
	ports := device.Dialer{Sim: rack.Open}
	line, err := ports.Open(ctx, "sim:nrf9151?imei=352656100367872") // or "/dev/ttyACM0", "COM3", "tcp://host:port"
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := device.Attach(ctx, line, device.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	id, err := m.Identify(ctx)
	fmt.Println(id.IMEI, id.Firmware, err)

	root := []byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
	slot := cred.Slot{SecTag: 42, Kind: cred.RootCA}
	if _, err := m.Offline(ctx); err != nil {
		fmt.Println(err)
	}
	if err := m.Write(ctx, slot, root, nil); err != nil {
		fmt.Println(err)
	}
	_, err = m.Prove(ctx, slot, root, nil)
	fmt.Println(slot, "proved:", err)
	// Output:
	// 352656100367872 mfw_nrf91x1_2.0.3 <nil>
	// 42 root-ca proved: <nil>
}
