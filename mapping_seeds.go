package sluice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/lambda/runtime"
	"sluice/server"
)

// MappingSeed describes an event source mapping that exists once the server is
// ready. One for that function and stream that is there already is brought in
// line and keeps its position. Applying a seed twice changes nothing. Fields
// that are nil keep the service's defaults, or what the mapping has.
type MappingSeed struct {
	// Function is a name or an ARN.
	Function string `json:"function"`
	// Stream is a name or an ARN, that of a consumer for enhanced fan-out.
	Stream string `json:"stream"`
	// StartingPosition is TRIM_HORIZON when empty; LATEST is the other one.
	StartingPosition string `json:"startingPosition,omitempty"`
	Enabled          *bool  `json:"enabled,omitempty"`

	BatchSize                      *int32 `json:"batchSize,omitempty"`
	MaximumBatchingWindowInSeconds *int32 `json:"maximumBatchingWindowInSeconds,omitempty"`
	ParallelizationFactor          *int32 `json:"parallelizationFactor,omitempty"`
	MaximumRetryAttempts           *int32 `json:"maximumRetryAttempts,omitempty"`
	MaximumRecordAgeInSeconds      *int32 `json:"maximumRecordAgeInSeconds,omitempty"`
	BisectBatchOnFunctionError     *bool  `json:"bisectBatchOnFunctionError,omitempty"`
	TumblingWindowInSeconds        *int32 `json:"tumblingWindowInSeconds,omitempty"`
	// FunctionResponseTypes holds ReportBatchItemFailures or nothing.
	FunctionResponseTypes []string `json:"functionResponseTypes,omitempty"`
	// Filters are patterns, each a JSON document.
	Filters []string `json:"filters,omitempty"`
	// OnFailure is the ARN of a queue, a topic or a bucket.
	OnFailure string `json:"onFailure,omitempty"`
	// Region and Account default to the server's.
	Region  string `json:"region,omitempty"`
	Account string `json:"account,omitempty"`
}

func (m MappingSeed) validate() error {
	switch {
	case m.Function == "":
		return errors.New("a mapping needs a function")
	case m.Stream == "":
		return errors.New("a mapping needs a stream")
	case m.StartingPosition != "" && m.StartingPosition != "TRIM_HORIZON" && m.StartingPosition != "LATEST":
		return fmt.Errorf("startingPosition %q is not one of TRIM_HORIZON, LATEST", m.StartingPosition)
	case m.Region != "" && !regionPattern.MatchString(m.Region):
		return fmt.Errorf("region %q is not a region such as us-east-1", m.Region)
	case m.Account != "" && !accountPattern.MatchString(m.Account):
		return fmt.Errorf("account %q is not 12 digits", m.Account)
	}
	for _, pattern := range m.Filters {
		if !json.Valid([]byte(pattern)) {
			return fmt.Errorf("filter %q is not JSON", pattern)
		}
	}
	return nil
}

// String names the mapping in logs.
func (m MappingSeed) String() string { return m.Stream + " to " + m.Function }

// seedMappingsOf makes the seeded mappings that have waited for a function.
func (s *Sluice) seedMappingsOf(ctx context.Context, k runtime.Key) {
	inst := s.current.Load()
	if inst == nil {
		return
	}
	var wanted []MappingSeed
	for _, seed := range *s.mappings.Load() {
		if seed.Function == k.Name && or(seed.Region, s.config.Region) == k.Region && or(seed.Account, s.config.Account) == k.Account {
			wanted = append(wanted, seed)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, seedPatience)
	defer cancel()
	mappingSeeder{s.seeder(inst)}.apply(ctx, wanted)
}

// source is the ARN of what is read.
func (m MappingSeed) source() string {
	if strings.HasPrefix(m.Stream, "arn:") {
		return m.Stream
	}
	return arn.ForStream(m.Region, m.Account, m.Stream).String()
}

// mappingSeeder makes seeded mappings by the calls any client would make.
type mappingSeeder struct {
	seeder
}

// apply makes the mappings one after the other and logs what it could not do.
func (s mappingSeeder) apply(ctx context.Context, seeds []MappingSeed) {
	ctx = server.Unharmed(ctx)
	for _, seed := range seeds {
		seed.Region = or(seed.Region, s.region)
		seed.Account = or(seed.Account, s.account)
		who := caller.With(ctx, caller.Caller{Account: seed.Account, Region: seed.Region})
		err := s.one(who, seed)
		var invalid *types.InvalidParameterValueException
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.As(err, &invalid) && aws.ToString(invalid.Message) == "Function does not exist":
			s.log.Warn("a seeded event source mapping waits for its function", "mapping", seed.String())
		default:
			s.log.Error("a seeded event source mapping is not as it should be", "mapping", seed.String(), "error", err)
		}
	}
}

