package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sluice"
	"sluice/cmd/sluice/template"
	"sluice/internal/clock"
)

// importRow tells what became of a resource of a template.
type importRow struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Result string `json:"result"` // made, exists, updated, skipped or failed; planned with --dry-run
	Why    string `json:"why,omitempty"`
}

type importer struct {
	*caller
	stack      string
	parameters map[string]string
	targets    map[string]string
	dry        bool
	asJSON     bool

	folder    string
	rows      []importRow
	consumers map[string]string // ARNs by the reference to them
}

// importCommand makes what a template asks for.
func (p *program) importCommand() *cobra.Command {
	i := &importer{consumers: map[string]string{}}
	cmd := &cobra.Command{
		Use: "import TEMPLATE", Short: "Make the streams, functions and mappings of a SAM or CloudFormation template",
		Long: "Make the streams, functions and event source mappings of a SAM or CloudFormation template, and say of\n" +
			"everything else why it was left out. Code is taken from folders and zip files beside the template, as\n" +
			"`sam build` leaves them; it runs if the server was started with --allow-exec and knows the runtime.\n" +
			"What exists already stays. A function that runs elsewhere is given with --function.",
		Example: `  sluice import .aws-sam/build/template.yaml
  sluice import template.yaml --parameter Stage=dev --dry-run
  sluice import template.yaml --function Ingest=http://127.0.0.1:9000/2015-03-31/functions/function/invocations`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return i.run(cmd.Context(), args[0]) },
	}
	i.caller = p.addCaller(cmd)
	cmd.Flags().StringVar(&i.stack, "stack", "", "put before the names of resources that have none of their own")
	cmd.Flags().StringToStringVar(&i.parameters, "parameter", nil, "value of a parameter, NAME=VALUE")
	cmd.Flags().StringToStringVar(&i.targets, "function", nil, "address that a function's events go to, ID=URL")
	cmd.Flags().BoolVar(&i.dry, "dry-run", false, "only tell what would be made")
	cmd.Flags().BoolVar(&i.asJSON, "json", false, "print JSON")
	return cmd
}

func (i *importer) run(ctx context.Context, path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return &sluice.UsageError{Setting: "TEMPLATE", Source: path, Problem: err.Error()}
	}
	i.folder = filepath.Dir(path)
	plan, err := template.Parse(raw, template.Place{Region: i.where(), Account: i.account, Stack: i.stack, Parameters: i.parameters})
	if err != nil {
		return &sluice.UsageError{Setting: "TEMPLATE", Source: path, Problem: err.Error()}
	}
	for id := range i.targets {
		if !hasFunction(plan, id) {
			return misuse("function", fmt.Errorf("the template has no function %s", id))
		}
	}
	for _, make := range []func(context.Context, *template.Plan) error{i.streams, i.consumersOf, i.functions, i.mappings} {
		if err := make(ctx, plan); err != nil {
			return errors.Join(i.print(), err)
		}
	}
	for _, s := range plan.Skipped {
		i.rows = append(i.rows, importRow{ID: s.ID, Kind: s.Type, Result: "skipped", Why: s.Why})
	}
	return i.print()
}

func hasFunction(plan *template.Plan, id string) bool {
	for _, f := range plan.Functions {
		if f.ID == id {
			return true
		}
	}
	return false
}

// note keeps what became of a resource. An error of a service is one of that
// resource alone; other errors end the import.
func (i *importer) note(id, kind, name string, err error) error {
	r := importRow{ID: id, Kind: kind, Name: name, Result: "made"}
	var refused *serviceError
	var answered *refusal
	var skipped *importSkip
	switch {
	case i.dry:
		r.Result = "planned"
	case is(err, "ResourceInUseException") || is(err, "ResourceConflictException"):
		r.Result = "exists"
	case errors.As(err, &skipped):
		r.Result, r.Why = "skipped", skipped.why
	case errors.As(err, &refused), errors.As(err, &answered):
		r.Result, r.Why = "failed", err.Error()
	case err != nil:
		return err
	}
	i.rows = append(i.rows, r)
	return nil
}

// importSkip is why a resource was left out when its turn came.
type importSkip struct{ why string }

// Error implements error.
func (e *importSkip) Error() string { return e.why }

