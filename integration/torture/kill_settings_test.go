package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// settledName is a stream whose settings change.
const settledName = "settled"

// arnOf is the name of a stream at length.
func arnOf(stream string) string {
	return "arn:aws:kinesis:us-east-1:000000000000:stream/" + stream
}

// settle changes the policy and the consumers of a stream.
func (k *killing) settle(ctx context.Context, dice *rand.Rand) {
	arn := aws.String(arnOf(settledName))
	k.cycle(ctx, dice, []string{"policy/" + settledName, "consumer/a", "consumer/b"}, func(key, was, next string) (err error) {
		kind, name := kindOf(key)
		switch {
		case kind == "policy" && next == absent:
			_, err = k.calls.kinesis.DeleteResourcePolicy(ctx, &kinesis.DeleteResourcePolicyInput{ResourceARN: arn})
		case kind == "policy":
			_, err = k.calls.kinesis.PutResourcePolicy(ctx, &kinesis.PutResourcePolicyInput{ResourceARN: arn, Policy: aws.String(policyOf(*arn, next))})
		case was == absent:
			_, err = k.calls.kinesis.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: &name, Tags: map[string]string{"value": next}})
		case next == absent:
			_, err = k.calls.kinesis.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{StreamARN: arn, ConsumerName: &name})
		default:
			consumer, e := k.calls.consumer(ctx, name)
			if e != nil {
				return e
			}
			_, err = k.calls.kinesis.TagResource(ctx, &kinesis.TagResourceInput{ResourceARN: consumer, Tags: map[string]string{"value": next}})
		}
		return err
	})
}

func policyOf(arn, sid string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":%q,"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},`+
		`"Action":["kinesis:DescribeStreamSummary","kinesis:ListShards"],"Resource":%q}]}`, sid, arn)
}

func (c *calls) consumer(ctx context.Context, name string) (*string, error) {
	out, err := c.kinesis.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{StreamARN: aws.String(arnOf(settledName)), ConsumerName: &name})
	if err != nil {
		return nil, err
	}
	return out.ConsumerDescription.ConsumerARN, nil
}

// defaultRetention is that of a stream for which none was set; the register has
// it as absent.
const defaultRetention = 24

// retain changes how long a stream keeps its records.
func (k *killing) retain(ctx context.Context, dice *rand.Rand) {
	for pause(ctx, dice) {
		hours := defaultRetention
		if was := k.values.get("retention/" + settledName); was != absent {
			hours, _ = strconv.Atoi(was)
		}
		next, value := int32(hours+1), strconv.Itoa(hours+1)
		if hours > 30 {
			next, value = defaultRetention, absent
		}
		err := k.values.change("retention/"+settledName, value, func() (err error) {
			if value == absent {
				_, err = k.calls.kinesis.DecreaseStreamRetentionPeriod(ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: aws.String(settledName), RetentionPeriodHours: &next})
			} else {
				_, err = k.calls.kinesis.IncreaseStreamRetentionPeriod(ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: aws.String(settledName), RetentionPeriodHours: &next})
			}
			return err
		})
		if err != nil {
			return
		}
	}
}

// settingValue reads what settle and retain have changed.
func (c *calls) settingValue(ctx context.Context, kind, name string) (value string, err error) {
	switch kind {
	case "policy":
		value, err = c.policyValue(ctx)
	case "retention":
		out, e := c.kinesis.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
		if err = e; err == nil {
			value = strconv.Itoa(int(*out.StreamDescriptionSummary.RetentionPeriodHours))
		}
		if value == strconv.Itoa(defaultRetention) {
			value = absent
		}
	default:
		arn, e := c.consumer(ctx, name)
		if err = e; err == nil {
			tags, e := c.kinesis.ListTagsForResource(ctx, &kinesis.ListTagsForResourceInput{ResourceARN: arn})
			if e != nil {
				return "", e
			}
			for _, t := range tags.Tags {
				value = *t.Value
			}
		}
	}
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return absent, nil
	}
	return value, err
}

func (c *calls) policyValue(ctx context.Context) (string, error) {
	out, err := c.kinesis.GetResourcePolicy(ctx, &kinesis.GetResourcePolicyInput{ResourceARN: aws.String(arnOf(settledName))})
	if err != nil {
		return "", err
	}
	var policy struct{ Statement []struct{ Sid string } }
	if text := aws.ToString(out.Policy); text != "" {
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			return "", err
		}
	}
	if len(policy.Statement) == 0 {
		return absent, nil
	}
	return policy.Statement[0].Sid, nil
}
