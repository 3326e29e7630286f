package wire

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func decodeItem(t *testing.T, item string) (map[string]types.AttributeValue, error) {
	t.Helper()
	p := compile(t, "dynamodb", "PutItem")
	in, _, err := CodecFor(JSON10).DecodeInput(p, &Request{Body: []byte(`{"TableName":"t","Item":` + item + `}`)})
	if err != nil {
		return nil, err
	}
	require.Nil(t, p.Validate(in, nil))
	return in.(*dynamodb.PutItemInput).Item, nil
}

func TestUnion(t *testing.T) {
	item, err := decodeItem(t, `{"a":{"S":"x"},"b":{"M":{"c":{"L":[{"N":"1"},{"NULL":true}]}}},"e":{},"f":{"S":"x","N":"1"},"g":{"S":null,"N":"1"},"h":{"Q":"x"},"i":null}`)
	require.NoError(t, err)
	require.Equal(t, map[string]types.AttributeValue{
		"a": &types.AttributeValueMemberS{Value: "x"},
		"b": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"c": &types.AttributeValueMemberL{
			Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: "1"}, &types.AttributeValueMemberNULL{Value: true}}}}},
		"e": &types.UnknownUnionMember{},
		"f": &types.UnknownUnionMember{Tag: SeveralMembers},
		"g": &types.AttributeValueMemberN{Value: "1"},
		"h": &types.UnknownUnionMember{},
	}, item)

	for text, want := range map[string]string{
		`{"a":"x"}`:          "Expected null",
		`{"a":["x"]}`:        "Start of list found where not expected",
		`{"a":{"S":1}}`:      "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String",
		`{"a":{"SS":"x"}}`:   "Expected list or null",
		`{"a":{"M":["x"]}}`:  "Start of list found where not expected",
		`{"a":{"BOOL":"x"}}`: "'X' can not be converted to an Boolean",
	} {
		_, err := decodeItem(t, text)
		require.EqualError(t, err, "SerializationException: "+want, text)
	}
	for _, text := range []string{`{"a":{`, `{"a":{"S"}}`, `{"a":{"S":"x",}}`, `{"a":{S:1}}`} {
		_, err := decodeItem(t, text)
		require.EqualError(t, err, "SerializationException", text)
	}
}

func TestFaultDetails(t *testing.T) {
	p := compile(t, "dynamodb", "PutItem")
	svc := p.op.Service
	encode := func(op *Operation, err error) string {
		f, modelled := FaultOf(op, fmt.Errorf("wrapped: %w", err))
		require.True(t, modelled)
		return string(CodecFor(JSON10).EncodeFault(svc, f, "").Body)
	}
	require.Equal(t, `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`,
		encode(p.op, &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}))
	require.Equal(t, `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no","Item":{"a":{"S":"x"}}}`,
		encode(p.op, &types.ConditionalCheckFailedException{Message: aws.String("no"),
			Item: map[string]types.AttributeValue{"a": &types.AttributeValueMemberS{Value: "x"}}}))
	require.Equal(t, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"no","CancellationReasons":[{"Code":"None"}]}`,
		encode(svc.Operations["TransactWriteItems"], &types.TransactionCanceledException{Message: aws.String("no"),
			CancellationReasons: []types.CancellationReason{{Code: aws.String("None")}}}))
	f := p.Validate(&dynamodb.PutItemInput{}, nil)
	require.Contains(t, string(CodecFor(JSON10).EncodeFault(svc, f, "").Body), `"__type":"com.amazon.coral.validate#ValidationException"`)
	require.Contains(t, string(CodecFor(JSON10).EncodeFault(svc, malformed(), "").Body), `"com.amazon.coral.service#SerializationException"`)
	require.Contains(t, string(CodecFor(JSON10).EncodeFault(nil, malformed(), "").Body), `"SerializationException"`)
	_, modelled := FaultOf(p.op, errors.New("not the service's"))
	require.False(t, modelled)
}

// TestMetricForms reads the same datum in the three forms that clients send.
func TestMetricForms(t *testing.T) {
	p := compile(t, "cloudwatch", "PutMetricData")
	form := url.Values{}
	for k, v := range map[string]string{"Action": "PutMetricData", "Version": "2010-08-01", "Namespace": "app",
		"MetricData.member.1.MetricName": "m", "MetricData.member.1.Timestamp": "2026-01-05T10:00:00Z",
		"MetricData.member.1.Dimensions.member.1.Name": "ShardId", "MetricData.member.1.Dimensions.member.1.Value": "s",
		"MetricData.member.1.StatisticValues.SampleCount": "2", "MetricData.member.1.StatisticValues.Sum": "3.5",
		"MetricData.member.1.StatisticValues.Minimum": "1", "MetricData.member.1.StatisticValues.Maximum": "2.5", "MetricData.member.1.Unit": "Count"} {
		form.Set(k, v)
	}
	fromQuery, _, err := CodecFor(Query).DecodeInput(p, &Request{Header: http.Header{}, Body: []byte(form.Encode())})
	require.NoError(t, err)
	fromJSON, _, err := CodecFor(JSON10).DecodeInput(p, &Request{Body: []byte(`{"Namespace":"app","MetricData":[{"MetricName":"m",
		"Timestamp":1767607200,"Dimensions":[{"Name":"ShardId","Value":"s"}],
		"StatisticValues":{"SampleCount":2,"Sum":3.5,"Minimum":1,"Maximum":2.5},"Unit":"Count"}]}`)})
	require.NoError(t, err)
	require.Equal(t, fromQuery, fromJSON)
	require.InDelta(t, 3.5, *fromJSON.(*cloudwatch.PutMetricDataInput).MetricData[0].StatisticValues.Sum, 0)
	require.Nil(t, p.Validate(fromQuery, nil))
}
