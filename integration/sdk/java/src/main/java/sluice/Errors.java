package sluice;

import static sluice.Payload.check;

import software.amazon.awssdk.services.kinesis.model.CreateStreamRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ScalingType;
import software.amazon.awssdk.services.kinesis.model.SplitShardRequest;
import software.amazon.awssdk.services.kinesis.model.UpdateShardCountRequest;
import software.amazon.awssdk.services.kinesis.model.ValidationException;

/** Step 7: each refusal is the SDK's own type and carries the service's exact text. */
final class Errors {
    private final Steps steps;

    Errors(Steps steps) {
        this.steps = steps;
    }

    private static int expect(Class<? extends KinesisException> type, String text, Runnable call) {
        try {
            call.run();
        } catch (KinesisException refusal) {
            check(type.isInstance(refusal), refusal + " instead of " + type.getSimpleName());
            check(refusal.awsErrorDetails().errorMessage().equals(text),
                    "other text: " + refusal.awsErrorDetails().errorMessage());
            return 1;
        }
        throw new IllegalStateException("no " + type.getSimpleName());
    }

    int run() {
        String owner = " under account 000000000000 ";
        String stream = steps.stream;
        var client = steps.client;
        return expect(ResourceNotFoundException.class, "Stream " + stream + "-missing" + owner + "not found.",
                () -> client.describeStreamSummary(
                        DescribeStreamSummaryRequest.builder().streamName(stream + "-missing").build()))
                + expect(ResourceInUseException.class, "Stream " + stream + owner + "already exists.",
                        () -> client.createStream(
                                CreateStreamRequest.builder().streamName(stream).shardCount(1).build()))
                + expect(InvalidArgumentException.class, "Invalid ShardIterator.",
                        () -> client.getRecords(GetRecordsRequest.builder().shardIterator("abc").build()))
                + expect(ValidationException.class,
                        "1 validation error detected: Value 'abc' at 'newStartingHashKey' failed to satisfy "
                                + "constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
                        () -> client.splitShard(SplitShardRequest.builder().streamName(stream)
                                .shardToSplit("shardId-000000000005").newStartingHashKey("abc").build()))
                + expect(LimitExceededException.class,
                        "UpdateShardCount cannot scale up over double your current open shard count. "
                                + "Current open shard count: 4 Target shard count: 100",
                        () -> client.updateShardCount(UpdateShardCountRequest.builder().streamName(stream)
                                .targetShardCount(100).scalingType(ScalingType.UNIFORM_SCALING).build()));
    }
}