func (s mappingSeeder) one(ctx context.Context, seed MappingSeed) error {
	found, err := server.Call[*lambda.ListEventSourceMappingsOutput](ctx, s.mounts, lambdaID, "ListEventSourceMappings",
		&lambda.ListEventSourceMappingsInput{EventSourceArn: aws.String(seed.source()), FunctionName: &seed.Function})
	if err != nil {
		return wrap("look for the mapping", err)
	}
	if len(found.EventSourceMappings) == 0 {
		_, err = server.Call[*lambda.CreateEventSourceMappingOutput](ctx, s.mounts, lambdaID, "CreateEventSourceMapping", seed.create())
		if made := (*types.ResourceConflictException)(nil); errors.As(err, &made) {
			return nil // somebody was faster
		}
		return wrap("create", err)
	}
	now := found.EventSourceMappings[0]
	if seed.holds(&now) {
		return nil
	}
	for {
		_, err := server.Call[*lambda.UpdateEventSourceMappingOutput](ctx, s.mounts, lambdaID, "UpdateEventSourceMapping", seed.update(now.UUID))
		var busy *types.ResourceInUseException
		if !errors.As(err, &busy) || s.host.Sleep(ctx, seedPoll) != nil {
			return wrap("update", err)
		}
	}
}

func (m MappingSeed) create() *lambda.CreateEventSourceMappingInput {
	u := m.update(nil)
	return &lambda.CreateEventSourceMappingInput{
		EventSourceArn: aws.String(m.source()), FunctionName: &m.Function, Enabled: m.Enabled,
		StartingPosition: types.EventSourcePosition(or(m.StartingPosition, "TRIM_HORIZON")),
		BatchSize:        u.BatchSize, MaximumBatchingWindowInSeconds: u.MaximumBatchingWindowInSeconds,
		ParallelizationFactor: u.ParallelizationFactor, MaximumRetryAttempts: u.MaximumRetryAttempts,
		MaximumRecordAgeInSeconds: u.MaximumRecordAgeInSeconds, BisectBatchOnFunctionError: u.BisectBatchOnFunctionError,
		TumblingWindowInSeconds: u.TumblingWindowInSeconds, FunctionResponseTypes: u.FunctionResponseTypes,
		FilterCriteria: u.FilterCriteria, DestinationConfig: u.DestinationConfig,
	}
}

func (m MappingSeed) update(uuid *string) *lambda.UpdateEventSourceMappingInput {
	u := &lambda.UpdateEventSourceMappingInput{UUID: uuid, Enabled: m.Enabled,
		BatchSize: m.BatchSize, MaximumBatchingWindowInSeconds: m.MaximumBatchingWindowInSeconds,
		ParallelizationFactor: m.ParallelizationFactor, MaximumRetryAttempts: m.MaximumRetryAttempts,
		MaximumRecordAgeInSeconds: m.MaximumRecordAgeInSeconds, BisectBatchOnFunctionError: m.BisectBatchOnFunctionError,
		TumblingWindowInSeconds: m.TumblingWindowInSeconds}
	for _, kind := range m.FunctionResponseTypes {
		u.FunctionResponseTypes = append(u.FunctionResponseTypes, types.FunctionResponseType(kind))
	}
	if len(m.Filters) > 0 {
		u.FilterCriteria = &types.FilterCriteria{}
	}
	for _, pattern := range m.Filters {
		u.FilterCriteria.Filters = append(u.FilterCriteria.Filters, types.Filter{Pattern: aws.String(pattern)})
	}
	if m.OnFailure != "" {
		u.DestinationConfig = &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(m.OnFailure)}}
	}
	return u
}

// holds is true when the mapping is as the seed says.
func (m MappingSeed) holds(now *types.EventSourceMappingConfiguration) bool {
	u := m.update(nil)
	enabled := aws.ToString(now.State) != "Disabled" && aws.ToString(now.State) != "Disabling"
	return agrees(m.Enabled, &enabled) && agrees(u.BatchSize, now.BatchSize) &&
		agrees(u.MaximumBatchingWindowInSeconds, now.MaximumBatchingWindowInSeconds) &&
		agrees(u.ParallelizationFactor, now.ParallelizationFactor) && agrees(u.MaximumRetryAttempts, now.MaximumRetryAttempts) &&
		agrees(u.MaximumRecordAgeInSeconds, now.MaximumRecordAgeInSeconds) &&
		agrees(u.BisectBatchOnFunctionError, now.BisectBatchOnFunctionError) && agrees(u.TumblingWindowInSeconds, now.TumblingWindowInSeconds) &&
		(u.FunctionResponseTypes == nil || reflect.DeepEqual(u.FunctionResponseTypes, now.FunctionResponseTypes)) &&
		(u.FilterCriteria == nil || reflect.DeepEqual(u.FilterCriteria, now.FilterCriteria)) &&
		(u.DestinationConfig == nil || now.DestinationConfig != nil && reflect.DeepEqual(u.DestinationConfig.OnFailure, now.DestinationConfig.OnFailure))
}

// agrees is true when nothing is asked for, or what there is.
func agrees[T comparable](want, have *T) bool {
	return want == nil || have != nil && *want == *have
}
