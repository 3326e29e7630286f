// Program handler is a Lambda function of Go, built as AWS has it: the binary
// is its own runtime. Its event says what to do.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

type event struct {
	Do      string
	Value   string
	Records []events.KinesisEventRecord
}

func handle(ctx context.Context, e event) (any, error) {
	switch e.Do {
	case "fail":
		return nil, errors.New("sour")
	case "panic":
		panic("bitter")
	case "crash":
		os.Exit(7)
	case "hang":
		fmt.Println("hanging")
		select {}
	case "large":
		return strings.Repeat("x", len(e.Value)+7<<20), nil
	case "length":
		return len(e.Value), nil
	case "context":
		c, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{"arn": c.InvokedFunctionArn, "requestId": c.AwsRequestID, "name": lambdacontext.FunctionName,
			"left": time.Until(deadline).Seconds()}, nil
	case "put":
		return e.Value, put(ctx, e.Value)
	}
	if len(e.Records) > 0 {
		return batch(e.Records), nil
	}
	fmt.Println("echo", e.Value)
	return e.Value, nil
}

// put puts a record by a client that knows nothing but its environment.
func put(ctx context.Context, value string) error {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	_, err = kinesis.NewFromConfig(c).PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte(value)})
	return err
}

// batch reports the records that say so as failed, the others as done.
func batch(records []events.KinesisEventRecord) events.KinesisEventResponse {
	var out events.KinesisEventResponse
	for _, r := range records {
		if string(r.Kinesis.Data) == "poison" {
			out.BatchItemFailures = append(out.BatchItemFailures, events.KinesisBatchItemFailure{ItemIdentifier: r.Kinesis.SequenceNumber})
			break
		}
		fmt.Println("record", string(r.Kinesis.Data))
	}
	return out
}

func main() { lambda.Start(handle) }
