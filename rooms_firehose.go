package sluice

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sluice/companions/cloudwatch"
	"sluice/firehose"
	"sluice/firehose/convert"
	"sluice/firehose/http"
	"sluice/internal/caller"
	"sluice/lambda/function"
	"sluice/server"
)

const firehoseID = "firehose"

// firehoseTransition is about how long a delivery stream is CREATING at AWS.
const firehoseTransition = 20 * time.Second

// openFirehose opens delivery streams over the store; they deliver to the
// bucket store and close before it.
func (s *Sluice) openFirehose(ctx context.Context, inst *instance) error {
	transition := s.config.Transition.after
	if s.config.Transition.kind == transitionLikeAWS {
		transition = firehoseTransition
	}
	endpoint := http.New()
	room, err := firehose.Open(ctx, firehose.Config{
		Clock: s.clock, Hold: s.clock.Hold, Host: s.host, Dice: s.dice, Space: inst.store.Space(firehoseID), Log: inst.store.Log(firehoseID),
		Bucket: s.sink(inst), Source: streamsCaller{inst.mounts}, Tips: inst.streams.Load(),
		Schemas: hoseSchemas{s.schemas(inst)}, Endpoint: endpoint, StrictURLs: s.config.FirehoseURLs == FirehoseURLsAWS,
		Meter: hoseMeter{inst.reported.Load()}, Function: hoseFunctions{inst}, Transition: transition, Logger: s.log,
	})
	if err != nil {
		return err
	}
	inst.firehose.Store(room)
	inst.limit(s.Limits())
	inst.onClose("delivery streams", func() error {
		defer endpoint.Close()
		return room.Close()
	})
	inst.resets[firehoseID] = room.Reset
	return inst.mounts.Mount(firehoseID, room, server.Coverage(firehose.Coverage()))
}

// hoseFunctions are the functions as delivery streams call them: those of the
// settings and those that CreateFunction has made.
type hoseFunctions struct{ inst *instance }

// Invoke implements firehose.Function.
func (h hoseFunctions) Invoke(ctx context.Context, name string, payload []byte) ([]byte, error) {
	parts := strings.Split(name, ":") // arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
	if len(parts) < 7 {
		return nil, &firehose.NotInvoked{Missing: true, Message: name + " is not the ARN of a function"}
	}
	in := function.Invocation{Account: parts[4], Region: parts[3], Name: parts[6], Payload: payload}
	if len(parts) > 7 {
		in.Qualifier = parts[7]
	}
	room := h.inst.lambda.Load()
	if room == nil { // it opens after the delivery streams
		return nil, &firehose.NotInvoked{Message: "functions are not open yet"}
	}
	out, err := room.Run(ctx, in)
	var not *function.NotInvoked
	switch {
	case errors.As(err, &not) && not.Code == "RequestEntityTooLargeException":
		return nil, err // the call counts as one that failed
	case errors.As(err, &not):
		return nil, &firehose.NotInvoked{Missing: not.Code == "ResourceNotFoundException", Throttled: not.Throttled, Message: not.Error()}
	case err != nil:
		return nil, err
	case out.Error != "":
		return nil, fmt.Errorf("the function failed: %s", out.Error)
	}
	return out.Payload, nil
}

// hoseSchemas are the tables that delivery streams convert records by. The
// columns that a table is partitioned by are no part of its files.
type hoseSchemas struct{ schemas schemas }

// Columns implements firehose.Schemas.
func (h hoseSchemas) Columns(ctx context.Context, t firehose.Table) ([]convert.Column, error) {
	schema, err := h.schemas.Schema(ctx, t.Account, t.Region, t.Database, t.Name, t.Version)
	if err != nil {
		return nil, err
	}
	columns := make([]convert.Column, len(schema.Columns))
	for i, c := range schema.Columns {
		columns[i] = convert.Column{Name: c.Name, Type: c.Type}
	}
	return columns, nil
}

// hoseMeter keeps the metrics of delivery streams where CloudWatch shows them.
type hoseMeter struct{ metrics *cloudwatch.Metrics }

// Record implements firehose.Meter.
func (m hoseMeter) Record(account, region, stream string, data []firehose.Datum) {
	if m.metrics == nil {
		return
	}
	values := make([]cloudwatch.Value, len(data))
	for i, d := range data {
		values[i] = cloudwatch.Value{Name: d.Name, Unit: d.Unit, Dimension: "DeliveryStreamName", Of: stream, Value: d.Value}
	}
	m.metrics.Record(account, region, "AWS/Firehose", values)
}

// hoses is the delivery streams as the admin API sees them.
type hoses struct{ *Sluice }

// Flush implements server.Hoses.
func (h hoses) Flush(ctx context.Context, account, region, name string) (out server.Flushed, err error) {
	inst := h.current.Load()
	if inst == nil || inst.firehose.Load() == nil {
		return out, errNoInstance
	}
	done, err := inst.firehose.Load().Flush(caller.With(ctx, caller.Caller{Account: account, Region: region}), name)
	return server.Flushed{Objects: done.Objects, Records: done.Records, Bytes: done.Bytes, Failed: done.Failed}, err
}

// Measure implements server.Hoses.
func (h hoses) Measure(m server.Metrics) {
	inst := h.current.Load()
	if inst == nil || inst.firehose.Load() == nil {
		return
	}
	samples := map[string][]firehose.Sample{}
	inst.firehose.Load().Samples(func(s firehose.Sample) { samples[s.Name] = append(samples[s.Name], s) })
	for _, kind := range firehose.Kinds() {
		name := "sluice_firehose_" + kind.Name + "_total"
		m.Family(name, "counter", kind.Help)
		for _, one := range samples[kind.Name] {
			m.Sample(name, float64(one.Value), "account", one.Account, "region", one.Region, "stream", one.Stream)
		}
	}
}
