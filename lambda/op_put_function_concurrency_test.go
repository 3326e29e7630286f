package lambda

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
)

func TestPutFunctionConcurrency(t *testing.T) {
	r := open(t)
	r.function("ingest")
	name := aws.String("ingest")
	get := func() *int32 {
		out, err := r.GetFunctionConcurrency(r.ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: name})
		require.NoError(t, err)
		return out.ReservedConcurrentExecutions
	}
	require.Nil(t, get())
	out, err := r.PutFunctionConcurrency(r.ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(1)})
	require.NoError(t, err)
	require.Equal(t, int32(1), *out.ReservedConcurrentExecutions)
	r.restart()
	require.Equal(t, int32(1), *get())
	shown, err := r.GetFunction(r.ctx, &lambda.GetFunctionInput{FunctionName: name})
	require.NoError(t, err)
	require.Equal(t, int32(1), *shown.Concurrency.ReservedConcurrentExecutions)

	running, proceed := make(chan bool), make(chan bool)
	r.runtime.answer = func(function.Invocation) (function.Result, error) {
		running <- true
		<-proceed
		return function.Result{}, nil
	}
	done := make(chan error)
	go func() { _, err := r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name}); done <- err }()
	<-running
	_, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
	requireError(t, err, "TooManyRequestsException", "Rate Exceeded.")
	proceed <- true
	require.NoError(t, <-done)

	_, err = r.PutFunctionConcurrency(r.ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)})
	require.NoError(t, err)
	_, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
	require.Equal(t, "TooManyRequestsException", codeOf(err))
	_, err = r.DeleteFunctionConcurrency(r.ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: name})
	require.NoError(t, err)
	require.Nil(t, get())
	r.runtime.answer = nil
	_, err = r.Invoke(r.ctx, &lambda.InvokeInput{FunctionName: name})
	require.NoError(t, err)
	_, err = r.PutFunctionConcurrency(r.ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: aws.String("nobody"), ReservedConcurrentExecutions: aws.Int32(1)})
	require.Equal(t, codeMissing, codeOf(err))
}
