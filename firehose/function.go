package firehose

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// Function calls Lambda functions. Methods are called concurrently.
type Function interface {
	// Invoke calls a function by its ARN, which may name a version or alias,
	// and returns what it answered. An error says that there is no answer: a
	// *NotInvoked why nothing ran, anything else that the function failed.
	Invoke(ctx context.Context, arn string, payload []byte) (answer []byte, err error)
}

// NotInvoked is the error of a call that did not reach the function.
type NotInvoked struct {
	// Missing: there is no such function; Throttled: it has no free place.
	Missing, Throttled bool
	Message            string
}

// Error implements error.
func (e *NotInvoked) Error() string { return e.Message }

// maxAnswer is how many bytes a function may answer with.
const maxAnswer = 6 << 20

// call is the event that a function is given.
type call struct {
	Invocation string       `json:"invocationId"`
	Source     string       `json:"sourceKinesisStreamArn,omitempty"`
	Stream     string       `json:"deliveryStreamArn"`
	Region     string       `json:"region"`
	Records    []callRecord `json:"records"`
}

type callRecord struct {
	ID      string       `json:"recordId"`
	Arrival int64        `json:"approximateArrivalTimestamp"`
	Data    []byte       `json:"data"`
	Kinesis *callKinesis `json:"kinesisRecordMetadata,omitempty"`
}

type callKinesis struct {
	Sequence string `json:"sequenceNumber"`
	Sub      int    `json:"subsequenceNumber"`
	Key      string `json:"partitionKey"`
	Shard    string `json:"shardId"`
	Arrival  int64  `json:"approximateArrivalTimestamp"`
}

// answered is what a function says of one record.
type answered struct {
	ID       string  `json:"recordId"`
	Result   string  `json:"result"`
	Data     *string `json:"data"`
	Metadata struct {
		Keys map[string]string `json:"partitionKeys"`
	} `json:"metadata"`
}

// verdict is what a call came to for a record: its new data and keys, a
// failure, or neither when it was dropped.
type verdict struct {
	data    []byte
	keys    map[string]string
	failure *failure
	dropped bool
}

// The codes and texts of functions that fail, as they are in error records.
const (
	codeFunction = "Lambda.FunctionError"
	textFunction = "The Lambda function was successfully invoked but it returned an error result."
)

func lambdaFailure(code, text string) *failure {
	return &failure{Kind: processingFailed, Code: code, Text: text, Attempts: 1}
}

// failureOf is what records are told of a call without an answer. Such a call
// is made again.
func failureOf(err error) *failure {
	var not *NotInvoked
	switch {
	case !errors.As(err, &not):
		return lambdaFailure(codeFunction, textFunction)
	case not.Missing:
		return lambdaFailure("Lambda.ResourceNotFound", "The function does not exist. Use a different function that does exist.")
	case not.Throttled:
		return lambdaFailure("Lambda.InvokeLimitExceeded", "The Lambda function was throttled. Increase its concurrent execution limit.")
	}
	return lambdaFailure("Lambda.InvokeAccessDenied", "Access was denied. "+not.Message)
}

// judge reads an answer. A failure that is returned is that of the whole call,
// which is then made again.
func judge(answer []byte, ids []string) (map[string]verdict, *failure) {
	var body struct {
		Records []answered `json:"records"`
	}
	if len(answer) > maxAnswer || json.Unmarshal(answer, &body) != nil {
		return nil, lambdaFailure(codeFunction, textFunction)
	}
	out := make(map[string]verdict, len(ids))
	for i := range body.Records {
		a := &body.Records[i]
		if _, twice := out[a.ID]; twice {
			out[a.ID] = verdict{failure: lambdaFailure("Lambda.DuplicatedRecordId",
				"Multiple records were returned with the same record Id. Ensure that the Lambda function returns a unique record Id for each record.")}
			continue
		}
		v, again := a.verdict()
		if again != nil {
			return nil, again
		}
		if v == nil { // a result nobody knows
			f := lambdaFailure(codeFunction, "Check your function and make sure that it returns a valid result status of Dropped, Ok, or ProcessingFailed.")
			for _, id := range ids {
				out[id] = verdict{failure: f}
			}
			return out, nil
		}
		out[a.ID] = *v
	}
	for _, id := range ids {
		if _, there := out[id]; !there {
			out[id] = verdict{failure: lambdaFailure("Lambda.MissingRecordId",
				"One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.")}
		}
	}
	return out, nil
}

func (a *answered) verdict() (v *verdict, again *failure) {
	switch a.Result {
	case "Dropped":
		return &verdict{dropped: true}, nil
	case "ProcessingFailed":
		return &verdict{failure: lambdaFailure("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")}, nil
	case "Ok":
		if a.Data == nil {
			return &verdict{failure: lambdaFailure("Lambda.InvalidReturnFormat",
				"The data field cannot be null when the SourceType is DirectPut or KinesisStreamAsSource and processing result is Ok. Ensure that the data field is not null.")}, nil
		}
		data, err := base64.StdEncoding.DecodeString(*a.Data)
		if err != nil {
			return nil, lambdaFailure(codeFunction, textFunction)
		}
		return &verdict{data: data, keys: a.Metadata.Keys}, nil
	}
	return nil, nil
}
