package firehose

import (
	"bytes"
	"compress/gzip"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func packed(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return out.String()
}

func unpacking(format, extract string) *types.ProcessingConfiguration {
	p := &types.ProcessingConfiguration{Enabled: aws.Bool(true), Processors: []types.Processor{{Type: types.ProcessorTypeDecompression, Parameters: []types.ProcessorParameter{
		{ParameterName: types.ProcessorParameterNameCompressionFormat, ParameterValue: aws.String(format)}}}}}
	if extract != "" {
		p.Processors = append(p.Processors, types.Processor{Type: types.ProcessorTypeCloudWatchLogProcessing, Parameters: []types.ProcessorParameter{
			{ParameterName: types.ProcessorParameterNameDataMessageExtraction, ParameterValue: aws.String(extract)}}})
	}
	return p
}

func TestDecompression(t *testing.T) {
	const control = `{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"checking"}]}`
	const data = `{"messageType":"DATA_MESSAGE","logEvents":[{"message":"one"},{"message":"two"}]}`
	t.Run("37 messages of logs", func(t *testing.T) {
		r := newRig(t)
		source := r.stream("in", 1)
		var seen []string
		r.function = func(in call) (any, error) {
			for _, rec := range in.Records {
				seen = append(seen, string(rec.Data))
			}
			return echo(in), nil
		}
		r.from("out", source, func(c *types.ExtendedS3DestinationConfiguration) {
			c.ProcessingConfiguration = unpacking("GZIP", "True")
			c.ProcessingConfiguration.Processors = append(c.ProcessingConfiguration.Processors, lambda(nil).Processors...)
		})
		require.Equal(t, "true", *r.describe("out").Destinations[0].ExtendedS3DestinationDescription.ProcessingConfiguration.Processors[1].Parameters[0].ParameterValue)
		for _, one := range []string{packed(t, control), packed(t, data), "no gzip"} {
			r.produce("in", one)
		}
		r.pass(5 * time.Minute)
		require.Equal(t, []string{"", "one\ntwo\n"}, seen, "a control message becomes an empty record")
		var good, bad string
		for _, o := range r.bucket.taken() {
			if o.Key[:13] == "decompression" {
				bad = string(o.Body)
				continue
			}
			good += string(o.Body)
		}
		require.Equal(t, "one\ntwo\n", good)
		line := errorLines(t, bad)[0]
		require.Equal(t, "Decompression failed.", line.Code)
		require.Equal(t, "Decompression failed because input data does not conform to cloudwatch log.", line.Message)
		require.Equal(t, "no gzip", string(line.Raw))
		require.Equal(t, 1, line.Attempts)
	})
	t.Run("verbatim, and refused for direct puts", func(t *testing.T) {
		r := newRig(t)
		r.from("out", r.stream("in", 1), func(c *types.ExtendedS3DestinationConfiguration) { c.ProcessingConfiguration = unpacking("GZIP", "") })
		r.produce("in", packed(t, control))
		r.pass(5 * time.Minute)
		require.Equal(t, control, r.bodies(""))
		r.create("direct", func(c *types.ExtendedS3DestinationConfiguration) { c.ProcessingConfiguration = unpacking("GZIP", "") })
		_, err := r.PutRecord(r.ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("direct"), Record: &types.Record{Data: []byte("x")}})
		requireFault(t, err, "InvalidSourceException", "Put to Firehose failed for AccountId: 111111111111, FirehoseName: direct because the request is not originating from CloudWatch.")
	})
	for want, c := range map[string]*types.ProcessingConfiguration{
		"CompressionFormat has to be GZIP":                                                      unpacking("ZIP", ""),
		"CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor":      {Enabled: aws.Bool(true), Processors: unpacking("GZIP", "True").Processors[1:]},
		"Invalid parameter value for DataMessageExtraction. Allowed values are True and False.": unpacking("GZIP", "Yes"),
	} {
		r := newRig(t)
		_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("s"), ExtendedS3DestinationConfiguration: &types.ExtendedS3DestinationConfiguration{
			RoleARN: aws.String(role), BucketARN: aws.String(bucket), ProcessingConfiguration: c}})
		requireFault(t, err, "InvalidArgumentException", want)
	}
	_, err := unpackLogs([]byte(packed(t, string(bytes.Repeat([]byte("0"), maxUnpacked+1)))), false)
	require.ErrorIs(t, err, errNotLogs)
}
