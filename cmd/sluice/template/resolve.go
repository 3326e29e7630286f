package template

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// Place says where the resources will be, and how parameters are set.
type Place struct {
	Region, Account string
	// Stack is put before the names of resources that have none of their own.
	Stack string
	// Parameters override the defaults of the template.
	Parameters map[string]string
}

// resolver knows what the functions of a template stand for.
type resolver struct {
	place      Place
	parameters map[string]any
	resources  map[string]any
	conditions map[string]any
	tables     map[string]any
	depth      int
}

// none is AWS::NoValue: it takes the member it stands in away.
type none struct{}

// unknown is what cannot be known from the template.
type unknown struct{ what string }

// Error implements error.
func (u *unknown) Error() string { return u.what + " cannot be known from the template" }

// resolve replaces functions by what they give.
func (r *resolver) resolve(v any) (any, error) {
	if r.depth++; r.depth > 4*maxDepth {
		return nil, fmt.Errorf("it goes round in circles")
	}
	defer func() { r.depth-- }()
	switch x := v.(type) {
	case []any:
		out := []any{}
		for _, item := range x {
			got, err := r.resolve(item)
			if err != nil {
				return nil, err
			}
			if _, gone := got.(none); !gone {
				out = append(out, got)
			}
		}
		return out, nil
	case map[string]any:
		if len(x) == 1 {
			for name, of := range x {
				if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
					return r.call(name, of)
				}
			}
		}
		out := map[string]any{}
		for name, of := range x {
			got, err := r.resolve(of)
			if err != nil {
				return nil, err
			}
			if _, gone := got.(none); !gone {
				out[name] = got
			}
		}
		return out, nil
	}
	return v, nil
}

// call gives the value of a function.
func (r *resolver) call(name string, of any) (any, error) {
	switch name {
	case "Ref":
		return r.ref(fmt.Sprint(of))
	case "Fn::GetAtt":
		return r.attribute(of)
	case "Fn::Sub":
		return r.sub(of)
	case "Fn::If":
		list, ok := of.([]any)
		if !ok || len(list) != 3 {
			return nil, &unknown{name}
		}
		yes, err := r.condition(fmt.Sprint(list[0]))
		if err != nil {
			return nil, err
		}
		if yes {
			return r.resolve(list[1])
		}
		return r.resolve(list[2])
	}
	args, err := r.resolve(of)
	if err != nil {
		return nil, err
	}
	list, _ := args.([]any)
	switch {
	case name == "Fn::Join" && len(list) == 2:
		return join(list[0], list[1]), nil
	case name == "Fn::Split" && len(list) == 2:
		return splitText(fmt.Sprint(list[1]), fmt.Sprint(list[0])), nil
	case name == "Fn::Select" && len(list) == 2:
		items, _ := list[1].([]any)
		if i, err := strconv.Atoi(fmt.Sprint(list[0])); err == nil && i >= 0 && i < len(items) {
			return items[i], nil
		}
	case name == "Fn::FindInMap" && len(list) >= 3:
		table, _ := r.tables[fmt.Sprint(list[0])].(map[string]any)
		row, _ := table[fmt.Sprint(list[1])].(map[string]any)
		if v, ok := row[fmt.Sprint(list[2])]; ok {
			return v, nil
		}
	case name == "Fn::Equals" && len(list) == 2:
		return fmt.Sprint(list[0]) == fmt.Sprint(list[1]), nil
	case name == "Fn::Not" && len(list) == 1:
		return list[0] != true, nil
	case name == "Fn::And", name == "Fn::Or":
		return all(list, name == "Fn::And"), nil
	case name == "Condition":
		return r.condition(fmt.Sprint(args))
	}
	return nil, &unknown{name}
}

func join(by, of any) string {
	items, _ := of.([]any)
	var texts []string
	for _, item := range items {
		texts = append(texts, fmt.Sprint(item))
	}
	return strings.Join(texts, fmt.Sprint(by))
}

func splitText(text, by string) []any {
	out := []any{}
	for _, part := range strings.Split(text, by) {
		out = append(out, part)
	}
	return out
}