func (i *importer) streams(ctx context.Context, plan *template.Plan) error {
	for _, s := range plan.Streams {
		var err error
		if !i.dry {
			err = i.stream(ctx, s)
		}
		if err := i.note(s.ID, "stream", s.Name, err); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) stream(ctx context.Context, s template.Stream) error {
	in := map[string]any{"StreamName": s.Name, "StreamModeDetails": map[string]string{"StreamMode": "ON_DEMAND"}}
	if s.Shards > 0 {
		in["ShardCount"], in["StreamModeDetails"] = s.Shards, map[string]string{"StreamMode": "PROVISIONED"}
	}
	if len(s.Tags) > 0 {
		in["Tags"] = s.Tags
	}
	if _, err := i.target(ctx, "CreateStream", in); err != nil {
		return err
	}
	if err := i.active(ctx, "DescribeStreamSummary", map[string]string{"StreamName": s.Name}); err != nil {
		return err
	}
	if s.RetentionHours > 24 {
		_, err := i.target(ctx, "IncreaseStreamRetentionPeriod", map[string]any{"StreamName": s.Name, "RetentionPeriodHours": s.RetentionHours})
		return err
	}
	return nil
}

// Bounds of the wait for streams and consumers to become ACTIVE.
const (
	importPoll  = 20 * time.Millisecond
	importPolls = 1500
)

func (i *importer) active(ctx context.Context, operation string, in any) error {
	for range importPolls {
		answer, err := i.target(ctx, operation, in)
		if err != nil {
			return err
		}
		var doc struct {
			StreamDescriptionSummary struct{ StreamStatus string }
			ConsumerDescription      struct{ ConsumerStatus string }
		}
		if err := json.Unmarshal(answer, &doc); err != nil {
			return err
		}
		if doc.StreamDescriptionSummary.StreamStatus == "ACTIVE" || doc.ConsumerDescription.ConsumerStatus == "ACTIVE" {
			return nil
		}
		if err := clock.Host().Sleep(ctx, importPoll); err != nil {
			return err
		}
	}
	return errors.New("it does not become ACTIVE; service time may be frozen")
}

func (i *importer) consumersOf(ctx context.Context, plan *template.Plan) error {
	for _, c := range plan.Consumers {
		var err error
		if !i.dry {
			err = i.consumer(ctx, c)
		}
		if err := i.note(c.ID, "consumer", c.Name, err); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) consumer(ctx context.Context, c template.Consumer) error {
	in := map[string]string{"StreamARN": c.StreamARN, "ConsumerName": c.Name}
	_, made := i.target(ctx, "RegisterStreamConsumer", in)
	if made != nil && !is(made, "ResourceInUseException") {
		return made
	}
	if err := i.active(ctx, "DescribeStreamConsumer", in); err != nil {
		return err
	}
	answer, err := i.target(ctx, "DescribeStreamConsumer", in)
	if err != nil {
		return err
	}
	var doc struct{ ConsumerDescription struct{ ConsumerARN string } }
	if err := json.Unmarshal(answer, &doc); err != nil {
		return err
	}
	i.consumers[template.ConsumerRef(c.ID)] = doc.ConsumerDescription.ConsumerARN
	return made
}

func (i *importer) mappings(ctx context.Context, plan *template.Plan) error {
	for _, m := range plan.Mappings {
		name := fmt.Sprintf("%v to %v", m.Input["EventSourceArn"], m.Input["FunctionName"])
		if arn, ok := i.consumers[fmt.Sprint(m.Input["EventSourceArn"])]; ok {
			m.Input["EventSourceArn"] = arn
		}
		var err error
		if !i.dry {
			_, err = i.lambda(ctx, http.MethodPost, "event-source-mappings", m.Input)
		}
		if err := i.note(m.ID, "mapping", name, err); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) functions(ctx context.Context, plan *template.Plan) error {
	for _, f := range plan.Functions {
		var err error
		if !i.dry {
			err = i.function(ctx, f)
		}
		if err := i.note(f.ID, "function", f.Name, err); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) function(ctx context.Context, f template.Function) error {
	if target := i.targets[f.ID]; target != "" {
		return i.elsewhere(ctx, f, target)
	}
	zip, err := codeOf(i.folder, f)
	if err != nil {
		return i.unlessDefined(ctx, f, err)
	}
	in := map[string]any{"FunctionName": f.Name, "Role": "arn:aws:iam::" + i.account + ":role/" + f.Name, "Code": map[string]any{"ZipFile": zip}}
	for name, v := range map[string]any{"Runtime": f.Runtime, "Handler": f.Handler} {
		if v != "" {
			in[name] = v
		}
	}
	if f.TimeoutSeconds > 0 {
		in["Timeout"] = f.TimeoutSeconds
	}
	if f.MemoryMB > 0 {
		in["MemorySize"] = f.MemoryMB
	}
	if len(f.Environment) > 0 {
		in["Environment"] = map[string]any{"Variables": f.Environment}
	}
	_, err = i.lambda(ctx, http.MethodPost, "functions", in)
	if !is(err, "ResourceConflictException") {
		return err
	}
	// New code is what a second import is for.
	if _, err := i.lambda(ctx, http.MethodPut, "functions/"+url.PathEscape(f.Name)+"/code", map[string]any{"ZipFile": zip}); err != nil {
		return err
	}
	return &serviceError{code: "ResourceConflictException"}
}

// elsewhere defines a function that runs at an address.
func (i *importer) elsewhere(ctx context.Context, f template.Function, target string) error {
	entry := map[string]any{"http": map[string]string{"url": target}}
	if f.TimeoutSeconds > 0 {
		entry["timeout"] = (time.Duration(f.TimeoutSeconds) * time.Second).String()
	}
	status, answer, err := i.admin.call(ctx, http.MethodPut, "/_sluice/functions/"+url.PathEscape(f.Name)+"?"+i.query(), entry, 0)
	if err == nil && status != http.StatusOK {
		err = refused(status, answer)
	}
	return err
}

// unlessDefined leaves a function out whose code is not here; one of that name
// that was defined otherwise will do.
func (i *importer) unlessDefined(ctx context.Context, f template.Function, why error) error {
	status, _, err := i.admin.call(ctx, http.MethodGet, "/_sluice/functions/"+url.PathEscape(f.Name)+"?"+i.query(), nil, 0)
	switch {
	case err != nil:
		return err
	case status == http.StatusOK:
		return &serviceError{code: "ResourceConflictException"}
	}
	return &importSkip{why.Error() + "; say where it runs with --function " + f.ID + "=URL"}
}

// print prints the rows. What could not be made fails the command.
func (i *importer) print() error {
	if err := i.printRows(); err != nil {
		return err
	}
	for _, r := range i.rows {
		if r.Result == "failed" {
			return errors.New("not everything could be made")
		}
	}
	return nil
}

func (i *importer) printRows() error {
	if i.asJSON {
		if i.rows == nil {
			i.rows = []importRow{}
		}
		return encode(i.stdout, map[string]any{"items": i.rows})
	}
	table := tabwriter.NewWriter(i.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RESULT\tKIND\tID\tNAME")
	for _, r := range i.rows {
		last := r.Name
		if r.Why != "" {
			last = r.Why
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Result, r.Kind, r.ID, last)
	}
	return table.Flush()
}
