package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sluice"
	"sluice/store/doctor"
)

// doctorCommand looks into a data folder that no server has open.
func (p *program) doctorCommand() *cobra.Command {
	var repair, asJSON bool
	cmd := &cobra.Command{
		Use: "doctor FOLDER", Short: "Look whether a data folder is whole, and repair it",
		Long: "Look whether a data folder holds what was written to it: every file of the database, its logs, the\n" +
			"files of records and rings beside it, bodies of objects, and snapshots. It changes nothing without --repair, and\n" +
			"needs the server stopped. Exit code 0 means that nothing is wrong, or that all was repaired, 1 that something is,\n" +
			"3 that a server has the folder open.",
		Args: cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.BoolVar(&repair, "repair", false, "save what can be read into a new database; what it replaces stays in FOLDER/damaged")
	flags.BoolVar(&asJSON, "json", false, "print the report as one JSON object")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		look := doctor.Examine
		if repair {
			look = doctor.Repair
		}
		report, err := look(doctor.Options{Dir: args[0], Owners: sluice.BodyOwners()})
		if report == nil {
			return unexamined(err)
		}
		if e := p.report(report, asJSON); e != nil {
			return e
		}
		switch {
		case err != nil:
			return err
		case report.Damaged() && !repair:
			return &damagedError{folder: args[0]}
		case report.Unmended > 0 && report.Damaged():
			return &unmendedError{folder: args[0], count: report.Unmended}
		}
		return nil
	}
	return cmd
}

// unexamined is an error of a folder that could not be looked into.
func unexamined(err error) error {
	if errors.Is(err, doctor.ErrLocked) {
		return &sluice.BlockedError{Err: errors.New("a server has this data folder open"), Advice: "stop it first; sluice health asks it how it is"}
	}
	return err
}

// damagedError is how an examination ends that found damage.
type damagedError struct{ folder string }

// Error implements error.
func (d *damagedError) Error() string { return d.folder + " is damaged" }

// Hint says what to do about it.
func (d *damagedError) Hint() string {
	return "sluice doctor " + d.folder + " --repair saves what can be read; copy the folder first"
}

// unmendedError is how a repair ends that could not mend everything.
type unmendedError struct {
	folder string
	count  int
}

// Error implements error.
func (u *unmendedError) Error() string {
	return fmt.Sprintf("%s: a repair cannot mend %s", u.folder, count(int64(u.count), "finding"))
}

// Hint says what to do about it.
func (u *unmendedError) Hint() string {
	return "put the objects again that are named above, or delete them; sluice s3 does both"
}

// report prints what was found.
func (p *program) report(r *doctor.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(r)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(p.stdout, "%s  %s: %s\n", f.Severity, f.File, f.What)
		for _, l := range f.Loses {
			fmt.Fprintln(p.stdout, "        lost:", l)
		}
		if f.Repair != "" {
			fmt.Fprintln(p.stdout, "        repair:", f.Repair)
		}
	}
	for _, done := range r.Repaired {
		fmt.Fprintln(p.stdout, "repaired:", done)
	}
	state := "nothing is wrong"
	if r.Damaged() {
		state = "damaged"
	}
	p.say("%s: %s; format %d, durability %s, %s, %d bytes, %s, %s", r.Folder, state, r.Format, r.Durability,
		count(r.Files, "file"), r.Bytes, count(r.Pairs, "key"), count(int64(len(r.Snapshots)), "snapshot"))
	return nil
}