// all is true when every item is, or any where that is enough.
func all(list []any, every bool) bool {
	for _, item := range list {
		if (item == true) != every {
			return !every
		}
	}
	return every
}

func (r *resolver) condition(name string) (bool, error) {
	of, ok := r.conditions[name]
	if !ok {
		return false, &unknown{"condition " + name}
	}
	v, err := r.resolve(of)
	return v == true, err
}

func (r *resolver) ref(name string) (any, error) {
	switch name {
	case "AWS::Region":
		return r.place.Region, nil
	case "AWS::AccountId":
		return r.place.Account, nil
	case "AWS::Partition":
		return partition(r.place.Region), nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return r.place.Stack, nil
	case "AWS::NoValue":
		return none{}, nil
	}
	if v, ok := r.place.Parameters[name]; ok {
		return v, nil
	}
	if p, ok := r.parameters[name].(map[string]any); ok {
		if v, ok := p["Default"]; ok {
			return v, nil
		}
		return nil, &unknown{"parameter " + name + ", which has no default,"}
	}
	if kind, _ := r.typeOf(name); kind == "AWS::Kinesis::StreamConsumer" {
		return ConsumerRef(name), nil
	}
	return r.name(name)
}

// typeOf gives type and properties of a resource.
func (r *resolver) typeOf(id string) (kind string, properties map[string]any) {
	resource, _ := r.resources[id].(map[string]any)
	kind, _ = resource["Type"].(string)
	properties, _ = resource["Properties"].(map[string]any)
	return kind, properties
}

// name is what a stream or function is called: as it says, else after its id.
func (r *resolver) name(id string) (string, error) {
	kind, properties := r.typeOf(id)
	var own any
	switch kind {
	case "AWS::Kinesis::Stream":
		own = properties["Name"]
	case "AWS::Lambda::Function", "AWS::Serverless::Function":
		own = properties["FunctionName"]
	default:
		return "", &unknown{"what " + id + " refers to"}
	}
	if own != nil {
		v, err := r.resolve(own)
		if err != nil {
			return "", err
		}
		if text, ok := v.(string); ok {
			return text, nil
		}
	}
	if r.place.Stack != "" {
		return r.place.Stack + "-" + id, nil
	}
	return id, nil
}

func (r *resolver) attribute(of any) (any, error) {
	list, _ := of.([]any)
	if len(list) != 2 {
		return nil, &unknown{"Fn::GetAtt"}
	}
	id, attribute := fmt.Sprint(list[0]), fmt.Sprint(list[1])
	kind, _ := r.typeOf(id)
	switch {
	case kind == "AWS::Kinesis::StreamConsumer" && attribute == "ConsumerARN":
		return ConsumerRef(id), nil
	case attribute != "Arn":
		return nil, &unknown{id + "." + attribute}
	}
	name, err := r.name(id)
	if err != nil {
		return nil, &unknown{id + ".Arn"}
	}
	service := ":lambda:"
	middle := ":function:"
	if kind == "AWS::Kinesis::Stream" {
		service, middle = ":kinesis:", ":stream/"
	}
	return "arn:" + partition(r.place.Region) + service + r.place.Region + ":" + r.place.Account + middle + name, nil
}

var hole = regexp.MustCompile(`\$\{([^}]+)\}`)

// sub fills ${Name} and ${Name.Attribute}; ${!Name} stays as ${Name}.
func (r *resolver) sub(of any) (any, error) {
	own := map[string]any{}
	if list, ok := of.([]any); ok && len(list) == 2 {
		of = list[0]
		given, err := r.resolve(list[1])
		if err != nil {
			return nil, err
		}
		if m, ok := given.(map[string]any); ok {
			maps.Copy(own, m)
		}
	}
	text, ok := of.(string)
	if !ok {
		return nil, &unknown{"Fn::Sub"}
	}
	var problem error
	out := hole.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		v, ok := own[name]
		var err error
		if id, attribute, dotted := strings.Cut(name, "."); !ok && dotted {
			v, err = r.attribute([]any{id, attribute})
		} else if !ok {
			v, err = r.ref(name)
		}
		if err != nil {
			problem = err
		}
		return fmt.Sprint(v)
	})
	return out, problem
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}
