package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// healthCommand asks a running server how it is. It is the health check of
// the image.
func (p *program) healthCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "health", Short: "Ask a running server how it is", Args: cobra.NoArgs}
	a := p.addAdmin(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the document as it comes")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		status, answer, err := a.call(cmd.Context(), http.MethodGet, "/_sluice/health", nil, 0)
		if err != nil {
			return err
		}
		var doc struct {
			Status, Version string
			Reasons         []string
		}
		if json.Unmarshal(answer, &doc) != nil || doc.Status == "" {
			return errors.New("what answers there is not sluice")
		}
		if asJSON {
			_, _ = p.stdout.Write(answer)
		} else {
			fmt.Fprintln(p.stdout, doc.Status, doc.Version)
		}
		if status != http.StatusOK {
			return errors.New(strings.Join(append([]string{"the server is " + doc.Status}, doc.Reasons...), "; "))
		}
		return nil
	}
	return cmd
}
