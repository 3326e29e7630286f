package wire

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

func TestFaultOf(t *testing.T) {
	kinesis, _ := Find("kinesis")
	lambda, _ := Find("lambda")
	get := kinesis.Operations["GetRecords"]
	for _, c := range []struct {
		name     string
		op       *Operation
		err      error
		want     Fault
		modelled bool
	}{
		{"typed", get, &types.ResourceNotFoundException{Message: aws.String("no")},
			Fault{Code: "ResourceNotFoundException", Message: "no", Status: 400, Sender: true}, true},
		{"wrapped", get, fmt.Errorf("stream T: %w", &types.ExpiredIteratorException{Message: aws.String("old")}),
			Fault{Code: "ExpiredIteratorException", Message: "old", Status: 400, Sender: true}, true},
		{"throttled is 400", get, &types.ProvisionedThroughputExceededException{Message: aws.String("slow")},
			Fault{Code: "ProvisionedThroughputExceededException", Message: "slow", Status: 400, Sender: true}, true},
		{"the model's 500", get, &types.InternalFailureException{Message: aws.String("x")},
			Fault{Code: "InternalFailureException", Message: "x", Status: 500}, true},
		{"another code", get, &types.InvalidArgumentException{Message: aws.String("x"), ErrorCodeOverride: aws.String("Other")},
			Fault{Code: "Other", Message: "x", Status: 400, Sender: true}, true},
		{"lambda's statuses", lambda.Operations["GetEventSourceMapping"], &lambdatypes.ResourceNotFoundException{Message: aws.String("x")},
			Fault{Code: "ResourceNotFoundException", Message: "x", Status: 404, Sender: true}, true},
		{"not in the operation but in the service", lambda.Operations["ListTags"], &lambdatypes.ResourceConflictException{Message: aws.String("x")},
			Fault{Code: "ResourceConflictException", Message: "x", Status: 409, Sender: true}, true},
		{"generic", get, &smithy.GenericAPIError{Code: "ValidationException", Message: "x", Fault: smithy.FaultClient},
			Fault{Code: "ValidationException", Message: "x", Status: 400, Sender: true}, true},
		{"generic, server", get, &smithy.GenericAPIError{Code: "Broken", Message: "x", Fault: smithy.FaultServer},
			Fault{Code: "Broken", Message: "x", Status: 500}, true},
		{"generic, unknown to the model", nil, &smithy.GenericAPIError{Code: "Odd", Message: "x"},
			Fault{Code: "Odd", Message: "x", Status: 400, Sender: true}, true},
		{"a fault stays", get, &Fault{Code: "A", Message: "b", Status: 418}, Fault{Code: "A", Message: "b", Status: 418}, true},
		{"anything else", get, errors.New("disk full"), Fault{Code: "InternalFailure", Status: 500, NoMessage: true}, false},
		{"no code", get, &smithy.GenericAPIError{}, Fault{Code: "InternalFailure", Status: 500, NoMessage: true}, false},
	} {
		f, modelled := FaultOf(c.op, c.err)
		require.Equal(t, &c.want, f, c.name)
		require.Equal(t, c.modelled, modelled, c.name)
	}
}

func TestJSONFaults(t *testing.T) {
	c := CodecFor(JSON11)
	for _, x := range []struct {
		f    Fault
		want string
	}{
		{Fault{Code: "ResourceNotFoundException", Message: `Stream "é" <T> & 漢`}, `{"__type":"ResourceNotFoundException","message":"Stream \"é\" <T> & 漢"}`},
		{Fault{Code: "A"}, `{"__type":"A","message":""}`},
		{*malformed(), `{"__type":"SerializationException"}`},
		{*wrongType("t"), `{"__type":"SerializationException","Message":"t"}`},
	} {
		x.f.Status = 400
		r := c.EncodeFault(nil, &x.f, "id")
		require.Equal(t, x.want, string(r.Body))
		require.Equal(t, x.f.Code, r.Header.Get("X-Amzn-Errortype"))
		require.Equal(t, "application/x-amz-json-1.1", r.Header.Get("Content-Type"))
		require.Equal(t, 400, r.Status)
	}
	require.Equal(t, "application/x-amz-json-1.0", CodecFor(JSON10).EncodeFault(nil, malformed(), "").Header.Get("Content-Type"))
	t.Run("case 32 the bare internal failure", func(t *testing.T) {
		// A room answers StartingSequenceNumber 0 with this error.
		f, modelled := FaultOf(nil, &smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer})
		require.True(t, modelled)
		r := c.EncodeFault(nil, f, "id")
		require.Equal(t, 500, r.Status)
		require.Equal(t, `{"__type":"InternalFailure"}`, string(r.Body))
	})
}

func TestFaultIsAnAPIError(t *testing.T) {
	var api smithy.APIError
	require.ErrorAs(t, fmt.Errorf("x: %w", malformed()), &api)
	require.Equal(t, "SerializationException", api.ErrorCode())
	require.Equal(t, smithy.FaultClient, api.ErrorFault())
	require.Equal(t, smithy.FaultServer, InternalFailure().ErrorFault())
	require.Equal(t, "InternalFailure", InternalFailure().Error())
	require.Equal(t, "t", wrongType("t").ErrorMessage())
}
