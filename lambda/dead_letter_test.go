package lambda

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
	"sluice/lambda/poller"
)

const deadQueue = "arn:aws:sqs:eu-west-1:000000000000:dead"

// postOffice takes letters, or says what the test wants.
type postOffice struct {
	letters []poller.Failure
	known   bool
	err     error
}

func (p *postOffice) Deliver(_ context.Context, f poller.Failure, _ string) (bool, error) {
	p.letters = append(p.letters, f)
	return p.known, p.err
}

// bury sets the dead-letter target of a function.
func (r *room) bury(target string) error {
	_, err := r.UpdateFunctionConfiguration(r.ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("ingest"),
		DeadLetterConfig: &types.DeadLetterConfig{TargetArn: &target}})
	return err
}

func TestDeadLetters(t *testing.T) {
	rigged := func(t *testing.T, office *postOffice) *room {
		r := open(t, func(c *Config) { c.Destinations = office })
		r.function("ingest")
		require.NoError(t, r.bury(deadQueue))
		r.runtime.answer = func(function.Invocation) (function.Result, error) {
			return function.Result{Error: function.Unhandled, Payload: []byte(`{"errorType":"E","errorMessage":"sour"}`)}, nil
		}
		return r
	}
	t.Run("after the third failure", func(t *testing.T) {
		office := &postOffice{known: true}
		r := rigged(t, office)
		require.NoError(t, r.event(`{"a":1}`))
		r.passes(2 * time.Minute)
		require.Empty(t, office.letters)
		r.passes(time.Minute)
		require.Len(t, office.letters, 1)
		letter := office.letters[0]
		require.Equal(t, deadQueue, letter.Destination)
		require.Equal(t, `{"a":1}`, string(letter.Document), "the event itself")
		require.Equal(t, []poller.Attribute{{Name: "RequestID", Type: "String", Value: "request"}, {Name: "ErrorCode", Type: "Number", Value: "200"},
			{Name: "ErrorMessage", Type: "String", Value: "sour"}}, letter.Attributes)
		require.Zero(t, r.waitingKeys())
	})
	t.Run("that never reached the function", func(t *testing.T) {
		office := &postOffice{known: true}
		r := rigged(t, office)
		r.runtime.outcome("", &function.NotInvoked{Code: "TooManyRequestsException", Message: "Rate Exceeded.", Throttled: true})
		require.NoError(t, r.event(`{}`))
		r.passes(7 * time.Hour)
		require.Len(t, office.letters, 1)
		require.Equal(t, "429", office.letters[0].Attributes[1].Value)
		require.Equal(t, "Rate Exceeded.", office.letters[0].Attributes[2].Value)
	})
	t.Run("of one that succeeds there is none", func(t *testing.T) {
		office := &postOffice{known: true}
		r := rigged(t, office)
		r.runtime.outcome("", nil)
		require.NoError(t, r.event(`{}`))
		r.passes(time.Hour)
		require.Empty(t, office.letters)
	})
	for name, office := range map[string]*postOffice{"no way there": {}, "a target that is down": {known: true, err: errors.New("down")}} {
		t.Run(name+": the built-in sink", func(t *testing.T) {
			r := rigged(t, office)
			require.NoError(t, r.event(`{"a":1}`))
			r.passes(time.Hour)
			list, _, err := r.Failures(r.ctx, testAccount, testRegion, "", 0, 10)
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, deadQueue, list[0].Destination)
			require.Equal(t, "aws/lambda/dead-letters/ingest/request", list[0].Name)
			require.JSONEq(t, `{"a":1}`, string(list[0].Document))
			require.Zero(t, r.waitingKeys())
		})
	}
	t.Run("targets", func(t *testing.T) {
		r := rigged(t, &postOffice{})
		for _, target := range []string{"dead", "arn:aws:s3:::bucket", "arn:aws:sqs:eu-west-1:000000000000:dead.fifo", "arn:aws:sqs:::dead", "arn:aws:lambda:eu-west-1:000000000000:function:f"} {
			requireError(t, r.bury(target), "InvalidParameterValueException",
				"Invalid dead-letter target "+target+": it must be the ARN of a standard SQS queue or a standard SNS topic.")
		}
		require.NoError(t, r.bury("arn:aws:sns:eu-west-1:000000000000:topic"))
		require.NoError(t, r.bury(""))
		got, err := r.GetFunctionConfiguration(r.ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("ingest")})
		require.NoError(t, err)
		require.Nil(t, got.DeadLetterConfig)
	})
}
