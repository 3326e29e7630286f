package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// resetCommand removes what a running server keeps.
func (p *program) resetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "reset", Short: "Remove what a running server keeps: streams, records, settings of accounts",
		Long: "Remove what a running server keeps: streams with all that is in them, and settings of accounts. It takes\n" +
			"everything unless a flag narrows it. Anywhere but on this machine it asks first.",
		Example: `  sluice reset --region eu-west-1
  sluice reset --service kinesis --account 000000000000
  sluice reset --yes`,
		Args: cobra.NoArgs,
	}
	a := p.addAdmin(cmd)
	var scope struct {
		Service string `json:"service,omitempty"`
		Account string `json:"account,omitempty"`
		Region  string `json:"region,omitempty"`
	}
	var asJSON, yes bool
	flags := cmd.Flags()
	flags.StringVar(&scope.Service, "service", "", "only this service, kinesis for one")
	flags.StringVar(&scope.Account, "account", "", "only this account")
	flags.StringVar(&scope.Region, "region", "", "only this region")
	flags.BoolVar(&asJSON, "json", false, "print the document as it comes")
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := a.consent(p, yes, "remove everything"+narrowed(scope.Service, scope.Account, scope.Region)); err != nil {
			return err
		}
		status, answer, err := a.call(cmd.Context(), http.MethodPost, "/_sluice/reset", scope, snapshotPatience)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return refused(status, answer)
		}
		if asJSON {
			_, err = p.stdout.Write(answer)
			return err
		}
		var doc struct{ Removed map[string]int }
		if err := json.Unmarshal(answer, &doc); err != nil {
			return fmt.Errorf("the server's answer does not tell what it removed: %w", err)
		}
		maps.DeleteFunc(doc.Removed, func(_ string, n int) bool { return n == 0 })
		if len(doc.Removed) == 0 {
			p.say("there was nothing to remove")
		}
		for _, service := range slices.Sorted(maps.Keys(doc.Removed)) {
			p.say("removed %d of %s", doc.Removed[service], service)
		}
		return nil
	}
	return cmd
}

func narrowed(service, account, region string) string {
	var parts []string
	for _, part := range [][2]string{{"service", service}, {"account", account}, {"region", region}} {
		if part[1] != "" {
			parts = append(parts, part[0]+" "+part[1])
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " of " + strings.Join(parts, ", ")
}
