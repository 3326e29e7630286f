package main

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// versionCommand says what this binary is.
func (p *program) versionCommand() *cobra.Command {
	var asJSON, bill bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if bill {
				return writeBill(p.stdout)
			}
			platform := runtime.GOOS + "/" + runtime.GOARCH
			if asJSON {
				return json.NewEncoder(p.stdout).Encode(map[string]string{"version": version, "go": runtime.Version(), "platform": platform})
			}
			_, err := fmt.Fprintf(p.stdout, "sluice %s (%s, %s)\n", version, runtime.Version(), platform)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&bill, "sbom", false, "print what the program is made of, as CycloneDX JSON")
	return cmd
}
