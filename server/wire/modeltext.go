package wire

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sluice/internal/must"
)

// The generated tables are lines of words: a kind and a name, then options as
// key=value where the value may be a quoted Go string. Lines that begin with a
// blank are members of the structure above. See gen/emit.go, which writes them.

// modelReader builds one service from its text. Shapes may be named before
// they are defined, so they are made at first mention.
type modelReader struct {
	service *Service
	open    *Shape // the structure that member lines belong to
}

// mustReadModel reads a generated table; a broken one is a bug in the generator.
func mustReadModel(text string) *Service {
	s, err := readModel(text)
	must.Hold(err == nil, "generated model: %v", err)
	return s
}

func readModel(text string) (*Service, error) {
	r := &modelReader{service: &Service{
		Operations: map[string]*Operation{},
		Shapes:     map[string]*Shape{},
		Faults:     map[string]*FaultShape{},
	}}
	for line := range strings.Lines(text) {
		if err := r.line(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	for _, s := range r.service.Shapes {
		if _, ok := r.service.Faults[s.Name]; ok {
			// Event streams name their failures among the events.
			s.Kind, s.Exception = KindStructure, true
		}
		if s.Kind == 0 {
			return nil, fmt.Errorf("shape %s is not defined", s.Name)
		}
		s.hasBlob = holdsBlob(s, map[*Shape]bool{})
	}
	for _, op := range r.service.Operations {
		op.Stream = op.Output != nil && eventStreamMember(op.Output) != nil
	}
	return r.service, nil
}

// holdsBlob walks a shape; models may be recursive, hence seen.
func holdsBlob(s *Shape, seen map[*Shape]bool) bool {
	if s == nil || seen[s] {
		return false
	}
	seen[s] = true
	if s.Kind == KindBlob || holdsBlob(s.Elem, seen) {
		return true
	}
	for _, m := range s.Members {
		if holdsBlob(m.Shape, seen) {
			return true
		}
	}
	return false
}

// eventStreamMember returns the member of an output that is the event stream.
func eventStreamMember(s *Shape) *Member {
	for _, m := range s.Members {
		if m.Shape.EventStream {
			return m
		}
	}
	return nil
}

func (r *modelReader) line(line string) error {
	member := strings.HasPrefix(line, " ")
	words, options, err := splitLine(line)
	if err != nil {
		return err
	}
	if len(words) < 2 {
		return errors.New("a line needs two words")
	}
	switch {
	case member:
		return r.member(words, options)
	case words[0] == "service":
		r.head(words[1], options)
		return nil
	case words[0] == "error":
		return r.fault(words, options)
	case words[0] == "operation":
		return r.operation(words, options)
	}
	return r.shape(words, options)
}

func (r *modelReader) head(id string, o map[string]string) {
	s := r.service
	s.ID, s.SigningName, s.TargetPrefix, s.APIVersion = id, o["signing"], o["target"], o["version"]
	s.ShapePackage, s.XMLNamespace, s.Discreet = o["package"], o["namespace"], o["discreet"] != ""
	for _, p := range strings.Split(o["protocols"], ",") {
		s.Protocols = append(s.Protocols, Protocol(p))
	}
}

func (r *modelReader) fault(words []string, o map[string]string) error {
	if len(words) < 4 {
		return fmt.Errorf("an error needs status and key")
	}
	status, err := strconv.Atoi(words[2])
	f := &FaultShape{
		Name: words[1], Status: status, MessageKey: words[3], Typed: len(words) > 4 && words[4] == "typed",
	}
	if o["with"] != "" {
		f.Details = &Shape{Name: f.Name, Kind: KindStructure}
		for _, word := range strings.Split(o["with"], ",") {
			name, of, _ := strings.Cut(word, ":")
			f.Details.Members = append(f.Details.Members, &Member{Name: name, WireName: name, Shape: r.named(of), path: lowerFirst(name)})
		}
	}
	r.service.Faults[f.Name] = f
	return err
}

func (r *modelReader) operation(words []string, o map[string]string) error {
	if len(words) < 5 {
		return fmt.Errorf("an operation needs method, path and status")
	}
	status, err := strconv.Atoi(words[4])
	if err != nil {
		return err
	}
	op := &Operation{
		Service: r.service, Name: words[1], Method: words[2], Path: words[3], Status: status,
		Errors: map[string]int{},
	}
	if name, ok := o["in"]; ok {
		op.Input = r.named(name)
	}
	if name, ok := o["out"]; ok {
		op.Output = r.named(name)
	}
	if o["errors"] != "" {
		for _, name := range strings.Split(o["errors"], ",") {
			f, ok := r.service.Faults[name]
			if !ok {
				return fmt.Errorf("error %s is not defined", name)
			}
			op.Errors[name] = f.Status
		}
	}
	r.service.Operations[op.Name] = op
	return nil
}

func (r *modelReader) named(name string) *Shape {
	s, ok := r.service.Shapes[name]
	if !ok {
		s = &Shape{Name: name}
		r.service.Shapes[name] = s
	}
	return s
}

func (r *modelReader) shape(words []string, o map[string]string) error {
	kind, ok := kindOf(words[0])
	if !ok {
		return fmt.Errorf("unknown kind %s", words[0])
	}
	s := r.named(words[1])
	s.Kind = kind
	r.open = s
	if of, ok := o["of"]; ok {
		s.Elem = r.named(of)
	}
	if key, ok := o["key"]; ok {
		s.Key = r.named(key)
	}
	for name, bound := range map[string]**int64{"min": &s.Min, "max": &s.Max} {
		if text, ok := o[name]; ok {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return err
			}
			*bound = &n
		}
	}
	if o["enum"] != "" {
		s.Enum = strings.Split(o["enum"], ",")
	}
	s.Pattern, s.accept, s.deny = o["pattern"], o["accept"], o["deny"]
	if s.accept == "" {
		s.accept = s.Pattern
	}
	s.EventStream = len(words) > 2 && words[2] == "eventstream"
	return nil
}

func (r *modelReader) member(words []string, o map[string]string) error {
	if r.open == nil || r.open.Kind != KindStructure {
		return fmt.Errorf("a member outside of a structure")
	}
	at, ok := locationOf(o["at"])
	if !ok {
		return fmt.Errorf("unknown location %s", o["at"])
	}
	m := &Member{
		Name: words[0], Shape: r.named(words[1]), Location: at, WireName: words[0],
		Required: len(words) > 2 && words[2] == "required", TimestampFormat: o["time"],
		path: lowerFirst(words[0]),
	}
	if as, ok := o["as"]; ok {
		m.WireName = as
	}
	r.open.Members = append(r.open.Members, m)
	return nil
}

func kindOf(word string) (Kind, bool) {
	switch word {
	case "structure":
		return KindStructure, true
	case "list":
		return KindList, true
	case "map":
		return KindMap, true
	case "string":
		return KindString, true
	case "integer":
		return KindInteger, true
	case "long":
		return KindLong, true
	case "double":
		return KindDouble, true
	case "boolean":
		return KindBoolean, true
	case "blob":
		return KindBlob, true
	case "timestamp":
		return KindTimestamp, true
	}
	return 0, false
}

func locationOf(word string) (Location, bool) {
	switch word {
	case "":
		return LocationBody, true
	case "uri":
		return LocationURI, true
	case "querystring":
		return LocationQuery, true
	case "header":
		return LocationHeader, true
	case "headers":
		return LocationHeaders, true
	case "statusCode":
		return LocationStatus, true
	case "payload":
		return LocationPayload, true
	}
	return 0, false
}

// splitLine separates plain words from key=value options.
func splitLine(line string) (words []string, options map[string]string, err error) {
	options = map[string]string{}
	for rest := strings.TrimLeft(line, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		end := strings.IndexAny(rest, " =")
		if end < 0 || rest[end] == ' ' {
			if end < 0 {
				end = len(rest)
			}
			words = append(words, rest[:end])
			rest = rest[end:]
			continue
		}
		key := rest[:end]
		rest = rest[end+1:]
		if !strings.HasPrefix(rest, `"`) {
			value, _, _ := strings.Cut(rest, " ")
			options[key] = value
			rest = rest[len(value):]
			continue
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return nil, nil, err
		}
		if options[key], err = strconv.Unquote(quoted); err != nil {
			return nil, nil, err
		}
		rest = rest[len(quoted):]
	}
	return words, options, nil
}

// lowerFirst is how the service spells members in validation paths: StreamARN
// becomes streamARN.
func lowerFirst(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[size:]
}
