package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Parse makes a plan of a template.
func Parse(raw []byte, place Place) (*Plan, error) {
	doc, err := read(raw)
	if err != nil {
		return nil, err
	}
	section := func(name string) map[string]any {
		m, _ := doc[name].(map[string]any)
		return m
	}
	r := &resolver{place: place, parameters: section("Parameters"), resources: section("Resources"), conditions: section("Conditions"), tables: section("Mappings")}
	if len(r.resources) == 0 {
		return nil, errors.New("the template has no Resources")
	}
	for name := range place.Parameters {
		if _, ok := r.parameters[name]; !ok {
			return nil, fmt.Errorf("the template has no parameter %s", name)
		}
	}
	globals, _ := section("Globals")["Function"].(map[string]any)
	p := &planner{resolver: r, globals: globals, plan: &Plan{}}
	for _, id := range slices.Sorted(maps.Keys(r.resources)) {
		p.resource(id)
	}
	return p.plan, nil
}

type planner struct {
	*resolver
	globals map[string]any
	plan    *Plan
}

func (p *planner) skip(id, kind string, why any) {
	p.plan.Skipped = append(p.plan.Skipped, Skip{id, kind, fmt.Sprint(why)})
}

// resource takes one resource into the plan, or says why not.
func (p *planner) resource(id string) {
	resource, _ := p.resources[id].(map[string]any)
	kind, raw := p.typeOf(id)
	if name, ok := resource["Condition"].(string); ok {
		if yes, err := p.condition(name); err != nil || !yes {
			p.skip(id, kind, "its condition "+name+" does not hold")
			return
		}
	}
	var err error
	switch kind {
	case "AWS::Kinesis::Stream":
		err = p.stream(id, raw)
	case "AWS::Kinesis::StreamConsumer":
		err = p.consumer(id, raw)
	case "AWS::Lambda::EventSourceMapping":
		err = p.mapping(id, raw)
	case "AWS::Lambda::Function", "AWS::Serverless::Function":
		err = p.function(id, kind, raw)
	default:
		err = errors.New("not a stream, a function or what connects them")
	}
	if err != nil {
		p.skip(id, kind, err)
	}
}

func (p *planner) properties(raw map[string]any) (map[string]any, error) {
	v, err := p.resolve(raw)
	m, _ := v.(map[string]any)
	return m, err
}

func (p *planner) stream(id string, raw map[string]any) error {
	m, err := p.properties(raw)
	if err != nil {
		return err
	}
	s := Stream{ID: id, Shards: whole(m["ShardCount"]), RetentionHours: whole(m["RetentionPeriodHours"]), Tags: tags(m["Tags"])}
	if s.Name, err = p.name(id); err != nil {
		return err
	}
	mode, _ := m["StreamModeDetails"].(map[string]any)
	switch {
	case mode["StreamMode"] == "ON_DEMAND":
		s.Shards = 0
	case s.Shards == 0 && mode["StreamMode"] == "PROVISIONED":
		s.Shards = 1
	}
	if _, ok := m["StreamEncryption"]; ok {
		p.skip(id+".StreamEncryption", "AWS::Kinesis::Stream", "nothing is encrypted here")
	}
	p.plan.Streams = append(p.plan.Streams, s)
	return nil
}

func (p *planner) consumer(id string, raw map[string]any) error {
	m, err := p.properties(raw)
	if err != nil {
		return err
	}
	c := Consumer{ID: id}
	c.Name, _ = m["ConsumerName"].(string)
	c.StreamARN, _ = m["StreamARN"].(string)
	if c.Name == "" || c.StreamARN == "" {
		return errors.New("it lacks ConsumerName or StreamARN")
	}
	p.plan.Consumers = append(p.plan.Consumers, c)
	return nil
}

// function reads a function and, of a serverless one, its events.
func (p *planner) function(id, kind string, raw map[string]any) error {
	merged := map[string]any{}
	if kind == "AWS::Serverless::Function" {
		maps.Copy(merged, p.globals)
	}
	maps.Copy(merged, raw)
	name, err := p.name(id)
	if err != nil {
		return err
	}
	f := Function{ID: id, Name: name}
	f.Environment, err = p.environment(id, kind, raw)
	if err != nil {
		return err
	}
	for member, into := range map[string]*string{"Runtime": &f.Runtime, "Handler": &f.Handler} {
		v, err := p.resolve(merged[member])
		if err != nil {
			return err
		}
		*into, _ = v.(string)
	}
	for member, into := range map[string]*int{"Timeout": &f.TimeoutSeconds, "MemorySize": &f.MemoryMB} {
		v, err := p.resolve(merged[member])
		if err != nil {
			return err
		}
		*into = whole(v)
	}
	p.code(&f, kind, merged)
	p.plan.Functions = append(p.plan.Functions, f)
	events, _ := merged["Events"].(map[string]any)
	for _, event := range slices.Sorted(maps.Keys(events)) {
		p.event(id, event, events[event])
	}
	return nil
}

