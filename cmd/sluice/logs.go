package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// logWait is how long the server keeps a follower waiting for the next line.
const logWait = 20 * time.Second

// logLine is a line of a function's log as the server shows it.
type logLine struct {
	Seq       uint64    `json:"seq"`
	At        time.Time `json:"at"`
	RequestID string    `json:"requestId"`
	Text      string    `json:"text"`
}

type logs struct {
	*caller
	follow, asJSON, wide bool
	last                 int
}

// logsCommand shows what a function has written.
func (p *program) logsCommand() *cobra.Command {
	l := &logs{}
	cmd := &cobra.Command{
		Use: "logs FUNCTION", Short: "Show the log of a function",
		Long: "Show the log of a function: what its processes have written, and a line where an event begins and\n" +
			"ends. The server keeps the last megabyte of each function, in memory.",
		Example: "  sluice logs ingest\n  sluice logs ingest -f\n  sluice logs ingest -n 100 --json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return l.run(cmd.Context(), args[0]) },
	}
	l.caller = p.addCaller(cmd)
	cmd.Flags().BoolVarP(&l.follow, "follow", "f", false, "go on with lines as they come")
	cmd.Flags().IntVarP(&l.last, "limit", "n", 0, "begin with the last so many lines")
	cmd.Flags().BoolVar(&l.wide, "wide", false, "with time and request id")
	cmd.Flags().BoolVar(&l.asJSON, "json", false, "print JSON, one object a line")
	return cmd
}

func (l *logs) run(ctx context.Context, name string) error {
	var after uint64
	var kept []logLine
	for {
		lines, err := l.page(ctx, name, after, 0)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			break
		}
		after, kept = lines[len(lines)-1].Seq, append(kept, lines...)
	}
	if l.last > 0 && len(kept) > l.last {
		kept = kept[len(kept)-l.last:]
	}
	if err := l.print(kept); err != nil || !l.follow {
		return err
	}
	for {
		lines, err := l.page(ctx, name, after, logWait)
		if ctx.Err() != nil {
			return nil // that is how a person ends it
		}
		if err == nil {
			err = l.print(lines)
		}
		if err != nil {
			return err
		}
		if len(lines) > 0 {
			after = lines[len(lines)-1].Seq
		}
	}
}

func (l *logs) page(ctx context.Context, name string, after uint64, wait time.Duration) ([]logLine, error) {
	path := "/_sluice/functions/" + url.PathEscape(name) + "/logs?" + l.query() + "&after=" + strconv.FormatUint(after, 10) + "&wait=" + wait.String()
	status, answer, err := l.admin.call(ctx, http.MethodGet, path, nil, wait)
	if err == nil && status != http.StatusOK {
		err = refused(status, answer)
	}
	if err != nil {
		return nil, err
	}
	var doc struct{ Items []logLine }
	if err := json.Unmarshal(answer, &doc); err != nil {
		return nil, fmt.Errorf("the server's answer is not a log: %w", err)
	}
	return doc.Items, nil
}

func (l *logs) print(lines []logLine) error {
	for _, line := range lines {
		var err error
		switch {
		case l.asJSON:
			err = encode(l.stdout, line)
		case l.wide:
			_, err = fmt.Fprintf(l.stdout, "%s  %-36s  %s\n", line.At.Format("2006-01-02T15:04:05.000Z07:00"), line.RequestID, safe([]byte(line.Text)))
		default:
			_, err = fmt.Fprintln(l.stdout, safe([]byte(line.Text)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// functionRow is a function as the server shows it, as far as the list tells.
type functionRow struct {
	Name, Timeout  string
	HTTP, Endpoint *struct{ URL string }
	Exec           *struct{ Command []string }
	Code           *struct{ Runtime string }
	Go             bool
}

// functionsCommand lists the functions.
func (p *program) functionsCommand() *cobra.Command {
	var c *caller
	asJSON := false
	cmd := &cobra.Command{
		Use: "functions", Short: "List the functions of a running server", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			status, answer, err := c.admin.call(cmd.Context(), http.MethodGet, "/_sluice/functions?"+c.query(), nil, 0)
			if err == nil && status != http.StatusOK {
				err = refused(status, answer)
			}
			if err != nil {
				return err
			}
			if asJSON {
				_, err = c.stdout.Write(answer)
				return err
			}
			return c.printFunctions(answer)
		},
	}
	c = p.addCaller(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the document as it comes")
	return cmd
}

func (c *caller) printFunctions(answer []byte) error {
	var doc struct{ Items []functionRow }
	if err := json.Unmarshal(answer, &doc); err != nil {
		return fmt.Errorf("the server's answer is not a list of functions: %w", err)
	}
	if len(doc.Items) == 0 {
		c.say("there are no functions in %s; docs/functions.md says how to make one", c.where())
		return nil
	}
	table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tTIMEOUT\tTARGET")
	for _, f := range doc.Items {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Name, f.Timeout, f.target())
	}
	return table.Flush()
}

func (f *functionRow) target() string {
	switch {
	case f.HTTP != nil:
		return "http " + f.HTTP.URL
	case f.Endpoint != nil:
		return "endpoint " + f.Endpoint.URL
	case f.Exec != nil:
		return fmt.Sprintf("exec %q", f.Exec.Command)
	case f.Code != nil:
		return "code for " + f.Code.Runtime
	}
	return "go"
}
