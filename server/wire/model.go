package wire

import (
	"regexp"
	"sync"
)

// Protocol names a way of putting shapes on the wire.
type Protocol string

// The protocols. A service lists those it speaks.
const (
	JSON10    Protocol = "json-1.0"
	JSON11    Protocol = "json-1.1"
	CBOR11    Protocol = "cbor-1.1"
	RPCv2CBOR Protocol = "rpc-v2-cbor"
	RestJSON1 Protocol = "rest-json-1"
	Query     Protocol = "query"
)

// Service is one API as its public model describes it. It is read-only.
type Service struct {
	// ID is the short name used everywhere in Sluice: "kinesis", "lambda", "sts".
	ID string
	// SigningName is the service name in a credential scope.
	SigningName string
	// TargetPrefix stands before the operation in X-Amz-Target; empty for REST and query.
	TargetPrefix string
	// APIVersion is the date of the API, "2013-12-02" for one.
	APIVersion string
	// ShapePackage is the Java package that old validation texts show, "com.amazonaws.kinesis.v20131202".
	ShapePackage string
	// XMLNamespace is the namespace of query answers.
	XMLNamespace string
	// Protocols lists what the service speaks, its main protocol first.
	Protocols []Protocol
	// Discreet services leave values out of their validation texts.
	Discreet bool
	// Operations by name.
	Operations map[string]*Operation
	// Shapes by name, for those who want to look at the model itself.
	Shapes map[string]*Shape
	// Faults are the modelled errors by name.
	Faults map[string]*FaultShape
}

// Operation is one call of a service.
type Operation struct {
	Service *Service
	Name    string
	// Method and Path are the HTTP binding; Path may hold labels as {Name}.
	Method, Path string
	// Status is the HTTP status of success.
	Status int
	// Input and Output are nil where the model has none.
	Input, Output *Shape
	// Errors holds the HTTP status of each error the operation declares.
	Errors map[string]int
	// Stream says that the answer is an event stream.
	Stream bool
}

// FaultShape is what the model says about one error.
type FaultShape struct {
	Name   string
	Status int
	// MessageKey is how the model spells the message member: "message" or "Message".
	MessageKey string
	// Typed errors also carry a Type member, "User" or "Service" (lambda).
	Typed bool
	// Details are members beside the text (dynamodb); nil for none.
	Details *Shape

	compiled sync.Map // of Details: *node by Go type
}

// Kind is the type of a shape.
type Kind uint8

// The kinds of shapes.
const (
	KindStructure Kind = iota + 1
	KindList
	KindMap
	KindString
	KindInteger
	KindLong
	KindDouble
	KindBoolean
	KindBlob
	KindTimestamp
)

// Shape is a type of the model with its constraints.
type Shape struct {
	Name string
	Kind Kind
	// Members of a structure in model order.
	Members []*Member
	// Elem is the member of a list or the value of a map; Key the key of a map.
	Elem, Key *Shape
	// Min and Max bound a length, a value or a size, depending on the kind.
	Min, Max *int64
	// Pattern is the regular expression as the model spells it; error texts show it.
	Pattern string
	// Enum holds the allowed values in the order of the live service's texts where known.
	Enum []string
	// EventStream marks a structure whose members are alternatives of an event stream.
	EventStream bool
	// Exception marks an error shape.
	Exception bool

	// accept and deny are what is really matched, in Go's syntax; see gen/translate.go.
	accept, deny string
	once         sync.Once
	acceptRE     *regexp.Regexp
	denyRE       *regexp.Regexp
	// hasBlob says that a value of the shape may hold a blob; texts leave such values out.
	hasBlob bool
}

// Location says where a member travels in REST protocols.
type Location uint8

// The places a member can have; LocationBody is the default.
const (
	LocationBody Location = iota
	LocationURI
	LocationQuery
	LocationHeader
	LocationHeaders // a map spread over headers with a common prefix
	LocationStatus  // the HTTP status code itself
	LocationPayload // the member is the whole body
)

// Member is one member of a structure.
type Member struct {
	Name     string
	Shape    *Shape
	Required bool
	Location Location
	// WireName is the name on the wire: the locationName, or the member's own.
	WireName string
	// TimestampFormat overrides the protocol's default: iso8601, unixTimestamp or rfc822.
	TimestampFormat string

	// path is WireName as validation texts show it: the member's name with a lower first letter.
	path string
}

// Models returns every service Sluice knows: kinesis, firehose, lambda (event
// source mappings, functions and tags), sts, and what clients of Kinesis need of
// dynamodb and cloudwatch. The tables are made when first asked for.
func Models() []*Service {
	return []*Service{kinesisService(), firehoseService(), lambdaService(), stsService(), dynamodbService(), cloudwatchService(), glueService()}
}

// Find returns the service with the given ID.
func Find(id string) (*Service, bool) {
	switch id {
	case "kinesis":
		return kinesisService(), true
	case "lambda":
		return lambdaService(), true
	case "firehose":
		return firehoseService(), true
	case "sts":
		return stsService(), true
	case "dynamodb":
		return dynamodbService(), true
	case "cloudwatch":
		return cloudwatchService(), true
	case "glue":
		return glueService(), true
	}
	return nil, false
}

// These hold constants: each table is read once from its generated text and
// never changes. Reading costs well under a millisecond, so nothing is done
// before a service is asked for.
var (
	kinesisService    = sync.OnceValue(func() *Service { return mustReadModel(kinesisModel) })
	lambdaService     = sync.OnceValue(func() *Service { return mustReadModel(lambdaModel) })
	firehoseService   = sync.OnceValue(func() *Service { return mustReadModel(firehoseModel) })
	stsService        = sync.OnceValue(func() *Service { return mustReadModel(stsModel) })
	dynamodbService   = sync.OnceValue(func() *Service { return mustReadModel(dynamodbModel) })
	cloudwatchService = sync.OnceValue(func() *Service { return mustReadModel(cloudwatchModel) })
	glueService       = sync.OnceValue(func() *Service { return mustReadModel(glueModel) })
)

// matches says whether the whole of v satisfies the pattern, as Java's
// Matcher.matches does. Expressions are compiled when first needed.
func (s *Shape) matches(v string) bool {
	s.once.Do(func() {
		s.acceptRE = regexp.MustCompile(`\A(?:` + s.accept + `)\z`)
		if s.deny != "" {
			s.denyRE = regexp.MustCompile(`\A(?:` + s.deny + `)\z`)
		}
	})
	return s.acceptRE.MatchString(v) && (s.denyRE == nil || !s.denyRE.MatchString(v))
}
