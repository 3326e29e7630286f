package server

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"sluice/internal/arn"
	"sluice/server/fault"
	"sluice/server/wire"
)

// addresser is what a room may offer so that rules can speak of what only it
// can read out of an input.
type addresser interface {
	// Addresses tells the stream of an input where its members do not, and
	// the shards: of a batch one for each record, empty where there is none.
	Addresses(ctx context.Context, in any) (stream string, shards []string)
}

// refuser is what a room may offer so that refusals on order are its own to
// the letter. Without it they are general.
type refuser interface {
	// Throttled is what the operation of in answers when it is called too
	// often; of a batch, what it says of record i.
	Throttled(ctx context.Context, in any, stream string, i int) error
	// ExpiredIterator is the answer to an iterator that was kept too long;
	// nil for inputs that have none.
	ExpiredIterator(ctx context.Context, in any) error
}

// ordered is what rules know of an operation.
type ordered struct {
	fault.Target
	room any
	about
	batch *batch // nil for operations on one thing
}

// about says where in an input stands what a call is about.
type about struct {
	streams   [][]int // names of streams
	arns      [][]int // of streams and consumers
	consumers [][]int // names of consumers
	shards    [][]int
	keys      [][]int
	records   []int // the list of a batch, nil for none
	recordKey []int // in its elements
}

// textFields finds the members of these names that are texts.
func textFields(in reflect.Type, names ...string) (fields [][]int) {
	for _, name := range names {
		if f, ok := in.FieldByName(name); ok && f.Type == reflect.TypeFor[*string]() {
			fields = append(fields, f.Index)
		}
	}
	return fields
}

// iteratorMember is how inputs carry iterators.
const iteratorMember = "ShardIterator"

// orderedOf finds out what rules can say of an operation.
func orderedOf(model *wire.Operation, room any, in, out reflect.Type) ordered {
	o := ordered{room: room, about: about{
		streams:   textFields(in, "StreamName", "DeliveryStreamName"),
		arns:      textFields(in, "StreamARN", "ConsumerARN", "ResourceARN", "EventSourceArn"),
		consumers: textFields(in, "ConsumerName"),
		shards:    textFields(in, "ShardId", "ShardToSplit", "ShardToMerge", "AdjacentShardToMerge"),
		keys:      textFields(in, "PartitionKey"),
	}}
	if o.batch = batchOf(in, out); o.batch != nil {
		o.records = o.batch.records
		if key := textFields(o.batch.record, "PartitionKey"); key != nil {
			o.recordKey = key[0]
		}
	}
	_, addresses := room.(addresser)
	iterator := len(textFields(in, iteratorMember)) > 0
	keyed := len(o.keys) > 0 || o.recordKey != nil
	_, expires := model.Errors[expiredIterator]
	_, byConsumer := in.FieldByName("ConsumerARN")
	o.Target = fault.Target{
		Service: model.Service.ID, Operation: model.Name,
		Stream:       len(o.streams) > 0 || len(o.arns) > 0 || iterator && addresses,
		Shard:        len(o.about.shards) > 0 || addresses && (iterator || keyed),
		PartitionKey: keyed,
		Consumer:     len(o.consumers) > 0 || byConsumer,
		Answers:      true, Throttles: true,
		Batch:    o.batch != nil,
		Iterator: iterator && expires,
		Events:   model.Stream,
	}
	return o
}

// FaultTargets lists the operations that fault rules can be about.
func (m *Mounts) FaultTargets() []fault.Target {
	var list []fault.Target
	for _, s := range m.order {
		for _, op := range s.operations {
			list = append(list, op.known.Target)
		}
	}
	for _, r := range m.routes {
		list = append(list, r.target())
	}
	for _, r := range m.siteRoutes() {
		list = append(list, r.target())
	}
	slices.SortFunc(list, func(a, b fault.Target) int {
		return compareKeys(operationKey{a.Service, a.Operation}, operationKey{b.Service, b.Operation})
	})
	return list
}

