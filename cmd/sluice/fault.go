package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sluice"
)

const faultsPath = "/_sluice/faults"

// faultFlag is a part of a rule as a flag.
type faultFlag struct {
	name, path, value, usage string // path in the rule; value is its kind in help texts, empty for switches
}

func faultFlags() []faultFlag {
	return []faultFlag{
		{"id", "id", "ID", "name of the rule (default: one is given)"},
		{"service", "match.service", "NAME", "only calls of this service"},
		{"operation", "match.operation", "NAME", "only calls of this operation"},
		{"account", "match.account", "ID", "only calls in this account"},
		{"region", "match.region", "REGION", "only calls in this region"},
		{"stream", "match.stream", "NAME", "only calls about this stream"},
		{"shard", "match.shard", "ID", "only calls about this shard"},
		{"key", "match.partitionKey", "KEY", "only records with this partition key"},
		{"consumer", "match.consumer", "NAME", "only calls about this consumer"},
		{"after", "when.after", "N", "leave the first N of these calls alone"},
		{"every", "when.every", "N", "strike every Nth of them"},
		{"first", "when.first", "N", "strike the first N of them"},
		{"probability", "when.probability", "P", "strike by dice, 0.1 for one in ten"},
		{"seed", "when.seed", "N", "make the dice repeatable"},
		{"error", "effect.error.code", "CODE", "answer with this error"},
		{"message", "effect.error.message", "TEXT", "its text"},
		{"status", "effect.error.status", "N", "its HTTP status (default: the service's)"},
		{"throttle", "effect.throttle", "", "answer that calls come too often"},
		{"latency", "effect.latency", "DURATION", "hold the call back, in host time"},
		{"fail-records", "effect.failRecords.every", "N", "fail every Nth record of batches"},
		{"code", "effect.failRecords.code", "CODE", "with this code (default InternalFailure)"},
		{"reset", "effect.reset", "before|after", "break the connection before the call runs, or after"},
		{"truncate", "effect.truncate", "", "cut the answer in its middle"},
		{"bytes-per-second", "effect.bytesPerSecond", "N", "answer slowly"},
		{"expire-iterator", "effect.expireIterator", "", "answer that the iterator has expired"},
		{"end-subscription", "effect.endSubscription.how", "clean|reset", "end event streams early"},
		{"events", "effect.endSubscription.events", "N", "after N events (default 1)"},
	}
}

// faultCommand makes calls of a running server fail on order.
func (p *program) faultCommand() *cobra.Command {
	f := &faultCalls{program: p}
	cmd := &cobra.Command{
		Use: "fault", Short: "Make calls of a running server fail on order",
		Long: "Make calls of a running server fail on order. A rule says which calls it is about, which of\n" +
			"them it strikes and what it does to them; it lasts until it is deleted or the server ends.",
		Example: `  sluice fault add --operation PutRecord --stream orders --first 2 --throttle
  sluice fault add --operation PutRecords --every 10 --fail-records 3 --code ProvisionedThroughputExceededException
  sluice fault add --id lost --operation PutRecord --key c-7 --first 1 --reset after
  sluice fault add --operation GetRecords --probability 0.1 --seed 7 --expire-iterator
  sluice fault add '{"match":{"stream":"orders"},"effect":{"latency":"20ms"}}'
  echo '{"match":{"operation":"SubscribeToShard"},"effect":{"endSubscription":"reset"}}' | sluice fault add -
  sluice fault list
  sluice fault show lost --json
  sluice fault delete lost
  sluice fault delete --all`,
		Args: cobra.NoArgs,
	}
	f.admin = p.addAdmin(cmd)
	cmd.PersistentFlags().BoolVar(&f.asJSON, "json", false, "print the documents as they come")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return f.list(cmd) }
	list := &cobra.Command{Use: "list", Short: "List the rules and how often each has struck", Args: cobra.NoArgs, RunE: cmd.RunE}
	show := &cobra.Command{Use: "show ID", Short: "Show a rule", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.show(cmd, args[0]) }}
	cmd.AddCommand(f.addCommand(), list, show, f.deleteCommand())
	return cmd
}

