package sluice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/companions/cloudwatch"
	"sluice/companions/s3"
	"sluice/internal/caller"
	"sluice/lambda"
	"sluice/lambda/destination"
	"sluice/lambda/function"
	"sluice/lambda/poller"
	"sluice/lambda/runtime"
	"sluice/server"
)

const lambdaID = "lambda"

// textUnknownLambdaCall is the answer to calls of Lambda that are not there.
const textUnknownLambdaCall = "Sluice has the part of Lambda that event source mappings and their functions need; " +
	"this operation is not in it, and nothing was changed. `sluice ops` lists what is."

// openLambda opens event source mappings and functions. It reads the streams
// through the door's in-process calls from its start on, so it is mounted last,
// and closes before them.
func (s *Sluice) openLambda(ctx context.Context, inst *instance) error {
	source, buckets := streamsCaller{inst.mounts}, lambdaBuckets{inst.buckets.Load()}
	room, err := lambda.Open(ctx, lambda.Config{
		Clock: s.clock, Host: s.host, Dice: s.dice, Hold: s.clock.Hold,
		Space:   inst.store.Space(lambdaID),
		Streams: source, Source: source, Tips: inst.streams.Load(),
		Runtime:      functionHost{s.functions},
		Destinations: destination.New(s.config.FailureEndpoints, buckets),
		Objects:      buckets,
		Meter:        lambdaMeter{inst.reported.Load()},
		Transition: lambda.TransitionConfig{
			Duration: s.config.Transition.after,
			AWS:      s.config.Transition.kind == transitionLikeAWS,
		},
		Retry:   s.retry(),
		Memory:  int(s.config.MemoryLimit / 8),
		Account: s.config.Account, Region: s.config.Region,
		Endpoint: s.Endpoint,
		Logger:   s.log,
	})
	if err != nil {
		return err
	}
	inst.lambda.Store(room)
	inst.onClose(lambdaID, func() error {
		err := room.Close()
		if s.functions == nil { // the table of operations is made without functions
			return err
		}
		// What the room had deployed is another's under the next instance.
		return errors.Join(err, s.functions.Replace(runtime.FromAPI, nil))
	})
	inst.resets[lambdaID] = room.Reset
	inst.mounts.Handle(server.Route{Service: lambdaID, Operation: "Code", Method: http.MethodGet,
		Pattern: lambda.CodePattern, Handler: http.HandlerFunc(room.ServeCode)})
	err = inst.mounts.Mount(lambdaID, room, server.Coverage(lambda.Coverage()), server.Unknown(textUnknownLambdaCall),
		server.MaxBody("CreateFunction", lambda.MaxUpload), server.MaxBody("UpdateFunctionCode", lambda.MaxUpload))
	if err == nil {
		room.Start()
	}
	return err
}

// retry is how pauses between the attempts of mappings grow.
func (s *Sluice) retry() poller.Backoff {
	if s.config.FastRetries {
		return poller.FastRetry()
	}
	return poller.DefaultRetry()
}

// streamsCaller calls the operations of streams as clients do.
type streamsCaller struct{ mounts *server.Mounts }

// ListShards implements poller.Source.
func (c streamsCaller) ListShards(ctx context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	return server.Call[*kinesis.ListShardsOutput](ctx, c.mounts, kinesisID, "ListShards", in)
}

// GetShardIterator implements poller.Source.
func (c streamsCaller) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput) (*kinesis.GetShardIteratorOutput, error) {
	return server.Call[*kinesis.GetShardIteratorOutput](ctx, c.mounts, kinesisID, "GetShardIterator", in)
}

// GetRecords implements poller.Source.
func (c streamsCaller) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	return server.Call[*kinesis.GetRecordsOutput](ctx, c.mounts, kinesisID, "GetRecords", in)
}

// SubscribeToShard implements poller.Source.
func (c streamsCaller) SubscribeToShard(ctx context.Context, in *kinesis.SubscribeToShardInput) (iter.Seq2[types.SubscribeToShardEventStream, error], error) {
	return server.Call[iter.Seq2[types.SubscribeToShardEventStream, error]](ctx, c.mounts, kinesisID, "SubscribeToShard", in)
}

// DescribeStreamSummary implements lambda.Streams.
func (c streamsCaller) DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput) (*kinesis.DescribeStreamSummaryOutput, error) {
	return server.Call[*kinesis.DescribeStreamSummaryOutput](ctx, c.mounts, kinesisID, "DescribeStreamSummary", in)
}

// DescribeStreamConsumer implements lambda.Streams.
func (c streamsCaller) DescribeStreamConsumer(ctx context.Context, in *kinesis.DescribeStreamConsumerInput) (*kinesis.DescribeStreamConsumerOutput, error) {
	return server.Call[*kinesis.DescribeStreamConsumerOutput](ctx, c.mounts, kinesisID, "DescribeStreamConsumer", in)
}

// lambdaMeter reports to the CloudWatch of this server.
type lambdaMeter struct{ metrics *cloudwatch.Metrics }

// Report implements lambda.Meter.
func (m lambdaMeter) Report(account, region string, data []lambda.Datum) {
	values := make([]cloudwatch.Value, len(data))
	for i, d := range data {
		values[i] = cloudwatch.Value(d)
	}
	m.metrics.Record(account, region, "AWS/Lambda", values)
}

