package arn

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWritten(t *testing.T) {
	stream := ForStream("eu-west-1", "123456789012", "orders")
	require.Equal(t, "arn:aws:kinesis:eu-west-1:123456789012:stream/orders", stream.String())
	consumer := stream.WithConsumer("billing", 1795600000)
	require.Equal(t, "arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/billing:1795600000", consumer.String())
	require.Equal(t, stream, consumer.Parent())
	require.Equal(t, stream, stream.Parent())
	require.Equal(t, "arn:aws-cn:kinesis:cn-north-1:123456789012:channel/a/b", ForChannel("cn-north-1", "123456789012", "a/b").String())
	require.Equal(t, "aws-us-gov", Partition("us-gov-west-1"))
}

func TestReadBack(t *testing.T) {
	for _, s := range []string{
		"arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
		"arn:aws-us-gov:kinesis:us-gov-west-1:000000000000:stream/a.b_c-d",
		"arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/billing:0",
		"arn:aws:kinesis:eu-west-1:123456789012:channel/orders-to-lake",
	} {
		a, err := Parse(s)
		require.NoError(t, err, s)
		require.Equal(t, s, a.String())
	}
}

func TestRefused(t *testing.T) {
	const head = "arn:aws:kinesis:eu-west-1:123456789012:"
	for _, s := range []string{
		"", "orders", head, head + "stream", head + "stream/", head + "table/x", head + "channel/",
		"arn:aws:kinesis:eu-west-1:12345678901:stream/orders", "arn:aws:kinesis::123456789012:stream/orders",
		"arn:aws:kinesis:eu-west-1:12345678901x:stream/orders", "arn:aws:dynamodb:eu-west-1:123456789012:stream/orders",
		"arn:gcp:kinesis:eu-west-1:123456789012:stream/orders", "ARN:aws:kinesis:eu-west-1:123456789012:stream/orders",
		head + "stream/or ders", head + "stream/" + strings.Repeat("x", 129), head + "stream/orders/",
		head + "stream/orders/consumer/billing", head + "stream/orders/consumer/billing:", head + "stream/orders/consumer/:1",
		head + "stream/orders/consumer/billing:-1", head + "stream/orders/consumer/billing:01",
		head + "stream/orders/group/billing:1", head + "stream/orders/consumer/billing:99999999999999999999",
	} {
		_, err := Parse(s)
		require.ErrorIs(t, err, ErrMalformed, s)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/billing:1795600000")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err == nil {
			require.Equal(t, s, a.String())
		}
	})
}
