package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sluice"
)

// maxPayload bounds what is read as an event, a little above what a function takes.
const maxPayload = 8 << 20

// longestFunction bounds the wait for an answer; functions run 15 minutes at most.
const longestFunction = 15 * time.Minute

type invocation struct {
	*caller
	payload, qualifier string
	log, later         bool
}

// invokeCommand calls a function.
func (p *program) invokeCommand() *cobra.Command {
	i := &invocation{}
	cmd := &cobra.Command{
		Use: "invoke FUNCTION", Short: "Call a function and print its answer",
		Long: "Call a function and print its answer. The event is that of --payload, the content of --payload @FILE,\n" +
			"or standard input with --payload -; without it the event is {}. A function that fails makes the\n" +
			"command end with 1, after its error document was printed.",
		Example: `  sluice invoke ingest --payload '{"total":12}'
  sluice invoke ingest --payload @event.json --log
  cat event.json | sluice invoke ingest --payload - | jq .
  sluice invoke ingest --async`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return i.run(cmd.Context(), args[0]) },
	}
	i.caller = p.addCaller(cmd)
	cmd.Flags().StringVarP(&i.payload, "payload", "p", "{}", "event: JSON, @FILE, or - for standard input")
	cmd.Flags().StringVar(&i.qualifier, "qualifier", "", "version or alias")
	cmd.Flags().BoolVar(&i.log, "log", false, "print the end of the function's log to stderr")
	cmd.Flags().BoolVar(&i.later, "async", false, "do not wait for the function")
	cmd.MarkFlagsMutuallyExclusive("log", "async")
	return cmd
}

// functionError is what a function that failed has answered. The document was
// printed already.
type functionError struct{ name, kind string }

// Error implements error.
func (e *functionError) Error() string { return e.name + " has failed (" + e.kind + ")" }

// Hint says what to do next.
func (e *functionError) Hint() string { return "`sluice logs " + e.name + "` shows its log" }

func (i *invocation) run(ctx context.Context, name string) error {
	event, err := i.event()
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if i.later {
		header.Set("X-Amz-Invocation-Type", "Event")
	}
	if i.log {
		header.Set("X-Amz-Log-Type", "Tail")
	}
	path := "/2015-03-31/functions/" + url.PathEscape(name) + "/invocations"
	if i.qualifier != "" {
		path += "?Qualifier=" + url.QueryEscape(i.qualifier)
	}
	got, answer, err := i.call(ctx, "lambda", http.MethodPost, path, header, event, longestFunction)
	if is(err, "ResourceNotFoundException") {
		return &sluiceHint{err, "`sluice functions` lists the functions"}
	}
	if err != nil {
		return err
	}
	if i.log {
		tail, err := base64.StdEncoding.DecodeString(got.Get("X-Amz-Log-Result"))
		if err == nil {
			_, _ = i.stderr.Write(tail)
		}
	}
	if _, err := i.stdout.Write(answer); err != nil {
		return err
	}
	if n := len(answer); n > 0 && answer[n-1] != '\n' {
		fmt.Fprintln(i.stdout)
	}
	if kind := got.Get("X-Amz-Function-Error"); kind != "" {
		return &functionError{name, kind}
	}
	return nil
}

// sluiceHint adds what to do next to an error.
type sluiceHint struct {
	error
	hint string
}

// Hint says what to do next.
func (e *sluiceHint) Hint() string { return e.hint }

// Unwrap returns the error.
func (e *sluiceHint) Unwrap() error { return e.error }

// event reads the event. The service says what is wrong with it, but for what
// the shell most likely did.
func (i *invocation) event() ([]byte, error) {
	raw := []byte(i.payload)
	var err error
	switch {
	case i.payload == "-":
		raw, err = io.ReadAll(io.LimitReader(i.stdin, maxPayload))
	case i.payload != "" && i.payload[0] == '@':
		raw, err = os.ReadFile(i.payload[1:])
	}
	if err != nil {
		return nil, &sluice.UsageError{Setting: "payload", Source: "--payload", Problem: err.Error()}
	}
	if !json.Valid(raw) {
		return nil, misuse("payload", errors.New("it is not JSON; text needs quotes of its own, as in '\"text\"'"))
	}
	return raw, nil
}