type faultCalls struct {
	*program
	admin  *admin
	asJSON bool
}

// faultDocument is a rule as the server shows it.
type faultDocument struct {
	ID          string
	Match, When map[string]any
	Effect      map[string]any
	Seen, Fired int64
}

func (f *faultCalls) addCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "add [RULE|-]", Short: "Add a rule, from flags or as JSON", Args: cobra.MaximumNArgs(1),
		Long: "Add a rule. Flags say which calls it is about, which of them it strikes, and the one thing\nthat it does. A rule in JSON, or - for one on standard input, takes no flags.",
	}
	cmd.Flags().SortFlags = false
	for _, flag := range faultFlags() {
		if flag.value == "" {
			cmd.Flags().Bool(flag.name, false, flag.usage)
			continue
		}
		cmd.Flags().VarP(&faultValue{kind: flag.value}, flag.name, "", flag.usage)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		rule, err := f.rule(cmd.Flags(), args)
		if err != nil {
			return err
		}
		raw, err := f.call(cmd, http.MethodPost, faultsPath, rule, http.StatusCreated)
		if err != nil || f.asJSON {
			return f.print(raw, err)
		}
		var doc faultDocument
		if err := json.Unmarshal(raw, &doc); err != nil {
			return fmt.Errorf("the server's answer is not a rule: %w", err)
		}
		if seed, ok := doc.When["seed"]; ok && !cmd.Flags().Changed("seed") {
			fmt.Fprintf(f.stderr, "the dice have --seed %v\n", seed)
		}
		_, err = fmt.Fprintln(f.stdout, doc.ID)
		return err
	}
	return cmd
}

// faultValue is the text of a flag. Its form is checked here, where the flag is
// known; the server says what else is wrong with it.
type faultValue struct{ kind, text string }

// Set implements pflag.Value.
func (v *faultValue) Set(text string) error {
	var n json.Number
	number := json.Unmarshal([]byte(text), &n) == nil && n != ""
	choices := strings.Split(v.kind, "|")
	switch {
	case v.kind == "N" && (!number || strings.ContainsAny(text, ".eE")):
		return fmt.Errorf("%q is not a number", text)
	case v.kind == "P" && !number:
		return fmt.Errorf("%q is not a number such as 0.1", text)
	case v.kind == "DURATION":
		if _, err := time.ParseDuration(text); err != nil {
			return fmt.Errorf("%q is not a duration such as 250ms", text)
		}
	case len(choices) > 1 && !slices.Contains(choices, text):
		return fmt.Errorf("it is %s, not %q", strings.Join(choices, " or "), text)
	}
	v.text = text
	return nil
}

// String implements pflag.Value.
func (v *faultValue) String() string { return v.text }

// Type implements pflag.Value.
func (v *faultValue) Type() string { return v.kind }

// rule makes the rule of flags and arguments. Only flags that were given are
// in it, so that a zero is seen, and refused, by the server.
func (f *faultCalls) rule(flags *pflag.FlagSet, args []string) (any, error) {
	rule := map[string]any{}
	given := ""
	for _, flag := range faultFlags() {
		if !flags.Changed(flag.name) {
			continue
		}
		given = flag.name
		at, path := rule, strings.Split(flag.path, ".")
		for _, key := range path[:len(path)-1] {
			below, ok := at[key].(map[string]any)
			if !ok {
				below = map[string]any{}
				at[key] = below
			}
			at = below
		}
		value := flags.Lookup(flag.name).Value.String()
		switch flag.value {
		case "", "N", "P":
			at[path[len(path)-1]] = json.RawMessage(value)
		default:
			at[path[len(path)-1]] = value
		}
	}
	if len(args) == 0 {
		return rule, nil
	}
	if given != "" {
		return nil, &sluice.UsageError{Setting: given, Source: "--" + given, Problem: "it cannot go with a rule in JSON"}
	}
	raw := []byte(args[0])
	if args[0] == "-" {
		var err error
		if raw, err = io.ReadAll(io.LimitReader(f.stdin, 1<<20)); err != nil {
			return nil, fmt.Errorf("read the rule: %w", err)
		}
	}
	if !json.Valid(raw) {
		return nil, &sluice.UsageError{Setting: "RULE", Source: "RULE", Problem: "it is not JSON"}
	}
	return json.RawMessage(raw), nil
}

