package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"sluice/internal/caller"
	"sluice/lambda/function"
)

const (
	payloadMax      = 6 << 20
	asyncPayloadMax = 1 << 20
	// clientContextMax is as base64.
	clientContextMax = 3583
)

// Invoke runs a function: at once, later, or not at all but for the checks. A
// function that fails is a success here, with FunctionError.
//
// State: real
// Notes: RequestResponse, Event and DryRun; log tail; no tenants, no durable executions
// Test: TestInvoke
func (r *Room) Invoke(ctx context.Context, in *lambda.InvokeInput, _ ...opt) (*lambda.InvokeOutput, error) {
	ref, err := r.parseReference(ctx, *in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	call, err := invocation(in, ref)
	if err != nil {
		return nil, err
	}
	if who, ok := caller.From(ctx); ok {
		call.RequestID = who.RequestID
	}
	switch in.InvocationType {
	case types.InvocationTypeDryRun:
		if !r.isFunction(ref) {
			return nil, errNoFunction(ref.arn())
		}
		return &lambda.InvokeOutput{StatusCode: http.StatusNoContent}, nil
	case types.InvocationTypeEvent:
		if err := r.acceptLater(ctx, call); err != nil {
			return nil, refusal(err)
		}
		return &lambda.InvokeOutput{StatusCode: http.StatusAccepted}, nil
	}
	result, err := dispatcher{r: r}.Invoke(ctx, call)
	if err != nil {
		return nil, refusal(err)
	}
	return invoked(in, result), nil
}

// acceptLater takes an event for a function that can be run. That all its
// places are taken now is no reason to refuse it.
func (r *Room) acceptLater(ctx context.Context, call function.Invocation) error {
	_, leave, err := r.dispatch(ctx, call)
	var refused *function.NotInvoked
	switch {
	case err == nil:
		leave() // the place is taken when the function runs
	case !errors.As(err, &refused) || !refused.Throttled:
		return err
	}
	return r.invokeLater(ctx, call)
}

// invocation checks what the function is to be given. No payload is an empty
// object.
func invocation(in *lambda.InvokeInput, ref reference) (function.Invocation, error) {
	call := function.Invocation{Account: ref.Key.Account, Region: ref.Key.Region, Name: ref.Key.Name, Qualifier: ref.Qualifier,
		Payload: in.Payload, ClientContext: aws.ToString(in.ClientContext), Tail: in.LogType == types.LogTypeTail}
	most := payloadMax
	if in.InvocationType == types.InvocationTypeEvent {
		most = asyncPayloadMax
	}
	switch {
	case len(call.Payload) > most:
		return call, errPayloadTooLarge(len(call.Payload), most)
	case len(call.ClientContext) > clientContextMax:
		return call, invalid("Client context must be at most %d bytes.", clientContextMax)
	case len(call.Payload) == 0:
		call.Payload = []byte("{}")
	case !json.Valid(call.Payload):
		return call, errPayload("the payload is no JSON document")
	}
	if _, err := base64.StdEncoding.DecodeString(call.ClientContext); err != nil {
		return call, &types.InvalidRequestContentException{Message: aws.String("Client context must be a valid Base64-encoded JSON object.")}
	}
	return call, nil
}

func invoked(in *lambda.InvokeInput, result function.Result) *lambda.InvokeOutput {
	out := &lambda.InvokeOutput{StatusCode: http.StatusOK, Payload: result.Payload, FunctionError: optional(result.Error),
		ExecutedVersion: aws.String(or(result.Version, latest))}
	if in.LogType == types.LogTypeTail {
		out.LogResult = aws.String(base64.StdEncoding.EncodeToString(result.Log))
	}
	return out
}

// refusal is what a client sees of an invocation that never reached its function.
func refusal(err error) error {
	var n *function.NotInvoked
	if !errors.As(err, &n) {
		return err
	}
	switch {
	case n.Throttled:
		return &types.TooManyRequestsException{Message: aws.String(n.Message), Reason: types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded}
	case n.Code == "ResourceNotFoundException":
		return notFound(n.Message)
	case n.Code == "ServiceException":
		return &types.ServiceException{Message: aws.String(n.Message)}
	}
	return &smithy.GenericAPIError{Code: n.Code, Message: n.Message, Fault: smithy.FaultClient}
}
