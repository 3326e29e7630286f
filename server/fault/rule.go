package fault

import "time"

// Rule orders a fault. ID may be left out when a rule is added; Seen and Fired
// are counted.
type Rule struct {
	// ID names the rule.
	ID string `json:"id"`
	// Match says which calls the rule is about: those that fit every member
	// given. The zero value matches all calls that can have the effect.
	Match Match `json:"match"`
	// When picks among the calls that match; the zero value picks all.
	When When `json:"when"`
	// Effect is what happens, exactly one thing.
	Effect Effect `json:"effect"`
	// Seen counts the calls that matched, Fired those that the effect met.
	Seen  int64 `json:"seen"`
	Fired int64 `json:"fired"`
}

// Match names the calls that a rule is about. All values are compared as they
// are; an empty one leaves the choice open.
type Match struct {
	// Service is the id of a service, "kinesis" for one.
	Service string `json:"service,omitempty"`
	// Operation is a name such as "PutRecords".
	Operation string `json:"operation,omitempty"`
	// Account and Region are those that the call acts in.
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	// Stream is the name of the stream that the call is about, however it
	// says so: by name, ARN, iterator or token.
	Stream string `json:"stream,omitempty"`
	// Shard is an id such as shardId-000000000000. Records are in the shard
	// that they would be written to.
	Shard string `json:"shard,omitempty"`
	// PartitionKey is the key of a record in the call.
	PartitionKey string `json:"partitionKey,omitempty"`
	// Consumer is the name of a consumer.
	Consumer string `json:"consumer,omitempty"`
}

// When picks calls among those that match, counted from 1. After goes before
// the others; of Every, First and Probability one may be given.
type When struct {
	// After leaves the first calls alone.
	After int64 `json:"after,omitempty"`
	// Every picks one call in so many: 3 picks the third, the sixth and so on.
	Every int64 `json:"every,omitempty"`
	// First picks so many calls and then no more.
	First int64 `json:"first,omitempty"`
	// Probability picks calls by dice, above 0 and at most 1.
	Probability float64 `json:"probability,omitempty"`
	// Seed makes the dice repeatable. A rule that is added without one is
	// given one, which shows in the answer.
	Seed uint64 `json:"seed,omitempty"`
}

// Effect is what a rule does to a call: exactly one field is set.
type Effect struct {
	// Error answers with an error instead of running the call.
	Error *Error
	// Throttle answers with the operation's own refusal of calls that come too
	// often. PutRecords refuses record by record, as the service does.
	Throttle bool
	// Latency holds the call back before it runs, in host time.
	Latency time.Duration
	// FailRecords refuses single records of a batch; the others are written.
	FailRecords *Records
	// Reset breaks the connection off without an answer: Before the call runs,
	// or After it has taken effect.
	Reset Moment
	// Truncate breaks the answer off in its middle.
	Truncate bool
	// BytesPerSecond sends the answer slowly, in host time.
	BytesPerSecond int64
	// ExpireIterator answers that the iterator has expired.
	ExpireIterator bool
	// EndSubscription ends an event stream early.
	EndSubscription *End
}

// Error is an answer of the service.
type Error struct {
	// Code is the name of the error, "ResourceInUseException" for one.
	Code string `json:"code"`
	// Message is its text.
	Message string `json:"message,omitempty"`
	// Status is the HTTP status, 400 to 599; 0 means the one that the model
	// gives the error.
	Status int `json:"status,omitempty"`
}

// Records says which records of a batch fail.
type Records struct {
	// Every is one record in so many, counted over all batches of the rule;
	// 0 means all.
	Every int64 `json:"every,omitempty"`
	// Code is the error code of the record; empty means InternalFailure.
	Code string `json:"code,omitempty"`
}

// Moment is when a connection is reset.
type Moment string

// The moments of a reset.
const (
	// Before the call runs: nothing has happened.
	Before Moment = "before"
	// After it has run: what it did is done and only the answer is lost.
	After Moment = "after"
)

// Manner is how an event stream is ended.
type Manner string

// The manners of an end.
const (
	// Clean is the orderly end of the answer, as after five minutes.
	Clean Manner = "clean"
	// Reset is a broken connection.
	Reset Manner = "reset"
)

// End says how an event stream is ended early. In JSON the manner alone, or
// true for Clean, stands for an end after one event.
type End struct {
	// How the stream ends; empty means Clean.
	How Manner `json:"how"`
	// Events is how many events are delivered before.
	Events int64 `json:"events"`
}

// Refusal says why a rule cannot be added.
type Refusal struct {
	// Code is one of the constants below, for programs.
	Code string
	// Message says what is wrong and Advice what to do.
	Message, Advice string
}

// Codes of refusals.
const (
	// Malformed rules are not understood.
	Malformed = "BadRequest"
	// NeverMatches is said of a rule that no call can ever meet.
	NeverMatches = "NeverMatches"
	// RuleExists is said when the id is in use.
	RuleExists = "RuleExists"
	// TooManyRules is said when there are MaxRules.
	TooManyRules = "TooManyRules"
)

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// Hint says what to do about it.
func (r *Refusal) Hint() string { return r.Advice }
