package shards

import "github.com/aws/aws-sdk-go-v2/service/kinesis/types"

// The catalogue, continued: answers of the operations that change and describe
// what surrounds the records. Texts that nobody has captured are Sluice's own;
// docs/deviations.md lists them.

func errResourceARN() error {
	return invalid("ResourceARN must be the ARN of a stream or of a consumer.")
}

// Tags.

func errTooManyTags(k streamKey) error {
	return invalid("Failed to add tags to stream %s under account %s because a given stream cannot have more than %d tags associated with it.", k.name, k.account, tagsPerResource)
}

// Policies.

func errNoPolicy(arn string) error {
	return notFound("No resource policy found for resource ARN %s.", arn)
}

func errPolicyForm() error { return invalid("The resource policy is not a JSON object.") }

func errPolicyText(err error) error { return invalid("The resource policy cannot be used: %s.", err) }

func errPolicySize() error {
	return exceeded("The resource policy is longer than %d bytes.", policySize)
}

// Consumers.

func errConsumerExists(k streamKey, name string) error {
	return inUse("Consumer %s under stream %s already exists for account %s.", name, k.name, k.account)
}

// errConsumerBusy refuses a change of a consumer. SubscribeToShard says it in
// slightly other words.
func errConsumerBusy(k streamKey, c *consumer) error {
	return inUse("Consumer %s with creation timestamp %d under stream %s and account %s is not in ACTIVE status.", c.Name, c.Created/1000, k.name, k.account)
}

func errWhichConsumer() error {
	return invalid("Either ConsumerARN or both StreamARN and ConsumerName should be provided.")
}

func errTwoConsumers() error {
	return invalid("ConsumerARN, StreamARN and ConsumerName do not refer to the same consumer.")
}

func errTooManyConsumers(k streamKey, limit int) error {
	return exceeded("Stream %s under account %s cannot have more than %d consumers registered with it.", k.name, k.account, limit)
}

func errCreatingConsumers(k streamKey) error {
	return exceeded("Account %s cannot have more than %d consumers in CREATING status.", k.account, creatingConsumers)
}

func errStreamCreated(k streamKey) error {
	return notFound("Stream %s under account %s with the given StreamCreationTimestamp not found.", k.name, k.account)
}

// Retention. The captured texts call the operations by shorter names.

func errRetentionShort(hours int) error {
	return invalid("Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short.", retentionLeast, hours)
}

func errRetentionLong(hours int) error {
	return invalid("Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long.", retentionMost, hours)
}

func errRetentionIncrease(k streamKey, hours, now int) error {
	return invalid("Requested retention period (%d hours) for stream %s can not be shorter than existing retention period (%d hours). Use DecreaseRetentionPeriod API.", hours, k.name, now)
}

func errRetentionDecrease(k streamKey, hours, now int) error {
	return invalid("Requested retention period (%d hours) for stream %s can not be longer than existing retention period (%d hours). Use IncreaseRetentionPeriod API.", hours, k.name, now)
}

// Encryption, capacity, account.

func errEncryptionType(kind types.EncryptionType) error {
	return invalid("Invalid EncryptionType %s. The only valid value is KMS.", kind)
}

// errProvisioned refuses what is for on-demand streams alone.
func errProvisioned(k streamKey) error {
	return refused("Request is invalid. Stream %s under account %s is in Provisioned mode.", k.name, k.account)
}

func errWarmUnasked() error {
	return refused("WarmThroughputMiBps is only valid when the stream mode is being updated to ON_DEMAND.")
}

func errWarmTooFar(k streamKey, asked int) error {
	return exceeded("Stream %s under account %s cannot be scaled to a warm throughput of %d MiB per second. Limit: %d.", k.name, k.account, asked, warmLimit)
}