// subject reads what a call is about.
func (o *ordered) subject(ctx context.Context, in any) fault.Subject {
	value := reflect.ValueOf(in).Elem()
	out := fault.Subject{Shards: texts(value, o.about.shards), Keys: texts(value, o.keys)}
	for _, text := range texts(value, o.arns) {
		if a, err := arn.Parse(text); err == nil {
			out.Stream, out.Consumer = a.Stream, a.Consumer
		}
	}
	for _, name := range texts(value, o.streams) {
		out.Stream = name
	}
	for _, name := range texts(value, o.consumers) {
		out.Consumer = name
	}
	if o.records != nil {
		list := value.FieldByIndex(o.records)
		out.Records = list.Len()
		out.Keys = make([]string, out.Records)
		for i := range out.Keys {
			if key := texts(list.Index(i), [][]int{o.recordKey}); o.recordKey != nil && len(key) > 0 {
				out.Keys[i] = key[0]
			}
		}
	}
	if room, ok := o.room.(addresser); ok {
		stream, shards := room.Addresses(ctx, in)
		if stream != "" {
			out.Stream = stream
		}
		if len(shards) > 0 {
			out.Shards = shards
		}
	}
	return out
}

// texts reads the members that are there.
func texts(value reflect.Value, fields [][]int) (list []string) {
	for _, index := range fields {
		if index == nil {
			continue
		}
		if text, _ := value.FieldByIndex(index).Interface().(*string); text != nil {
			list = append(list, *text)
		}
	}
	return list
}

const expiredIterator = "ExpiredIteratorException"

// enact runs a call, or answers in its stead.
func (op *operation) enact(ctx context.Context, in any, v *fault.Verdict, run func(in any) (any, error)) (any, error) {
	switch {
	case v.Error != nil:
		return nil, op.faultOnOrder(v.Error)
	case v.Throttle:
		return nil, op.throttled(ctx, in, op.known.subject(ctx, in).Stream, 0)
	case v.ExpireIterator:
		return nil, op.expired(ctx, in)
	case len(v.Records) > 0:
		return op.runPartly(ctx, in, v.Records, run)
	}
	return run(in)
}

// faultOnOrder is the error of a rule, with the status that the model knows.
func (op *operation) faultOnOrder(e *fault.Error) *wire.Fault {
	status := e.Status
	if status == 0 {
		status = op.statusOf(e.Code)
	}
	return &wire.Fault{Code: e.Code, Message: e.Message, Status: status, Sender: status < http.StatusInternalServerError, NoMessage: e.Message == ""}
}

// statusOf is the status of an error: the model's, else that of the errors
// which every service can answer, else the client is to blame.
func (op *operation) statusOf(code string) int {
	if status, ok := op.Errors[code]; ok {
		return status
	}
	if shape, ok := op.Service.Faults[code]; ok {
		return shape.Status
	}
	switch code {
	case "InternalFailure", "InternalError", "InternalServerError":
		return http.StatusInternalServerError
	case "ServiceUnavailable", "ServiceUnavailableException", "SlowDown":
		return http.StatusServiceUnavailable
	case "AccessDenied", "AccessDeniedException", "OptInRequired":
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

// throttleCodes are the refusals of calls that come too often, as services
// name them, the most telling first.
var throttleCodes = [...]string{
	"ProvisionedThroughputExceededException", "TooManyRequestsException", "ThrottlingException", "LimitExceededException",
}

// throttled is the operation's own refusal.
func (op *operation) throttled(ctx context.Context, in any, stream string, i int) error {
	if room, ok := op.known.room.(refuser); ok {
		if err := room.Throttled(ctx, in, stream, i); err != nil {
			return err
		}
	}
	code := "ThrottlingException"
	if op.Service.Protocols[0] == wire.Query {
		code = "Throttling"
	}
	for _, declared := range throttleCodes {
		if _, ok := op.Errors[declared]; ok {
			code = declared
			break
		}
	}
	return op.faultOnOrder(&fault.Error{Code: code, Message: "Rate exceeded"})
}

func (op *operation) expired(ctx context.Context, in any) error {
	if room, ok := op.known.room.(refuser); ok {
		if err := room.ExpiredIterator(ctx, in); err != nil {
			return err
		}
	}
	return op.faultOnOrder(&fault.Error{Code: expiredIterator, Message: "Iterator expired."})
}
