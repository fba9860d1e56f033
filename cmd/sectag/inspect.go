package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.org/sectag/bench/ask"
	"example.org/sectag/cred"
	"example.org/sectag/flows"
)

type inspectDoc struct {
	result
	ask.Looked
}

func (d *inspectDoc) people(w io.Writer) {
	if d.IMEI == 0 {
		return
	}
	note := ""
	if !d.IMEIValid {
		note = "   (its check digit is wrong)"
	}
	line(w, "IMEI", d.IMEI.String()+note)
	line(w, "model", d.Model)
	line(w, "firmware", d.Firmware)
	line(w, "hardware", d.Hardware)
	line(w, "host", d.Host)
	line(w, "mode", fmt.Sprintf("+CFUN %d", d.FunctionalMode))
	line(w, "record", d.Record)
	slotLines(w, d.Slots)
}

// slotLines lists slots as the modem does, with what the ledger knows.
func slotLines(w io.Writer, slots []flows.SlotFacts) {
	for _, s := range slots {
		fmt.Fprintf(w, "%10d %-14s %s%s\n", s.SecTag, s.Kind, s.SHA256, known(s))
	}
}

func known(s flows.SlotFacts) string {
	switch {
	case s.Reserved:
		return "   the modem's own"
	case s.Known != nil && *s.Known:
		return "   known"
	case s.Known != nil:
		return "   not known"
	}
	return ""
}

func (a *app) inspectVerb() *cobra.Command {
	var port string
	c := &cobra.Command{
		Use: "inspect --port P", Short: "Say who is at a port and what is in it, and change nothing", Args: cobra.NoArgs,
		RunE: a.verb(func(ctx context.Context, _ []string) (document, error) {
			if err := needPort(port); err != nil {
				return nil, err
			}
			l, err := a.readLedger(ctx)
			if err != nil {
				return nil, err
			}
			defer closeReader(l)
			looked, err := ask.Inspect(ctx, dialer(), port, l, a.trace())
			if looked.IMEI == 0 {
				return nil, err
			}
			return &inspectDoc{Looked: looked}, err
		}),
	}
	portFlag(c, &port)
	return c
}

func portFlag(c *cobra.Command, port *string) {
	c.Flags().StringVar(port, "port", "", "/dev/ttyACM0, COM3, tcp://host:port or sim:nrf9151")
}

func needPort(port string) error {
	if port == "" {
		return cred.Failed("usage.flag", "the port is missing", "write --port /dev/ttyACM0; sectag ports lists what is there")
	}
	return nil
}
