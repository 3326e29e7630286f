package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

// firehoseCommand is what only Sluice can do with delivery streams.
func (p *program) firehoseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "firehose", Short: "Have delivery streams deliver now",
		Long: "Delivery streams are made and written to with the AWS CLI or an SDK. This does what only Sluice can:\n" +
			"deliver what waits in a buffer without waiting for its time.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.flushCommand())
	return cmd
}

// flushCommand delivers what a delivery stream has buffered.
func (p *program) flushCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "flush NAME", Short: "Deliver what a delivery stream has buffered",
		Long:    "Deliver what a delivery stream has buffered, and wait until it is there.",
		Example: `  sluice firehose flush clicks`,
		Args:    cobra.ExactArgs(1),
	}
	a := p.addAdmin(cmd)
	var account, region string
	var asJSON bool
	flags := cmd.Flags()
	flags.StringVar(&region, "region", "", "region ($AWS_REGION, $AWS_DEFAULT_REGION; default the server's)")
	flags.StringVar(&account, "account", "", "account (default the server's)")
	flags.BoolVar(&asJSON, "json", false, "print the document as it comes")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		query := url.Values{}
		for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
			if value, _ := p.env(name); region == "" {
				region = value
			}
		}
		for name, value := range map[string]string{"region": region, "account": account} {
			if value != "" {
				query.Set(name, value)
			}
		}
		path := "/_sluice/firehose/" + url.PathEscape(args[0]) + "/flush?" + query.Encode()
		status, answer, err := a.call(cmd.Context(), http.MethodPost, path, nil, snapshotPatience)
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
		var doc struct{ Objects, Records, Bytes, Failed int64 }
		if err := json.Unmarshal(answer, &doc); err != nil {
			return fmt.Errorf("the server's answer does not tell what it delivered: %w", err)
		}
		p.say("delivered %s (%s) as %s; %d of the records could not be processed",
			count(doc.Records, "record"), count(doc.Bytes, "byte"), count(doc.Objects, "object"), doc.Failed)
		return nil
	}
	return cmd
}