func (f *faultCalls) list(cmd *cobra.Command) error {
	raw, err := f.call(cmd, http.MethodGet, faultsPath, nil, http.StatusOK)
	if err != nil || f.asJSON {
		return f.print(raw, err)
	}
	var doc struct{ Items []faultDocument }
	if err := json.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("the server's answer is not a list of rules: %w", err)
	}
	if len(doc.Items) == 0 {
		fmt.Fprintln(f.stderr, "there are no fault rules; make one with `sluice fault add`")
		return nil
	}
	table := tabwriter.NewWriter(f.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tMATCH\tWHEN\tEFFECT\tSEEN\tFIRED")
	for _, r := range doc.Items {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\n", r.ID, spelled(r.Match, "all calls"), spelled(r.When, "always"), spelled(r.Effect, ""), r.Seen, r.Fired)
	}
	return table.Flush()
}

// spelled writes the members of a part of a rule in a line.
func spelled(part map[string]any, nothing string) string {
	var words []string
	for key, value := range part {
		switch value := value.(type) {
		case bool:
			words = append(words, key)
		case map[string]any:
			words = append(words, key+"("+spelled(value, "all")+")")
		default:
			words = append(words, fmt.Sprintf("%s=%v", key, value))
		}
	}
	if len(words) == 0 {
		return nothing
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

func (f *faultCalls) show(cmd *cobra.Command, id string) error {
	raw, err := f.call(cmd, http.MethodGet, faultsPath+"/"+url.PathEscape(id), nil, http.StatusOK)
	if err != nil || f.asJSON {
		return f.print(raw, err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw, "", "  "); err != nil {
		return fmt.Errorf("the server's answer is not a rule: %w", err)
	}
	_, err = f.stdout.Write(pretty.Bytes())
	return err
}

func (f *faultCalls) deleteCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{Use: "delete ID… | --all", Short: "Delete rules and tell how often they have struck"}
	cmd.Flags().BoolVar(&all, "all", false, "delete every rule")
	cmd.RunE = func(cmd *cobra.Command, ids []string) error {
		switch {
		case all == (len(ids) > 0):
			return &sluice.UsageError{Setting: "all", Source: "delete", Problem: "name the rules, or give --all"}
		case all:
			raw, err := f.call(cmd, http.MethodDelete, faultsPath, nil, http.StatusOK)
			if err != nil || f.asJSON {
				return f.print(raw, err)
			}
			var doc struct{ Removed int }
			_ = json.Unmarshal(raw, &doc) // at worst it tells of none
			fmt.Fprintf(f.stdout, "%d deleted\n", doc.Removed)
			return nil
		}
		for _, id := range ids {
			raw, err := f.call(cmd, http.MethodDelete, faultsPath+"/"+url.PathEscape(id), nil, http.StatusOK)
			if err != nil || f.asJSON {
				if err := f.print(raw, err); err != nil {
					return err
				}
				continue
			}
			var doc faultDocument
			_ = json.Unmarshal(raw, &doc) // at worst it tells of no calls
			fmt.Fprintf(f.stdout, "%s has seen %d calls and struck %d\n", id, doc.Seen, doc.Fired)
		}
		return nil
	}
	return cmd
}

func (f *faultCalls) call(cmd *cobra.Command, method, path string, body any, want int) ([]byte, error) {
	status, answer, err := f.admin.call(cmd.Context(), method, path, body, 0)
	if err == nil && status != want {
		err = refused(status, answer)
	}
	return answer, err
}

func (f *faultCalls) print(raw []byte, err error) error {
	if err == nil {
		_, err = f.stdout.Write(raw)
	}
	return err
}
