package sluice

import (
	"context"
	"errors"
	"time"

	"sluice/companions/cloudwatch"
	"sluice/companions/dynamodb"
	"sluice/server"
)

const (
	dynamodbID   = "dynamodb"
	cloudwatchID = "cloudwatch"
)

// textUnknownTableCall is the answer to calls of DynamoDB that are not there.
const textUnknownTableCall = "The lease store of Sluice has the part of DynamoDB that clients of Kinesis need; " +
	"this operation is not in it. `sluice ops` lists what is. Point AWS_ENDPOINT_URL_DYNAMODB at another server for the rest."

// tableTransition is how long a table is CREATING at AWS.
const tableTransition = 5 * time.Second

// openCompanions opens the small neighbours that clients of Kinesis need
// beside it: lease tables and a place for metrics.
func (s *Sluice) openCompanions(ctx context.Context, inst *instance) error {
	transition := s.config.Transition.after
	if s.config.Transition.kind == transitionLikeAWS {
		transition = tableTransition
	}
	tables, err := dynamodb.Open(ctx, dynamodb.Config{
		Clock: s.clock, Dice: s.dice, Space: inst.store.Space(dynamodbID), Hold: s.clock.Hold,
		Transition: transition, Account: s.config.Account, Region: s.config.Region, Logger: s.log,
	})
	if err != nil {
		return err
	}
	inst.onClose("tables", tables.Close)
	inst.resets[dynamodbID] = tables.Reset
	metrics := cloudwatch.New(s.clock, s.config.Account, s.config.Region)
	inst.reported.Store(metrics)
	inst.resets[cloudwatchID] = metrics.Reset
	return errors.Join(
		inst.mounts.Mount(dynamodbID, tables, server.Coverage(dynamodb.Coverage()), server.Unknown(textUnknownTableCall)),
		inst.mounts.Mount(cloudwatchID, metrics, server.Coverage(cloudwatch.Coverage())),
	)
}

// measureReported shows what clients have reported to CloudWatch. Their
// dimensions are one label, for their names may be anything.
func (s *Sluice) measureReported(m server.Metrics) {
	inst := s.current.Load()
	if inst == nil || inst.reported.Load() == nil {
		return
	}
	samples := inst.reported.Load().Samples()
	if len(samples) == 0 {
		return
	}
	families := []struct {
		name, help string
		value      func(cloudwatch.Sample) float64
	}{
		{"sluice_reported_sum", "Sums of the metrics that clients reported in the last three hours.", func(x cloudwatch.Sample) float64 { return x.Sum }},
		{"sluice_reported_count", "How many samples of metrics clients reported in the last three hours.", func(x cloudwatch.Sample) float64 { return x.Count }},
	}
	for _, f := range families {
		m.Family(f.name, "gauge", f.help)
		for _, x := range samples {
			m.Sample(f.name, f.value(x), "namespace", x.Namespace, "metric", x.Name, "dimensions", x.Labels(), "unit", x.Unit)
		}
	}
}
