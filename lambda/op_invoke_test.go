package lambda

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
)

func TestInvoke(t *testing.T) {
	name := aws.String("ingest")
	t.Run("RequestResponse", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		out, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name, Payload: []byte(`{"a":1}`), ClientContext: aws.String("e30="), LogType: types.LogTypeTail})
		require.NoError(t, err)
		require.Equal(t, &lambda.InvokeOutput{StatusCode: 200, Payload: []byte(`{"a":1}`), ExecutedVersion: aws.String("$LATEST"),
			LogResult: aws.String(base64.StdEncoding.EncodeToString([]byte("log")))}, out)
		require.Equal(t, []function.Invocation{{Account: testAccount, Region: testRegion, Name: "ingest", RequestID: "request",
			Payload: []byte(`{"a":1}`), ClientContext: "e30=", Tail: true}}, r.runtime.calls)
		out, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
		require.NoError(t, err)
		require.Equal(t, "{}", string(out.Payload), "no payload is an empty object")
		require.Nil(t, out.LogResult)
		require.Len(t, r.runtime.deployed, 1, "it was told once")
		require.Equal(t, Deployment{Account: testAccount, Region: testRegion, Name: "ingest", Runtime: "provided.al2023", Handler: "bootstrap",
			TimeoutSeconds: 3, MemoryMB: 128, Zip: archive("bootstrap", "#!")}, r.runtime.deployed[0])
	})
	t.Run("a function error", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		r.runtime.answer = func(function.Invocation) (function.Result, error) {
			return function.Result{Payload: []byte(`{"errorType":"x"}`), Error: function.Unhandled, Version: latest}, nil
		}
		out, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
		require.NoError(t, err)
		require.Equal(t, int32(200), out.StatusCode)
		require.Equal(t, "Unhandled", *out.FunctionError)
	})
	t.Run("Event and DryRun", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		out, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeEvent, Payload: []byte("1")})
		require.NoError(t, err)
		require.Equal(t, &lambda.InvokeOutput{StatusCode: 202}, out)
		r.passes(0)
		require.Equal(t, [][]byte{[]byte("1")}, r.runtime.payloads())
		out, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeDryRun})
		require.NoError(t, err)
		require.Equal(t, &lambda.InvokeOutput{StatusCode: 204}, out)
		require.Len(t, r.runtime.payloads(), 1)
		for _, kind := range types.InvocationType("").Values() {
			_, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: aws.String("nobody"), InvocationType: kind})
			requireError(t, err, codeMissing, "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:nobody")
		}
	})
	t.Run("registered otherwise", func(t *testing.T) {
		r := open(t)
		r.runtime.known["ingest"], r.runtime.known["other"] = true, true
		r.function("ingest")
		for _, name := range []string{"ingest", "other", "other:$LATEST"} {
			_, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: &name})
			require.NoError(t, err)
		}
		require.Empty(t, r.runtime.deployed, "it runs in place of the code")
		_, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: aws.String("other:1")})
		require.Equal(t, codeMissing, codeOf(err))
	})
	t.Run("forgotten by the runtime", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		for range 2 {
			_, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
			require.NoError(t, err)
		}
		lost := true
		r.runtime.answer = func(function.Invocation) (function.Result, error) {
			if lost {
				lost = false
				return function.Result{}, &function.NotInvoked{Code: "ResourceNotFoundException"}
			}
			return function.Result{Payload: []byte("1")}, nil
		}
		out, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
		require.NoError(t, err)
		require.Equal(t, "1", string(out.Payload))
		require.Len(t, r.runtime.deployed, 2, "it was told again")
	})
	t.Run("bad requests", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		for want, in := range map[string]*lambda.InvokeInput{
			"InvalidRequestContentException":    {Payload: []byte(`{"a":`)},
			"InvalidRequestContentException ":   {ClientContext: aws.String("no base64!")},
			"InvalidParameterValueException":    {ClientContext: aws.String(strings.Repeat("a", 3584))},
			"RequestTooLargeException":          {Payload: []byte(`"` + strings.Repeat("a", 6<<20) + `"`)},
			"RequestTooLargeException of Event": {Payload: []byte(`"` + strings.Repeat("a", 1<<20) + `"`), InvocationType: types.InvocationTypeEvent},
		} {
			in.FunctionName = name
			_, err := r.Invoke(r.ctx, in)
			require.Equal(t, strings.Fields(want)[0], codeOf(err))
		}
	})
	t.Run("never reached", func(t *testing.T) {
		r := open(t)
		r.function("ingest")
		for _, refused := range []*function.NotInvoked{
			{Code: "TooManyRequestsException", Message: "Rate Exceeded.", Throttled: true}, {Code: "ResourceNotFoundException", Message: "x"},
			{Code: "ServiceException", Message: "x"}, {Code: "InvalidRuntimeException", Message: "nothing here runs cobol"},
		} {
			r.runtime.answer = func(function.Invocation) (function.Result, error) { return function.Result{}, refused }
			_, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
			requireError(t, err, refused.Code, refused.Message)
		}
	})
	t.Run("aliases by weight", func(t *testing.T) {
		r := open(t)
		twoVersions(t, r)
		_, err := r.CreateAlias(r.ctx, &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1"),
			RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.25}}})
		require.NoError(t, err)
		ran := map[string]int{}
		for range 1000 {
			out, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name, Qualifier: aws.String("live")})
			require.NoError(t, err)
			ran[*out.ExecutedVersion]++
		}
		require.Len(t, ran, 2)
		require.InDelta(t, 250, ran["2"], 60)
	})
}

// twoVersions publishes versions 1 and 2 of ingest.
func twoVersions(t *testing.T, r *room) {
	t.Helper()
	r.function("ingest")
	for _, handler := range []string{"one", "two"} {
		_, err := r.UpdateFunctionConfiguration(r.ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("ingest"), Handler: &handler})
		require.NoError(t, err)
		_, err = r.PublishVersion(r.ctx, &lambda.PublishVersionInput{FunctionName: aws.String("ingest")})
		require.NoError(t, err)
	}
}
