package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sluice"
)

// clockCommand shows and moves service time of a running server.
func (p *program) clockCommand() *cobra.Command {
	c := &clockCalls{program: p}
	cmd := &cobra.Command{Use: "clock", Short: "Show or move service time of a running server", Args: cobra.NoArgs}
	c.admin = p.addAdmin(cmd)
	cmd.PersistentFlags().BoolVar(&c.asJSON, "json", false, "print the document as it comes")
	cmd.PersistentFlags().DurationVar(&c.wait, "wait", 10*time.Second, "how long a move waits for the work that became due")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return c.call(cmd, http.MethodGet, nil) }
	cmd.AddCommand(
		&cobra.Command{Use: "get", Short: "Show the clock", Args: cobra.NoArgs, RunE: cmd.RunE},
		c.order("freeze", "Stop the clock", cobra.NoArgs, func([]string) (string, any) { return "freeze", true }),
		c.order("resume", "Let the clock run on", cobra.NoArgs, func([]string) (string, any) { return "resume", true }),
		c.order("set TIME", "Move the clock to a time such as 2027-01-31T12:00:00Z", cobra.ExactArgs(1),
			func(args []string) (string, any) { return "set", args[0] }),
		c.order("advance DURATION|next", "Move the clock on, by 25h for one, or to the next thing due", cobra.ExactArgs(1),
			func(args []string) (string, any) { return "advance", args[0] }),
	)
	return cmd
}

type clockCalls struct {
	*program
	admin  *admin
	asJSON bool
	wait   time.Duration
}

// check looks at the form of what a move is given; the server looks at the rest.
func check(key string, value any) error {
	text, _ := value.(string)
	switch key {
	case "set":
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return &sluice.UsageError{Setting: "TIME", Source: "TIME", Problem: fmt.Sprintf("%q is not a time such as 2027-01-31T12:00:00Z", text)}
		}
	case "advance":
		if d, err := time.ParseDuration(text); text != "next" && (err != nil || d < 0) {
			return &sluice.UsageError{Setting: "DURATION", Source: "DURATION", Problem: fmt.Sprintf("%q is not a duration such as 25h or 1m30s, nor next; time goes forward only", text)}
		}
	}
	return nil
}

func (c *clockCalls) order(use, short string, args cobra.PositionalArgs, member func(args []string) (string, any)) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: args, RunE: func(cmd *cobra.Command, args []string) error {
		if c.wait < 0 {
			return &sluice.UsageError{Setting: "wait", Source: "--wait", Problem: "it cannot be negative"}
		}
		key, value := member(args)
		if err := check(key, value); err != nil {
			return err
		}
		return c.call(cmd, http.MethodPost, map[string]any{key: value, "wait": c.wait.String()})
	}}
}

func (c *clockCalls) call(cmd *cobra.Command, method string, body any) error {
	status, answer, err := c.admin.call(cmd.Context(), method, "/_sluice/clock", body, c.wait)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return refused(status, answer)
	}
	if c.asJSON {
		_, err = c.stdout.Write(answer)
		return err
	}
	var doc struct {
		Now, Mode, Offset string
		Next              *string
		Fired             *int
		Settled           bool
		WaitingOn         []string
	}
	if err := json.Unmarshal(answer, &doc); err != nil {
		return fmt.Errorf("the server's answer is not a clock: %w", err)
	}
	fmt.Fprintf(c.stdout, "%s %s, offset %s\n", doc.Now, doc.Mode, doc.Offset)
	if doc.Next != nil {
		fmt.Fprintf(c.stdout, "next due %s\n", *doc.Next)
	}
	if doc.Fired != nil && !doc.Settled {
		fmt.Fprintf(c.stderr, "still at work: %s\n", strings.Join(doc.WaitingOn, ", "))
	}
	return nil
}
