package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sluice"
	"sluice/internal/clock"
)

// serveCommand serves until it is told to stop.
func (p *program) serveCommand() *cobra.Command {
	given := map[string]*values{}
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the API (the default command)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.serve(cmd.Context(), p.sources(cmd.Flags(), given, file))
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	for _, s := range sluice.Settings() {
		v := &values{setting: s}
		given[s.Flag] = v
		flag := flags.VarPF(v, s.Flag, "", usage(s))
		if s.IsSwitch() {
			flag.NoOptDefVal = "true"
		}
	}
	flags.StringVar(&file, "config", "", "settings file in YAML or JSON ($SLUICE_CONFIG)")
	return cmd
}

func usage(s sluice.Setting) string {
	text := s.Usage
	if s.Repeatable {
		text += ", repeatable"
	}
	if d := s.Default(); d != "" && !s.IsSwitch() {
		text += " (default " + d + ")"
	}
	return text + " ($" + s.Env() + ")"
}

// values collects what a flag is given. Its text is checked later, together
// with that of the other sources.
type values struct {
	setting sluice.Setting
	list    []string
}

// Set implements pflag.Value.
func (v *values) Set(text string) error {
	if !v.setting.Repeatable {
		v.list = []string{text}
		return nil
	}
	for item := range strings.SplitSeq(text, ",") {
		v.list = append(v.list, strings.TrimSpace(item))
	}
	return nil
}

// String implements pflag.Value. The default is part of the usage text.
func (v *values) String() string { return "" }

// Type implements pflag.Value.
func (v *values) Type() string { return v.setting.Placeholder }

func (p *program) sources(flags *pflag.FlagSet, given map[string]*values, file string) sluice.Sources {
	s := sluice.Sources{Env: p.env, Flags: map[string][]string{}, File: file}
	for name, v := range given {
		if flags.Changed(name) {
			s.Flags[name] = v.list
		}
	}
	if s.File == "" {
		s.File, _ = p.env("SLUICE_CONFIG")
	}
	return s
}

func (p *program) serve(ctx context.Context, sources sluice.Sources) error {
	load := func() (sluice.Config, error) { return sluice.LoadConfig(sources) }
	c, err := load()
	if err != nil {
		return err
	}
	for _, note := range sluice.StrangeVariables(os.Environ()) {
		p.say("sluice: %s", note)
	}
	c.Version, c.LogOutput, c.Reloaded = version, p.stderr, load
	started := p.heedMemoryLimit(int64(c.MemoryLimit))
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	s, err := sluice.Open(ctx, c)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return nil // stopped before it was ready
		}
		return err
	}
	started()
	fmt.Fprintln(p.stderr, "sluice ready", strings.Join(s.Endpoints(), " "))
	fmt.Fprintln(p.stderr, "Ready.")
	settled, stop := settle()
	defer stop()
	for {
		select {
		case <-settled:
			letGo()
			settled = nil
		case <-hangups:
			p.reload(ctx, s, load)
		case <-ctx.Done():
			return p.stop(s)
		}
	}
}

// heedMemoryLimit makes the garbage collector work harder as the process comes
// near its budget; an eighth is left for what the collector does not count.
// Open leaves this to the program, since the limit is one of the process. Until
// started is called there is next to no collecting: little of what a start makes
// is garbage.
func (p *program) heedMemoryLimit(limit int64) (started func()) {
	if _, given := p.env("GOMEMLIMIT"); !given {
		debug.SetMemoryLimit(limit / 8 * 7)
	}
	if _, given := p.env("GOGC"); given {
		return func() {}
	}
	debug.SetGCPercent(startGC)
	return func() { debug.SetGCPercent(relaxedGC) }
}

// startGC collects once 32 MB were made, which an empty server does not need.
const startGC = 800

// relaxedGC lets garbage grow to twice what is in use instead of once: a tenth
// less CPU per put, for 10 to 40 MB more under load. The memory limit still holds.
const relaxedGC = 200

func (p *program) reload(ctx context.Context, s *sluice.Sluice, load func() (sluice.Config, error)) {
	c, err := load()
	if err != nil {
		fmt.Fprintln(p.stderr, "sluice: the settings stay as they are:", err)
		return
	}
	done, err := s.Reload(ctx, c)
	if err != nil {
		fmt.Fprintln(p.stderr, "sluice: the settings stay as they are:", err)
		return
	}
	fmt.Fprintln(p.stderr, "sluice reloaded; changed:", orNothing(done.Applied)+"; needs a restart:", orNothing(done.NeedsRestart))
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " ")
}

// leaveAfter keeps the promise to be gone 5 seconds after SIGTERM. What was
// acknowledged is safe by then whatever is still being closed.
const leaveAfter = 4900 * time.Millisecond

func (p *program) stop(s *sluice.Sluice) error {
	host := clock.Host()
	late := make(chan struct{})
	host.At(host.Now().Add(leaveAfter), func() { close(late) })
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		return err
	case <-late:
		return errors.New("some calls did not end in time")
	}
}