// environment reads the variables; those that cannot be known are left out.
func (p *planner) environment(id, kind string, raw map[string]any) (map[string]string, error) {
	vars := map[string]string{}
	sources := []map[string]any{raw}
	if kind == "AWS::Serverless::Function" {
		sources = []map[string]any{p.globals, raw}
	}
	for _, source := range sources {
		environment, _ := source["Environment"].(map[string]any)
		variables, _ := environment["Variables"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(variables)) {
			v, err := p.resolve(variables[name])
			var gap *unknown
			switch {
			case errors.As(err, &gap):
				p.skip(id+".Environment."+name, kind, err)
			case err != nil:
				return nil, err
			default:
				if _, gone := v.(none); !gone {
					vars[name] = fmt.Sprint(v)
				}
			}
		}
	}
	return vars, nil
}

// code finds out where the code of a function is.
func (p *planner) code(f *Function, kind string, merged map[string]any) {
	member := "CodeUri"
	if kind == "AWS::Lambda::Function" {
		member = "Code"
	}
	v, err := p.resolve(merged[member])
	inline, _ := merged["InlineCode"].(string)
	switch code := v.(type) {
	case string:
		f.Path = code
	case map[string]any:
		inline, _ = code["ZipFile"].(string)
		f.Missing = "its code is in a bucket or an image"
	}
	if merged["PackageType"] == "Image" || merged["ImageUri"] != nil {
		f.Missing = "its code is an image"
	}
	switch {
	case err != nil:
		f.Missing = err.Error()
	case inline != "":
		f.Inline, f.Missing = inline, ""
	case strings.HasPrefix(f.Path, "s3://"):
		f.Path, f.Missing = "", "its code is in a bucket"
	case f.Path == "" && f.Missing == "":
		f.Missing = "the template does not say where its code is"
	}
}

// fields are the members of a mapping that are passed on, with what they are.
var fields = map[string]string{
	"FunctionName": "text", "EventSourceArn": "text", "StartingPosition": "text", "StartingPositionTimestamp": "number", "Enabled": "switch",
	"BatchSize": "number", "MaximumBatchingWindowInSeconds": "number", "ParallelizationFactor": "number", "MaximumRetryAttempts": "number",
	"MaximumRecordAgeInSeconds": "number", "BisectBatchOnFunctionError": "switch", "TumblingWindowInSeconds": "number",
	"FunctionResponseTypes": "as it is", "FilterCriteria": "as it is", "DestinationConfig": "destination",
}

func (p *planner) event(function, name string, raw any) {
	id := function + ".Events." + name
	event, _ := raw.(map[string]any)
	kind, _ := event["Type"].(string)
	if kind != "Kinesis" {
		p.skip(id, kind, "only events of type Kinesis are made")
		return
	}
	properties, _ := event["Properties"].(map[string]any)
	input := maps.Clone(properties)
	if input == nil {
		input = map[string]any{}
	}
	input["EventSourceArn"] = input["Stream"]
	delete(input, "Stream")
	input["FunctionName"] = map[string]any{"Ref": function}
	if err := p.mapping(id, input); err != nil {
		p.skip(id, kind, err)
	}
}

func (p *planner) mapping(id string, raw map[string]any) error {
	m, err := p.properties(raw)
	if err != nil {
		return err
	}
	source, _ := m["EventSourceArn"].(string)
	if !strings.Contains(source, ":kinesis:") && !strings.HasPrefix(source, ConsumerRef("")) {
		return fmt.Errorf("its source %q is not a stream", source)
	}
	input := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		v, err := field(fields[name], m[name])
		switch {
		case fields[name] == "":
			p.skip(id+"."+name, "AWS::Lambda::EventSourceMapping", "not a setting of mappings of streams")
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		default:
			input[name] = v
		}
	}
	p.plan.Mappings = append(p.plan.Mappings, Mapping{ID: id, Input: input})
	return nil
}

// field brings a value into the form of the API: templates may write numbers
// and switches as text.
func field(kind string, v any) (any, error) {
	text := fmt.Sprint(v)
	switch kind {
	case "text":
		return text, nil
	case "number":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return n, nil
	case "switch":
		on, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither true nor false", text)
		}
		return on, nil
	}
	if kind == "destination" { // SAM says beside the ARN of what type it is
		m, _ := v.(map[string]any)
		failure, _ := m["OnFailure"].(map[string]any)
		return map[string]any{"OnFailure": map[string]any{"Destination": failure["Destination"]}}, nil
	}
	return v, nil
}

func whole(v any) int {
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil {
		return 0
	}
	return n
}

func tags(v any) map[string]string {
	list, _ := v.([]any)
	out := map[string]string{}
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			out[fmt.Sprint(m["Key"])] = fmt.Sprint(m["Value"])
		}
	}
	return out
}
