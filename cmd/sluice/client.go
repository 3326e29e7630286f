package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/spf13/cobra"

	"sluice"
	"sluice/cmd/sluice/streams"
)

// client is what the commands share that talk to a Kinesis endpoint.
type client struct {
	*program
	choice   streams.Choice
	endpoint streams.Endpoint
	api      *kinesis.Client
	asJSON   bool
}

// addClient gives a command the flags that say where to go.
func (p *program) addClient(cmd *cobra.Command) *client {
	c := &client{program: p, choice: streams.Choice{Env: p.env}}
	flags := cmd.PersistentFlags()
	flags.StringVar(&c.choice.URL, "endpoint", "", "URL of the service ($AWS_ENDPOINT_URL_KINESIS, $AWS_ENDPOINT_URL; default "+streams.DefaultEndpoint+")")
	flags.BoolVar(&c.choice.AWS, "aws", false, "go to the real AWS")
	flags.StringVar(&c.choice.Region, "region", "", "region ($AWS_REGION, $AWS_DEFAULT_REGION; default us-east-1)")
	flags.StringVar(&c.choice.Profile, "profile", "", "profile of the AWS configuration files ($AWS_PROFILE)")
	flags.BoolVar(&c.asJSON, "json", false, "print JSON: one object, or one a line where it streams")
	cmd.ValidArgsFunction = c.completeStream
	return c
}

// runs makes the command's function: it connects, and tells errors of the
// service as people like to hear them.
func (c *client) runs(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := c.connect(); err != nil {
			return err
		}
		return streams.Explain(f(cmd.Context(), args), c.endpoint)
	}
}

func (c *client) connect() (err error) {
	if c.endpoint, err = c.choice.Find(); err != nil {
		var flag *streams.FlagError
		if errors.As(err, &flag) {
			return misuse(flag.Flag, err)
		}
		return err
	}
	c.api, err = c.endpoint.Connect()
	return err
}

// completeStream offers the names of streams to the shell, if the server is
// quick to tell them.
func (c *client) completeStream(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if c.connect() != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	out, err := c.api.ListStreams(ctx, &kinesis.ListStreamsInput{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return out.StreamNames, cobra.ShellCompDirectiveNoFileComp
}

// misuse is an error of the user's that a flag is to blame for.
func misuse(flag string, err error) error {
	return &sluice.UsageError{Setting: flag, Source: "--" + flag, Problem: err.Error()}
}

// object prints one JSON object on one line.
func (c *client) object(v any) error {
	e := json.NewEncoder(c.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// items prints a list: JSON for programs, a table for people.
func items[T any](c *client, list []T, head string, row func(w io.Writer, item T)) error {
	if c.asJSON {
		if list == nil {
			list = []T{}
		}
		return c.object(map[string]any{"items": list})
	}
	table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, head)
	for _, item := range list {
		row(table, item)
	}
	return table.Flush()
}

// say talks to people. Programs read stdout and exit codes.
func (p *program) say(format string, args ...any) {
	fmt.Fprintf(p.stderr, format+"\n", args...)
}

// interrupted is true for the end of ctx, which is how a person stops a command.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, context.Canceled)
}
