package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
)

// snapshotPatience bounds the saving and restoring of what may be many files.
const snapshotPatience = 10 * time.Minute

// snapshotCommand saves and restores the state of a running server.
func (p *program) snapshotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "snapshot", Short: "Save and restore all that a running server keeps",
		Long: "Save and restore all that a running server keeps, of every service. A snapshot can be exported to a file,\n" +
			"which another server imports and a test begins with.",
		Example: `  sluice snapshot save before
  sluice snapshot list
  sluice snapshot restore before
  sluice snapshot export before
  sluice snapshot import before.tar.zst copy
  sluice snapshot delete before`,
		Args: cobra.NoArgs,
	}
	s := &snapshotCalls{program: p, admin: p.addAdmin(cmd)}
	cmd.PersistentFlags().BoolVar(&s.asJSON, "json", false, "print the document as it comes")
	cmd.RunE = s.list
	restore := &cobra.Command{Use: "restore NAME", Short: "Put a snapshot in the place of all that the server keeps", Args: cobra.ExactArgs(1),
		Long: "Put a snapshot in the place of all that the server keeps, while it runs. Subscriptions end, iterators\n" +
			"expire. Anywhere but on this machine it asks first.", RunE: s.restore}
	remove := &cobra.Command{Use: "delete NAME...", Short: "Delete snapshots", Args: cobra.MinimumNArgs(1),
		Long: "Delete snapshots. Anywhere but on this machine it asks first.", RunE: s.remove}
	for _, asking := range []*cobra.Command{restore, remove} {
		asking.Flags().BoolVarP(&s.yes, "yes", "y", false, "do not ask")
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List the snapshots", Args: cobra.NoArgs, RunE: s.list},
		&cobra.Command{Use: "save NAME", Short: "Save all that the server keeps, while it runs", Args: cobra.ExactArgs(1), RunE: s.save},
		restore, remove, s.exportCommand(), s.importCommand(),
	)
	return cmd
}

// snapshotCalls are the calls that the subcommands make.
type snapshotCalls struct {
	*program
	admin       *admin
	asJSON, yes bool
}

// snapshotDocument is what the server tells of a snapshot.
type snapshotDocument struct {
	Name                 string
	Created, ServiceTime time.Time
	Bytes                int64
}

const snapshotsPath = "/_sluice/snapshots"

// order makes a call about one snapshot and tells what was done.
func (s *snapshotCalls) order(cmd *cobra.Command, method, path, done string) error {
	status, answer, err := s.admin.call(cmd.Context(), method, snapshotsPath+"/"+path, nil, snapshotPatience)
	if err != nil {
		return err
	}
	return s.told(status, answer, done)
}

// told tells what came of a call.
func (s *snapshotCalls) told(status int, answer []byte, done string) error {
	if status != http.StatusOK && status != http.StatusCreated {
		return refused(status, answer)
	}
	if s.asJSON {
		_, err := s.stdout.Write(answer)
		return err
	}
	var doc snapshotDocument
	if err := json.Unmarshal(answer, &doc); err != nil {
		return fmt.Errorf("the server's answer is not a snapshot: %w", err)
	}
	s.say("%s %s: %s, service time %s", done, doc.Name, bytesText(doc.Bytes), doc.ServiceTime.Format(time.RFC3339))
	return nil
}

func (s *snapshotCalls) save(cmd *cobra.Command, args []string) error {
	return s.order(cmd, http.MethodPut, segment(args[0]), "saved")
}

func (s *snapshotCalls) restore(cmd *cobra.Command, args []string) error {
	if err := s.admin.consent(s.program, s.yes, "restore "+args[0]); err != nil {
		return err
	}
	return s.order(cmd, http.MethodPost, segment(args[0])+"/restore", "restored")
}

func (s *snapshotCalls) remove(cmd *cobra.Command, args []string) error {
	for _, name := range args {
		if err := s.admin.consent(s.program, s.yes, "delete "+name); err != nil {
			return err
		}
		if err := s.order(cmd, http.MethodDelete, segment(name), "deleted"); err != nil {
			return err
		}
	}
	return nil
}

func (s *snapshotCalls) list(cmd *cobra.Command, _ []string) error {
	status, answer, err := s.admin.call(cmd.Context(), http.MethodGet, snapshotsPath, nil, 0)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return refused(status, answer)
	}
	if s.asJSON {
		_, err = s.stdout.Write(answer)
		return err
	}
	var doc struct{ Items []snapshotDocument }
	if err := json.Unmarshal(answer, &doc); err != nil {
		return fmt.Errorf("the server's answer is not a list of snapshots: %w", err)
	}
	table := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSERVICE TIME\tSIZE")
	for _, d := range doc.Items {
		fmt.Fprintf(table, "%s\t%s\t%s\n", d.Name, d.ServiceTime.Format(time.RFC3339), bytesText(d.Bytes))
	}
	return table.Flush()
}

// consent asks before something that cannot be undone, as client.consent does.
func (a *admin) consent(p *program, yes bool, what string) error {
	endpoint, err := a.url()
	if err != nil {
		return err
	}
	return (&client{program: p, endpoint: streams.Endpoint{URL: endpoint}}).consent(yes, what)
}
