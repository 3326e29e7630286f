package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

func (r *run) tags(ctx context.Context) (int, error) {
	if r.consumerARN != "" {
		if _, err := r.client.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{
			ConsumerARN: &r.consumerARN,
		}); err != nil {
			return 0, err
		}
	}
	wanted := map[string]string{"team": "blue", "größe": "10 km/h"}
	_, added := r.client.AddTagsToStream(ctx, &kinesis.AddTagsToStreamInput{StreamName: &r.stream, Tags: wanted})
	list := &kinesis.ListTagsForStreamInput{StreamName: &r.stream}
	found, listed := r.client.ListTagsForStream(ctx, list)
	_, third := r.client.TagResource(ctx, &kinesis.TagResourceInput{
		ResourceARN: &r.arn, Tags: map[string]string{"third": ""},
	})
	all, asked := r.client.ListTagsForResource(ctx, &kinesis.ListTagsForResourceInput{ResourceARN: &r.arn})
	_, untagged := r.client.UntagResource(ctx, &kinesis.UntagResourceInput{
		ResourceARN: &r.arn, TagKeys: []string{"third"},
	})
	_, removed := r.client.RemoveTagsFromStream(ctx, &kinesis.RemoveTagsFromStreamInput{
		StreamName: &r.stream, TagKeys: []string{"team", "größe"},
	})
	left, listedAgain := r.client.ListTagsForStream(ctx, list)
	if err := errors.Join(added, listed, third, asked, untagged, removed, listedAgain); err != nil {
		return 0, err
	}
	for _, tag := range found.Tags {
		if wanted[*tag.Key] != aws.ToString(tag.Value) {
			return 0, fmt.Errorf("tag %s has another value", *tag.Key)
		}
	}
	if len(found.Tags) != 2 || len(left.Tags) != 0 {
		return 0, fmt.Errorf("%d tags, %d left", len(found.Tags), len(left.Tags))
	}
	return len(all.Tags), nil
}

func (r *run) policy(ctx context.Context) (int, error) {
	text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"read","Effect":"Allow",`+
		`"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":["kinesis:GetRecords"],"Resource":"%s"}]}`, r.arn)
	get := &kinesis.GetResourcePolicyInput{ResourceARN: &r.arn}
	_, set := r.client.PutResourcePolicy(ctx, &kinesis.PutResourcePolicyInput{ResourceARN: &r.arn, Policy: &text})
	got, read := r.client.GetResourcePolicy(ctx, get)
	_, removed := r.client.DeleteResourcePolicy(ctx, &kinesis.DeleteResourcePolicyInput{ResourceARN: &r.arn})
	none, readAgain := r.client.GetResourcePolicy(ctx, get)
	if err := errors.Join(set, read, removed, readAgain); err != nil {
		return 0, err
	}
	if *got.Policy != text || *none.Policy != "{}" {
		return 0, fmt.Errorf("policy %s, then %s", *got.Policy, *none.Policy)
	}
	return 1, nil
}

func (r *run) encryption(ctx context.Context) (int, error) {
	key := aws.String("alias/aws/kinesis")
	if _, err := r.client.StartStreamEncryption(ctx, &kinesis.StartStreamEncryptionInput{
		StreamName: &r.stream, EncryptionType: types.EncryptionTypeKms, KeyId: key,
	}); err != nil {
		return 0, err
	}
	on, err := r.waitActive(ctx)
	if err != nil {
		return 0, err
	}
	answer, err := r.putRecord(ctx, 9, "key-0", nil)
	if err != nil {
		return 0, err
	}
	records, err := r.read(ctx, &kinesis.GetShardIteratorInput{
		ShardId: answer.ShardId, ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber,
		StartingSequenceNumber: answer.SequenceNumber,
	})
	if err != nil {
		return 0, err
	}
	if _, err := r.client.StopStreamEncryption(ctx, &kinesis.StopStreamEncryptionInput{
		StreamName: &r.stream, EncryptionType: types.EncryptionTypeKms, KeyId: key,
	}); err != nil {
		return 0, err
	}
	off, err := r.waitActive(ctx)
	if err != nil {
		return 0, err
	}
	got := []types.EncryptionType{on.EncryptionType, answer.EncryptionType, off.EncryptionType}
	for _, record := range records {
		got = append(got, record.EncryptionType)
	}
	if fmt.Sprint(got) != "[KMS KMS NONE KMS]" {
		return 0, fmt.Errorf("encryption types of stream, put, stream, record: %v", got)
	}
	return len(records), checkPayload(records[0].Data, 9)
}

// expect says whether err is the typed error E with exactly this text.
func expect[E smithy.APIError](err error, text string) error {
	var typed E
	if !errors.As(err, &typed) {
		return fmt.Errorf("%v instead of %T", err, typed)
	}
	if typed.ErrorMessage() != text {
		return fmt.Errorf("other text: %s", typed.ErrorMessage())
	}
	return nil
}

func (r *run) errors(ctx context.Context) (int, error) {
	_, missing := r.client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{
		StreamName: aws.String(r.stream + "-missing"),
	})
	_, again := r.client.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &r.stream, ShardCount: aws.Int32(1)})
	_, forged := r.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("abc")})
	_, invalid := r.client.SplitShard(ctx, &kinesis.SplitShardInput{
		StreamName: &r.stream, ShardToSplit: aws.String("shardId-000000000005"), NewStartingHashKey: aws.String("abc"),
	})
	_, beyond := r.client.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{
		StreamName: &r.stream, TargetShardCount: aws.Int32(100), ScalingType: types.ScalingTypeUniformScaling,
	})
	const owner = " under account 000000000000 "
	return 5, errors.Join(
		expect[*types.ResourceNotFoundException](missing, "Stream "+r.stream+"-missing"+owner+"not found."),
		expect[*types.ResourceInUseException](again, "Stream "+r.stream+owner+"already exists."),
		expect[*types.InvalidArgumentException](forged, "Invalid ShardIterator."),
		expect[*types.ValidationException](invalid, "1 validation error detected: Value 'abc' at 'newStartingHashKey' "+
			`failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`),
		expect[*types.LimitExceededException](beyond, "UpdateShardCount cannot scale up over double your current open "+
			"shard count. Current open shard count: 4 Target shard count: 100"),
	)
}

func (r *run) delete(ctx context.Context) (int, error) {
	if _, err := r.client.DeleteStream(ctx, &kinesis.DeleteStreamInput{
		StreamName: &r.stream, EnforceConsumerDeletion: aws.Bool(true),
	}); err != nil {
		return 0, err
	}
	describe := &kinesis.DescribeStreamInput{StreamName: &r.stream}
	return 1, kinesis.NewStreamNotExistsWaiter(r.client).Wait(ctx, describe, 5*time.Minute)
}
