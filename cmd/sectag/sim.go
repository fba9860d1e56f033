package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"example.org/sectag/cmd/sectag/air"
	"example.org/sectag/cmd/sectag/console"
	"example.org/sectag/cmd/sectag/paper"
	"example.org/sectag/cmd/sectag/target"
	"example.org/sectag/cred"
	"example.org/sectag/device/sim"
	farsim "example.org/sectag/endpoint/sim"
)

func (a *app) simVerb() *cobra.Command {
	return console.Group(&cobra.Command{Use: "sim", Short: "Run a virtual modem or a local server, for trying things out"},
		a.simModem(), a.simEndpoint())
}

func (a *app) simModem() *cobra.Command {
	cfg := sim.Config{Dialer: air.Dialer{}}
	var link, imei string
	var flashMS int
	var faults []string
	c := &cobra.Command{
		Use: "modem", Short: "A virtual nRF91 on a pseudo-terminal; its first line is the port's name", Args: cobra.NoArgs,
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			if imei != "" {
				i, err := target.IMEI(imei)
				if err != nil {
					return nil, err
				}
				cfg.IMEI = i
			}
			if flashMS < 0 || cfg.Baud < 0 {
				return nil, cred.Failed("usage.flag", "a time or a speed cannot be negative", "leave it out for none")
			}
			cfg.Flash = time.Duration(flashMS) * time.Millisecond
			for _, s := range faults {
				f, err := sim.ParseFault(s)
				if err != nil {
					return nil, err
				}
				cfg.Faults = append(cfg.Faults, f)
			}
			m, err := sim.New(cfg)
			if err != nil {
				return nil, err
			}
			return nil, a.ServeModem(ctx, m, link)
		}),
	}
	f := c.Flags()
	f.StringVar(&link, "link", "", "symbolic link to the port, for a name that stays")
	f.StringVar(&imei, "imei", "", "IMEI (default: drawn at random)")
	f.StringVar(&cfg.Firmware, "firmware", "", "modem firmware (default "+sim.DefaultFirmware+", or what the state file says)")
	f.StringVar(&cfg.Host, "host", "", "firmware in front of the modem; see docs/simulator.md (default at-host)")
	f.IntVar(&cfg.Baud, "baud", 0, "speed of the line; 0 is as fast as it goes")
	f.IntVar(&flashMS, "flash-ms", 0, "milliseconds a write or delete takes")
	f.StringVar(&cfg.State, "state", "", "file that keeps what the modem is and holds")
	f.StringArrayVar(&faults, "fault", nil, "something that goes wrong; see docs/simulator.md; may be repeated")
	return c
}

func (a *app) simEndpoint() *cobra.Command {
	var cfg farsim.Config
	var verbose bool
	var faults []string
	c := &cobra.Command{
		Use: "endpoint", Short: "A local LwM2M/DTLS server; its first line is its address", Args: cobra.NoArgs,
		Long: "A local LwM2M/DTLS server. It makes its own root, intermediate and certificate in --dir and trusts the units' authorities in " + filepath.Base(farsim.ClientCAFile("")) + " there.",
		RunE: a.Verb(func(ctx context.Context, _ []string) (paper.Document, error) {
			var err error
			if cfg.Manner, err = farsim.ParseManner(faults); err != nil {
				return nil, err
			}
			if cfg.Dir == "" {
				dir, err := os.MkdirTemp("", "sectag-endpoint-")
				if err != nil {
					return nil, cred.Because(err, "config.file", "no folder could be made for the server", "name one with --dir")
				}
				defer os.RemoveAll(dir)
				cfg.Dir = dir
			}
			if abs, err := filepath.Abs(cfg.Dir); err == nil {
				cfg.Dir = abs
			}
			if a.Verbose || verbose {
				cfg.Log = func(l string) { fmt.Fprintln(a.Err, l) }
			}
			return nil, farsim.Serve(ctx, cfg, func(url string) { a.Serving(url, paper.SimEndpoint{URL: url}) })
		}),
	}
	f := c.Flags()
	f.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "address and port")
	f.StringVar(&cfg.Dir, "dir", "", "folder of the server's keys and certificates (default: a temporary one)")
	f.StringVar(&cfg.ClientCA, "client-ca", "", "file of the authorities that sign the units (default "+filepath.Base(farsim.ClientCAFile(""))+" in the folder)")
	f.StringArrayVar(&faults, "fault", nil, "something that goes wrong with its LwM2M; see docs/simulator.md; may be repeated")
	f.StringVar(&cfg.AIA, "aia", "", "address and port of an HTTP server for its issuer's certificate")
	return c
}