// lambdaBuckets is the bucket store as functions and failures need it.
type lambdaBuckets struct{ store *s3.Store }

// GetObject implements lambda.Objects.
func (b lambdaBuckets) GetObject(ctx context.Context, _, bucket, key string) ([]byte, error) {
	body, _, err := b.store.Get(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, lambda.MaxUpload+1))
	if err == nil && len(raw) > lambda.MaxUpload {
		err = errors.New("the object is too large for the code of a function")
	}
	return raw, err
}

// PutObject implements destination.Buckets.
func (b lambdaBuckets) PutObject(ctx context.Context, account, region, bucket, key, contentType string, body []byte) (known bool, err error) {
	ctx = caller.With(ctx, caller.Caller{Account: account, Region: region})
	_, err = b.store.Put(ctx, bucket, key, bytes.NewReader(body), int64(len(body)), http.Header{"Content-Type": {contentType}})
	var refused *s3.Error
	if errors.As(err, &refused) && refused.Code == "NoSuchBucket" {
		return false, nil
	}
	return true, err
}

// functionHost is the runtime as the room sees it.
type functionHost struct{ host *runtime.Host }

// Invoke implements lambda.Runtime.
func (h functionHost) Invoke(ctx context.Context, in function.Invocation) (function.Result, error) {
	return h.host.Invoke(ctx, in)
}

// Knows implements lambda.Runtime.
func (h functionHost) Knows(account, region, name string) bool {
	d, ok := h.host.Lookup(runtime.Key{Account: account, Region: region, Name: name})
	return ok && d.Origin != runtime.FromAPI
}

// Deploy implements lambda.Runtime.
func (h functionHost) Deploy(_ context.Context, d lambda.Deployment) error {
	definition := runtime.Definition{
		Key:    runtime.Key{Account: d.Account, Region: d.Region, Name: d.Name, Version: d.Version},
		Origin: runtime.FromAPI, Runtime: d.Runtime, Handler: d.Handler,
		Timeout: time.Duration(d.TimeoutSeconds) * time.Second, MemoryMB: int(d.MemoryMB), Env: d.Environment,
		Code: &runtime.Code{Zip: d.Zip},
	}
	if d.Reserved != nil {
		n := int(*d.Reserved)
		definition.Reserved = &n
	}
	err := h.host.Register(definition)
	if errors.Is(err, runtime.ErrBadZip) {
		return &function.NotInvoked{Code: "InvalidZipFileException", Message: "Lambda could not unzip the deployment package: " +
			strings.TrimPrefix(err.Error(), runtime.ErrBadZip.Error()+": ") + "."}
	}
	return err
}

// Remove implements lambda.Runtime.
func (h functionHost) Remove(account, region, name, version string) {
	for _, d := range h.host.List(account, region) {
		if d.Origin == runtime.FromAPI && d.Name == name && (version == "" || version == d.Version) {
			h.host.Remove(d.Key)
		}
	}
}

// openFunctions opens the host of functions. It outlives an instance, because
// what a program has registered is not part of the stored state.
func (s *Sluice) openFunctions() (err error) {
	s.functions, err = runtime.Open(runtime.Config{
		Host: s.host, Dice: s.dice,
		URL: s.Endpoint, Logger: s.log,
		AllowExec: s.config.AllowExec, Runtimes: s.config.Runtimes, Dir: s.codeFolder(),
	})
	if err != nil {
		return wrap("open the functions", err)
	}
	if err := s.openKept(); err != nil {
		return wrap("open the functions of the admin API", err)
	}
	return s.configureFunctions(s.config.Functions)
}

// mappingReport is a mapping as the admin API tells it.
type mappingReport struct {
	UUID       string        `json:"uuid"`
	State      string        `json:"state"`
	Source     string        `json:"source"`
	Function   string        `json:"function"`
	LastResult string        `json:"lastResult"`
	Shards     []shardReport `json:"shards"`
}

type shardReport struct {
	ShardID    string `json:"shardId"`
	Checkpoint string `json:"checkpoint"`
	LagMs      int64  `json:"lagMs"`
	InFlight   int    `json:"inFlight"`
	Queued     int    `json:"queued"`
	Attempt    int    `json:"attempt"`
	WaitingFor string `json:"waitingFor"`
	LastError  string `json:"lastError"`
}

func reportOf(r lambda.MappingReport) mappingReport {
	out := mappingReport{UUID: r.UUID, State: r.State, Source: r.Source, Function: r.Function, LastResult: r.LastResult, Shards: []shardReport{}}
	for _, sh := range r.Status.Shards {
		out.Shards = append(out.Shards, shardReport{ShardID: sh.ShardID, Checkpoint: sh.Checkpoint, LagMs: sh.Lag.Milliseconds(),
			InFlight: sh.InFlight, Queued: sh.Queued, Attempt: sh.Attempt, WaitingFor: sh.WaitingFor, LastError: sh.LastError})
	}
	return out
}

func (s *Sluice) lambdaRoom() (*lambda.Room, error) {
	if inst := s.current.Load(); inst != nil {
		if room := inst.lambda.Load(); room != nil {
			return room, nil
		}
	}
	return nil, fmt.Errorf("event source mappings: %w", errNoInstance)
}
