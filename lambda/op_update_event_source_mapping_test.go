package lambda

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

func TestUpdateEventSourceMapping(t *testing.T) {
	update := func(r *room, in *lambda.UpdateEventSourceMappingInput) *lambda.UpdateEventSourceMappingOutput {
		r.t.Helper()
		out, err := r.UpdateEventSourceMapping(r.ctx, in)
		require.NoError(r.t, err)
		return out
	}
	t.Run("1.3 Enabled, Updating, Enabled", func(t *testing.T) {
		r := open(t, lasting(time.Second))
		m := r.ingest()
		r.clock.Step(time.Second)
		out := update(r, &lambda.UpdateEventSourceMappingInput{UUID: m.UUID, BatchSize: aws.Int32(7)})
		require.Equal(t, "Updating", *out.State)
		require.Equal(t, int32(100), *out.BatchSize, "old values until applied")
		require.Equal(t, testStart().Add(time.Second), *out.LastModified)
		r.clock.Step(time.Second)
		got, err := r.GetEventSourceMapping(r.ctx, &lambda.GetEventSourceMappingInput{UUID: m.UUID})
		require.NoError(t, err)
		require.Equal(t, "Enabled", *got.State)
		require.Equal(t, int32(7), *got.BatchSize)
		require.Equal(t, testStart().Add(2*time.Second), *got.LastModified)
	})
	t.Run("1.3 Enabled, Disabling, Disabled, Enabling, Enabled", func(t *testing.T) {
		r := open(t, lasting(time.Second))
		m := r.ingest()
		r.clock.Step(time.Second)
		for _, step := range []struct {
			enabled       bool
			between, then string
		}{{false, "Disabling", "Disabled"}, {false, "Updating", "Disabled"}, {true, "Enabling", "Enabled"}, {true, "Updating", "Enabled"}} {
			out := update(r, &lambda.UpdateEventSourceMappingInput{UUID: m.UUID, Enabled: &step.enabled})
			require.Equal(t, step.between, *out.State)
			r.restart()
			require.Equal(t, step.between, r.state(m.UUID), "over a restart")
			r.clock.Step(time.Second)
			require.Equal(t, step.then, r.state(m.UUID))
		}
	})
	t.Run("nothing given changes nothing", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		made, err := r.CreateEventSourceMapping(r.ctx, everything())
		require.NoError(t, err)
		before, err := r.GetEventSourceMapping(r.ctx, &lambda.GetEventSourceMappingInput{UUID: made.UUID})
		require.NoError(t, err)
		update(r, &lambda.UpdateEventSourceMappingInput{UUID: made.UUID})
		after, err := r.GetEventSourceMapping(r.ctx, &lambda.GetEventSourceMappingInput{UUID: made.UUID})
		require.NoError(t, err)
		require.Equal(t, before, after)
	})
	t.Run("{} clears", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		made, err := r.CreateEventSourceMapping(r.ctx, everything())
		require.NoError(t, err)
		update(r, &lambda.UpdateEventSourceMappingInput{UUID: made.UUID, FilterCriteria: &types.FilterCriteria{}, KMSKeyArn: aws.String(""),
			DestinationConfig: &types.DestinationConfig{}, FunctionResponseTypes: []types.FunctionResponseType{}})
		got, err := r.GetEventSourceMapping(r.ctx, &lambda.GetEventSourceMappingInput{UUID: made.UUID})
		require.NoError(t, err)
		require.Nil(t, got.FilterCriteria)
		require.Nil(t, got.KMSKeyArn)
		require.Empty(t, got.FunctionResponseTypes)
		require.Equal(t, &types.DestinationConfig{OnFailure: &types.OnFailure{}}, got.DestinationConfig)
	})
	t.Run("another function", func(t *testing.T) {
		r := open(t)
		m := r.ingest()
		r.function("second")
		update(r, &lambda.UpdateEventSourceMappingInput{UUID: m.UUID, FunctionName: aws.String("second")})
		_, err := r.CreateEventSourceMapping(r.ctx, mappingOf("second"))
		require.Equal(t, codeConflict, codeOf(err))
		other := r.ingest() // its place is free
		_, err = r.UpdateEventSourceMapping(r.ctx, &lambda.UpdateEventSourceMappingInput{UUID: other.UUID, FunctionName: aws.String("second")})
		requireError(t, err, codeConflict, `The event source arn (" `+ordersARN+` ") and function (" second ") provided mapping already exists. `+
			`Please update or delete the existing mapping with UUID `+*m.UUID)
		require.Equal(t, "Enabled", r.state(other.UUID))
	})
	t.Run("refusals", func(t *testing.T) {
		r := open(t, lasting(time.Second))
		m := r.ingest()
		_, err := r.UpdateEventSourceMapping(r.ctx, &lambda.UpdateEventSourceMappingInput{UUID: m.UUID})
		requireError(t, err, codeInUse, "Cannot update the event source mapping because it is in use.")
		r.clock.Step(time.Second)
		for text, in := range map[string]*lambda.UpdateEventSourceMappingInput{
			"Function does not exist": {FunctionName: aws.String("nobody")},
			"MaximumRecordAgeInSeconds must be -1 or between 60 and 604800, not 1.": {MaximumRecordAgeInSeconds: aws.Int32(1)},
			"Invalid filter pattern definition.":                                    {FilterCriteria: &types.FilterCriteria{Filters: []types.Filter{{Pattern: aws.String("x")}}}},
			unsupported("ScalingConfig"):                                            {ScalingConfig: &types.ScalingConfig{}},
		} {
			in.UUID = m.UUID
			_, err := r.UpdateEventSourceMapping(r.ctx, in)
			requireError(t, err, codeParameter, text)
			require.Equal(t, "Enabled", r.state(m.UUID))
		}
		_, err = r.UpdateEventSourceMapping(r.ctx, &lambda.UpdateEventSourceMappingInput{UUID: aws.String("6f0fbb7e-0000-4000-8000-000000000001")})
		requireError(t, err, codeMissing, textNoResource)
	})
}
