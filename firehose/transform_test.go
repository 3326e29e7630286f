package firehose

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

const functionARN = "arn:aws:lambda:eu-west-1:111111111111:function:change"

// lambda is a configuration that calls the function.
func lambda(parameters map[types.ProcessorParameterName]string, others ...types.Processor) *types.ProcessingConfiguration {
	p := types.Processor{Type: types.ProcessorTypeLambda, Parameters: []types.ProcessorParameter{
		{ParameterName: types.ProcessorParameterNameLambdaArn, ParameterValue: aws.String(functionARN)}}}
	for name, value := range parameters {
		p.Parameters = append(p.Parameters, types.ProcessorParameter{ParameterName: name, ParameterValue: aws.String(value)})
	}
	return &types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: append([]types.Processor{p}, others...)}
}

type said struct {
	ID       string         `json:"recordId"`
	Result   string         `json:"result"`
	Data     any            `json:"data"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

type saidAll struct {
	Records []said `json:"records"`
}

// echo answers every record as it is.
func echo(in call) saidAll {
	out := saidAll{}
	for _, r := range in.Records {
		out.Records = append(out.Records, said{ID: r.ID, Result: "Ok", Data: r.Data})
	}
	return out
}

// errorLines reads error records.
func errorLines(t *testing.T, body string) (out []errorRecord) {
	t.Helper()
	for _, line := range strings.Split(body, "\n") {
		var e errorRecord
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		out = append(out, e)
	}
	return out
}

func TestTransform(t *testing.T) {
	t.Run("30 always throws", func(t *testing.T) {
		r := newRig(t)
		var seen []call
		r.function = func(in call) (any, error) { seen = append(seen, in); return nil, errors.New("thrown") }
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			c.ProcessingConfiguration = lambda(map[types.ProcessorParameterName]string{types.ProcessorParameterNameLambdaNumberOfRetries: "1"})
		})
		r.put("s", "a", "b")
		r.clock.Step(59 * time.Second)
		require.Empty(t, seen, "the function has a buffer of its own")
		r.pass(10 * time.Minute)
		require.Len(t, seen, 2)
		require.NotEqual(t, seen[0].Invocation, seen[1].Invocation)
		require.Equal(t, seen[0].Records, seen[1].Records)
		require.Equal(t, "arn:aws:firehose:eu-west-1:111111111111:deliverystream/s", seen[0].Stream)
		require.Equal(t, region, seen[0].Region)
		body := r.bodies("processing-failed/2026/07/13/12/")
		lines := errorLines(t, body)
		require.Len(t, lines, 2)
		require.Equal(t, errorRecord{Attempts: 2, Arrival: millis(noon), Code: "Lambda.FunctionError", Ended: lines[0].Ended,
			Message: "The Lambda function was successfully invoked but it returned an error result.", Raw: []byte("a"), Function: functionARN}, lines[0])
		require.Contains(t, body, `"lambdaARN":"`+functionARN+`"`)
	})
	t.Run("31 every result", func(t *testing.T) {
		r := newRig(t)
		r.function = func(in call) (any, error) {
			return saidAll{[]said{{ID: in.Records[0].ID, Result: "Ok", Data: []byte("A")}, {ID: in.Records[1].ID, Result: "Dropped"},
				{ID: in.Records[2].ID, Result: "ProcessingFailed"}}}, nil
		}
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			c.Prefix, c.ProcessingConfiguration = aws.String("good/"), lambda(nil)
			c.ErrorOutputPrefix = aws.String("bad/")
			c.S3BackupMode = types.S3BackupModeEnabled
			c.S3BackupConfiguration = &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket), Prefix: aws.String("backup/")}
		})
		r.put("s", "a", "b", "c", "d")
		r.pass(10 * time.Minute)
		got := map[string]string{}
		for _, o := range r.bucket.taken() {
			got[o.Key[:strings.Index(o.Key, "2026")]] = string(o.Body)
		}
		require.Equal(t, "A", got["good/"])
		require.Equal(t, "abcd", got["backup/"])
		lines := errorLines(t, got["bad/processing-failed/"])
		require.Len(t, lines, 2)
		require.Equal(t, "Lambda.ProcessingFailedStatus", lines[0].Code)
		require.Equal(t, "c", string(lines[0].Raw))
		require.Equal(t, "Lambda.MissingRecordId", lines[1].Code)
		require.Equal(t, "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.", lines[1].Message)
		require.Equal(t, 1, lines[1].Attempts)
	})
	t.Run("a bucket that is down", func(t *testing.T) {
		r := newRig(t)
		calls := 0
		r.function = func(in call) (any, error) { calls++; return echo(in), nil }
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) { c.ProcessingConfiguration = lambda(nil) })
		r.bucket.failing(errors.New("down"))
		r.put("s", "a")
		r.clock.Step(time.Hour)
		r.bucket.failing(nil)
		r.reopen()
		r.clock.Step(time.Hour)
		require.Equal(t, "a", r.bodies(""))
		require.Equal(t, 1, calls, "what a function has returned is kept")
	})
	t.Run("flush and switch off", func(t *testing.T) {
		r := newRig(t)
		r.function = func(in call) (any, error) { return echo(in), nil }
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) { c.ProcessingConfiguration = lambda(nil) })
		r.put("s", "a")
		r.pass(2 * time.Minute)
		_, err := r.UpdateDestination(r.ctx, &firehose.UpdateDestinationInput{DeliveryStreamName: aws.String("s"), CurrentDeliveryStreamVersionId: aws.String("1"),
			DestinationId: aws.String(destinationID), ExtendedS3DestinationUpdate: &types.ExtendedS3DestinationUpdate{ProcessingConfiguration: &types.ProcessingConfiguration{Enabled: aws.Bool(false)}}})
		require.NoError(t, err)
		r.put("s", "b")
		done, err := r.Flush(r.ctx, "s")
		require.NoError(t, err)
		require.Equal(t, 2, done.Records)
		require.ElementsMatch(t, []byte("ab"), []byte(r.bodies("")))
	})
	t.Run("partition keys", func(t *testing.T) {
		r := newRig(t)
		r.function = func(in call) (any, error) {
			out := echo(in)
			for i := range out.Records {
				if text := string(in.Records[i].Data); text != "none" {
					out.Records[i].Metadata = map[string]any{"partitionKeys": map[string]string{"c": text}}
				}
			}
			return out, nil
		}
		r.create("s", func(c *types.ExtendedS3DestinationConfiguration) {
			c.Prefix, c.ErrorOutputPrefix = aws.String("c=!{partitionKeyFromLambda:c}/"), aws.String("bad/!{firehose:error-output-type}/")
			c.BufferingHints = hints(64, 60)
			c.DynamicPartitioningConfiguration = &types.DynamicPartitioningConfiguration{Enabled: aws.Bool(true)}
			c.ProcessingConfiguration = lambda(nil)
		})
		r.put("s", "x", "y", "x", "none")
		r.pass(10 * time.Minute)
		got := map[string]string{}
		for _, o := range r.bucket.taken() {
			got[o.Key[:strings.LastIndex(o.Key, "/")+1]] = string(o.Body)
		}
		require.Equal(t, "xx", got["c=x/"])
		require.Equal(t, "y", got["c=y/"])
		require.Equal(t, "DynamicPartitioning.MetadataExtractionFailed", errorLines(t, got["bad/processing-failed/"])[0].Code)
	})
}

func TestJudge(t *testing.T) {
	ids := []string{"1", "2"}
	for _, c := range []struct{ name, answer, code string }{
		{"id twice", `{"records":[{"recordId":"1","result":"Ok","data":""},{"recordId":"1","result":"Ok","data":""},{"recordId":"2","result":"Ok","data":""}]}`, "Lambda.DuplicatedRecordId"},
		{"null data", `{"records":[{"recordId":"1","result":"Ok"},{"recordId":"2","result":"Ok","data":"YQ=="}]}`, "Lambda.InvalidReturnFormat"},
		{"unknown result", `{"records":[{"recordId":"2","result":"ok","data":""},{"recordId":"1","result":"Ok","data":""}]}`, "Lambda.FunctionError"},
		{"no records", `{}`, "Lambda.MissingRecordId"},
	} {
		verdicts, again := judge([]byte(c.answer), ids)
		require.Nil(t, again, c.name)
		require.Equal(t, c.code, verdicts["1"].failure.Code, c.name)
	}
	for name, answer := range map[string]string{"not JSON": `x`, "bad base64": `{"records":[{"recordId":"1","result":"Ok","data":"*"}]}`,
		"too large": `{"records":[],"x":"` + strings.Repeat("x", 7<<20) + `"}`} {
		_, again := judge([]byte(answer), ids)
		require.NotNil(t, again, name)
		require.Equal(t, "Lambda.FunctionError", again.Code)
	}
	require.Equal(t, "Lambda.ResourceNotFound", failureOf(&NotInvoked{Missing: true}).Code)
	require.Equal(t, "Lambda.InvokeLimitExceeded", failureOf(&NotInvoked{Throttled: true}).Code)
	require.Equal(t, "Lambda.InvokeAccessDenied", failureOf(&NotInvoked{}).Code)
}

func TestLambdaProcessorParameters(t *testing.T) {
	name := func(n types.ProcessorParameterName, v string) types.ProcessorParameter {
		return types.ProcessorParameter{ParameterName: n, ParameterValue: aws.String(v)}
	}
	read := func(ps ...types.ProcessorParameter) (*processing, error) {
		return readProcessing(&types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []types.Processor{{Type: types.ProcessorTypeLambda, Parameters: ps}}}, role)
	}
	arn := name(types.ProcessorParameterNameLambdaArn, functionARN)
	t.Run("10 order and defaults", func(t *testing.T) {
		p, err := read(name(types.ProcessorParameterNameBufferIntervalInSeconds, "30"), name(types.ProcessorParameterNameBufferSizeInMb, "0.5"), arn)
		require.NoError(t, err)
		require.Equal(t, []parameter{{"LambdaArn", functionARN}, {"NumberOfRetries", "3"}, {"RoleArn", role}, {"BufferSizeInMBs", "0.5"}, {"BufferIntervalInSeconds", "30"}}, p.Processors[0].Parameters)
	})
	for want, ps := range map[string][]types.ProcessorParameter{
		"LambdaArn is required when Lambda processor is used.": {},
		"Invalid lambda ARN.": {name(types.ProcessorParameterNameLambdaArn, "arn:aws:s3:::x")},
		"Duplicate ProcessorParameter passed to ProcessingConfiguration.":                                            {arn, arn},
		"Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor.": {arn, name(types.ProcessorParameterNameBufferSizeInMb, "1")},
		"BufferSizeInMBs for lambda processor must be between 0.2 and 3.":                                            {arn, name(types.ProcessorParameterNameBufferSizeInMb, "3.1"), name(types.ProcessorParameterNameBufferIntervalInSeconds, "1")},
		"Number of retries for lambda must be between 0 and 300.":                                                    {arn, name(types.ProcessorParameterNameLambdaNumberOfRetries, "301")},
	} {
		_, err := read(ps...)
		requireFault(t, err, "InvalidArgumentException", want)
	}
	r := newRig(t)
	twice := lambda(nil, lambda(nil).Processors...)
	_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{
		RoleARN: aws.String(role), BucketARN: aws.String(bucket), ProcessingConfiguration: twice}})
	requireFault(t, err, "InvalidArgumentException", "Cannot have more than 1 Lambda processor.")
}
