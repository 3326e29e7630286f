// Package template reads CloudFormation and SAM templates, as far as they
// speak of Kinesis streams, Lambda functions and what leads from the ones to
// the others. It resolves what can be known from the template alone, and says
// of the rest why it was left out.
package template

// Plan is what a template asks for.
type Plan struct {
	Streams   []Stream
	Consumers []Consumer
	Functions []Function
	Mappings  []Mapping
	Skipped   []Skip
}

// Stream is an AWS::Kinesis::Stream.
type Stream struct {
	ID, Name string
	// Shards is 0 for an on-demand stream.
	Shards int
	// RetentionHours is 0 where the template does not say.
	RetentionHours int
	Tags           map[string]string
}

// Consumer is an AWS::Kinesis::StreamConsumer. Its ARN is known only once it is
// registered: until then ConsumerRef of its ID stands for it in mappings.
type Consumer struct {
	ID, Name, StreamARN string
}

// ConsumerRef stands for the ARN of a consumer that is not registered yet.
func ConsumerRef(id string) string { return "consumer:" + id }

// Function is an AWS::Lambda::Function or an AWS::Serverless::Function.
type Function struct {
	ID, Name         string
	Runtime, Handler string
	TimeoutSeconds   int
	MemoryMB         int
	Environment      map[string]string
	// Path is where the code lies, as the template has it; Inline is code that
	// stands in the template.
	Path, Inline string
	// Missing says why there is no code to be had.
	Missing string
}

// Mapping is an AWS::Lambda::EventSourceMapping or an event of a function.
type Mapping struct {
	ID string
	// Input holds the members of CreateEventSourceMapping.
	Input map[string]any
}

// Skip is a resource that was left out.
type Skip struct {
	ID, Type, Why string
}
