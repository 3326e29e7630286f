package shards

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// The catalogue: every answer of this room that is not a success, one
// constructor per case, with the service's text. S is a stream's name, A an
// account; messages name both, also when the caller used an ARN.

func notFound(format string, args ...any) error {
	return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func inUse(format string, args ...any) error {
	return &types.ResourceInUseException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func invalid(format string, args ...any) error {
	return &types.InvalidArgumentException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func exceeded(format string, args ...any) error {
	return &types.LimitExceededException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func refused(format string, args ...any) error {
	return &types.ValidationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// errInternal is the service's internal failure, which says nothing.
func errInternal() error {
	return &smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer}
}

// Streams.

func errNoStream(k streamKey) error {
	return notFound("Stream %s under account %s not found.", k.name, k.account)
}

func errStreamExists(k streamKey) error {
	return inUse("Stream %s under account %s already exists.", k.name, k.account)
}

func errNotActive(k streamKey, status string) error {
	return inUse("Stream %s under account %s not ACTIVE, instead in state %s", k.name, k.account, status)
}

func errWhichStream() error { return invalid("Either StreamARN or StreamName should be provided.") }

func errTwoStreams() error {
	return invalid("StreamARN and StreamName do not refer to the same stream.")
}

func errOnDemand(k streamKey) error {
	return refused("Request is invalid. Stream %s under account %s is in On-Demand mode.", k.name, k.account)
}

func errShardCountOnDemand() error {
	return invalid("ShardCount is not expected when StreamMode=ON_DEMAND")
}

func errShardCountMissing() error {
	return invalid("ShardCount is expected when StreamMode=PROVISIONED")
}

func errStrategyProvisioned() error {
	return invalid("RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode.")
}

func errWarmNeedsCommitment(k streamKey) error {
	return refused("Request is invalid. Stream %s under account %s needs the ON_DEMAND mode and an account with the minimum throughput billing commitment for warm throughput.", k.name, k.account)
}

func errCreatingStreams(k streamKey) error {
	return errCallRate(k)
}

// errCallRate refuses a call for the rate of its operation. The form without
// a stream was seen in answers of ListStreams.
func errCallRate(k streamKey) error {
	if k.name == "" {
		return exceeded("Rate exceeded for account %s.", k.account)
	}
	return exceeded("Rate exceeded for stream %s under account %s.", k.name, k.account)
}

func errShardQuota(k streamKey, now, limit, more int) error {
	return exceeded("This request would exceed the shard limit for the account %s in %s. Current shard count for the account: %d. Limit: %d. Number of additional shards that would have resulted from this request: %d. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.",
		k.account, k.region, now, limit, more)
}

func errOnDemandQuota(k streamKey, limit int) error {
	return exceeded("This request would exceed the on-demand stream limit for the account %s in %s. Limit: %d.", k.account, k.region, limit)
}

func errHasConsumers(k streamKey) error {
	return inUse("DeleteStream can't delete %s:%s because there are consumers associated with this data stream. To delete %s anyway, set the EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that are associated with it.", k.account, k.name, k.name)
}

// Tags.

func errTagCharacters() error {
	return invalid("Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - %% @.")
}

// errTagsIllegal wants to hear whether tags are added to or removed from.
func errTagsIllegal(what string, k streamKey) error {
	return invalid("Failed to %s stream %s under account %s because some tags contained illegal characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'.", what, k.name, k.account)
}

func errTagReserved(key string) error {
	return invalid("Tag key %s is not allowed: keys that begin with aws: are reserved.", key)
}

// Shards.

func errNoShard(k streamKey, raw string) error {
	return notFound("Could not find shard %s in stream %s under account %s.", raw, k.name, k.account)
}

func errShardMissing(k streamKey, index uint32) error {
	return notFound("Shard %s in stream %s under account %s does not exist", shardID(int64(index)), k.name, k.account)
}

func errAlreadyResharded(k streamKey, id string) error {
	return invalid("Shard %s in stream %s under account %s has already been merged or split, and thus is not eligible for merging or splitting.", id, k.name, k.account)
}

func errNotAdjacent(k streamKey, first, second string) error {
	return invalid("Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging", first, second, k.name, k.account)
}

func errSplitPoint(k streamKey, at string, sh *shard) error {
	return invalid("NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under account %s is not both greater than one plus the shard's StartingHashKey %s and less than the shard's EndingHashKey %s.",
		at, sh.id, k.name, k.account, sh.from, sh.to)
}

func errScaleUp(open, target int) error {
	return exceeded("UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: %d Target shard count: %d", open, target)
}

func errScaleDown(open, target int) error {
	return exceeded("UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: %d Target shard count: %d", open, target)
}

func errScaleTooFar(target, limit int) error {
	return exceeded("UpdateShardCount cannot scale beyond %d shards. Target shard count: %d", limit, target)
}

func errChangesPerDay(k streamKey, what string, limit int) error {
	return exceeded("%s is limited to %d successful calls in 24 hours for stream %s under account %s.", what, limit, k.name, k.account)
}

// Records.

func errHashKeyRange(value string) error {
	return invalid("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s", value)
}

func errOrdering(k streamKey, number string) error {
	return invalid("ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid.", number, k.name, k.account)
}

func errOrderingAuto(k streamKey) error {
	return invalid("SequenceNumberForOrdering cannot be used on stream %s under account %s because its RecordDistributionStrategy is AUTO.", k.name, k.account)
}

func errTotalSize() error { return invalid("Records size exceeds 10 MB limit") }

// failures collects what the service reports together, ten at most.
type failures []string

func (f *failures) tooLong(path string, limit int) {
	*f = append(*f, fmt.Sprintf("Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", path, limit))
}

func (f *failures) missing(path string) {
	*f = append(*f, fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", path))
}

// errMissing is what the door answers before a call comes here; it is for
// calls that come past the door.
func errMissing(path string) error {
	var f failures
	f.missing(path)
	return f.err()
}

// errTooSmall is the like for numbers.
func errTooSmall(path string, value, least int) error {
	return failures{fmt.Sprintf("Value '%d' at '%s' failed to satisfy constraint: Member must have value greater than or equal to %d", value, path, least)}.err()
}

func (f failures) err() error {
	switch {
	case len(f) == 0:
		return nil
	case len(f) == 1:
		return refused("1 validation error detected: %s", f[0])
	case len(f) > 10:
		f = f[:10]
	}
	return refused("%d validation errors detected: %s", len(f), strings.Join(f, "; "))
}

func errWriteRate(k streamKey, id string) error {
	return &types.ProvisionedThroughputExceededException{Message: aws.String(writeRateText(k, id))}
}

func writeRateText(k streamKey, id string) string {
	return fmt.Sprintf("Rate exceeded for shard %s in stream %s under account %s.", id, k.name, k.account)
}

func errReadRate(k streamKey, id string) error {
	return &types.ProvisionedThroughputExceededException{
		Message: aws.String(fmt.Sprintf("Rate exceeded for Shard - %s/%s/%s", k.account, k.name, id))}
}

// Iterators and tokens.

func errIteratorForm() error { return invalid("Invalid ShardIterator.") }

func errIteratorStream() error {
	return invalid("StreamARN does not refer to the stream of the ShardIterator.")
}

// javaDate is how java.util.Date prints itself.
const javaDate = "Mon Jan 02 15:04:05 MST 2006"

func errIteratorExpired(made, now time.Time) error {
	return &types.ExpiredIteratorException{Message: aws.String(fmt.Sprintf(
		"Iterator expired. The iterator was created at time %s while right now it is %s which is further in the future than the tolerated delay of %d milliseconds.",
		made.UTC().Format(javaDate), now.UTC().Format(javaDate), tokenLife.Milliseconds()))}
}

func errTokenForm() error { return invalid("Invalid NextToken.") }

func errTokenExpired(made, now time.Time) error {
	return &types.ExpiredNextTokenException{Message: aws.String(fmt.Sprintf(
		"NextToken expired. The token was created at time %s while right now it is %s which is further in the future than the tolerated delay of %d milliseconds.",
		made.UTC().Format(javaDate), now.UTC().Format(javaDate), tokenLife.Milliseconds()))}
}

func errTokenOrStream() error { return invalid("Either NextToken or StreamName should be provided.") }

func errTokenAnd(member string) error {
	return invalid("NextToken and %s cannot be provided together.", member)
}

func errNumberMissing(kind types.ShardIteratorType) error {
	return invalid("%s Request specified %s and no StartingSequenceNumber.", eitherNumber, kind)
}

func errNumberUnwanted(kind types.ShardIteratorType) error {
	return invalid("%s Request specified %s and also a StartingSequenceNumber.", eitherNumber, kind)
}

const eitherNumber = "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber."

func errNumberForm(k streamKey, id, operation, number string) error {
	return invalid("StartingSequenceNumber %s used in %s on shard %s in stream %s under account %s is invalid.", number, operation, id, k.name, k.account)
}

func errNumberStream(k streamKey, id, operation, number string) error {
	return invalid("StartingSequenceNumber %s used in %s on shard %s in stream %s under account %s is invalid because it did not come from this stream.", number, operation, id, k.name, k.account)
}

func errNumberShard(number sequence, id string) error {
	return invalid("Invalid StartingSequenceNumber. It encodes %s, while it was used in a call to a shard with %s", shardID(number.shard), id)
}

func errTimestampMissing() error {
	return invalid("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
}

func errTimestampFuture(t, now time.Time) error {
	return invalid("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: %d, currentTimestampInMillis: %d", t.UnixMilli(), now.UnixMilli())
}

func errFilterNeeds(member string, kind types.ShardFilterType) error {
	return invalid("%s must be specified in ShardFilter when its Type is %s.", member, kind)
}

func errDryRun() error {
	return &types.DryRunOperationException{Message: aws.String("The request was rejected because the DryRun parameter was specified.")}
}

// Consumers.

func errNoConsumer(k streamKey, name string) error {
	return notFound("Consumer %s under stream %s and account %s not found.", name, k.name, k.account)
}

func errConsumerNotActive(k streamKey, c *consumer) error {
	return inUse("Consumer %s with creation timestamp %d under stream: %s , account %s is not in ACTIVE status.", c.Name, c.Created/1000, k.name, k.account)
}

func errSubscribed(k streamKey, id, consumer string) error {
	return inUse("Another active subscription exists for this consumer: %s:%s:%s:%s", k.account, k.name, id, consumer)
}
