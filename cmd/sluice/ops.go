package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sluice"
)

// opsCommand prints the coverage table: what this binary answers, and how.
func (p *program) opsCommand() *cobra.Command {
	var asJSON, asMarkdown bool
	cmd := &cobra.Command{
		Use: "ops", Short: "List the operations and how far each is there", Args: cobra.NoArgs,
		Long: "real: its effect can be observed, and a test does. stored: kept and echoed only.\nrefused: answers HTTP 400 with a clear error and changes nothing.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON && asMarkdown {
				return &sluice.UsageError{Setting: "json", Source: "--json", Problem: "it cannot go with --markdown"}
			}
			list, err := sluice.Coverage(cmd.Context())
			switch {
			case err != nil:
				return err
			case asJSON:
				return json.NewEncoder(p.stdout).Encode(map[string]any{"items": list})
			case asMarkdown:
				return writeMarkdown(p.stdout, list)
			}
			return writeTable(p.stdout, list)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "print the table of docs/operations.md")
	return cmd
}

func writeTable(w io.Writer, list []sluice.Operation) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tOPERATION\tSTATE\tNOTES")
	for _, op := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", op.Service, op.Operation, op.State, op.Notes)
	}
	return table.Flush()
}

// writeMarkdown writes the table that stands in docs/operations.md.
func writeMarkdown(w io.Writer, list []sluice.Operation) error {
	var b strings.Builder
	b.WriteString("| service | operation | state | notes | shown by |\n|---|---|---|---|---|\n")
	for _, op := range list {
		test := op.Test
		if test != "" {
			test = "`" + test + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", op.Service, op.Operation, op.State, strings.ReplaceAll(op.Notes, "|", `\|`), test)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
