package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

// limitsCommand shows or changes which rates a running server enforces.
func (p *program) limitsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "limits [aws|off|xN]", Short: "Show or change the rates that a running server enforces",
		Long: "Show or change the rates that a running server enforces: those of AWS, none, or N times\nthose of AWS. It lasts until the server ends or reloads its settings.",
		Example: `  sluice limits
  sluice limits off
  sluice limits x10
  sluice limits aws`,
		Args: cobra.MaximumNArgs(1), ValidArgs: []string{"aws", "off", "x10"},
	}
	a := p.addAdmin(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print the document as it comes")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		method, body := http.MethodGet, any(nil)
		if len(args) > 0 {
			method, body = http.MethodPost, map[string]string{"limits": args[0]}
		}
		status, answer, err := a.call(cmd.Context(), method, "/_sluice/limits", body, 0)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return refused(status, answer)
		}
		if *asJSON {
			_, err = p.stdout.Write(answer)
			return err
		}
		var doc struct{ Limits string }
		if err := json.Unmarshal(answer, &doc); err != nil {
			return fmt.Errorf("the server's answer is not about limits: %w", err)
		}
		_, err = fmt.Fprintln(p.stdout, doc.Limits)
		return err
	}
	return cmd
}
