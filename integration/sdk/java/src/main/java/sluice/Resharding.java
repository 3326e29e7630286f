package sluice;

import static sluice.Payload.check;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.MergeShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ScalingType;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.SplitShardRequest;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.services.kinesis.model.UpdateShardCountRequest;

/** Step 4: splits, merges and scales the stream while a reader follows it. */
final class Resharding {
    private static final int BATCH = 20;
    private static final int BATCHES = 8;

    private final Steps steps;
    private int written;
    Shard openShard;

    Resharding(Steps steps) {
        this.steps = steps;
    }

    int run() throws Exception {
        var reader = new Lineage(steps.client, steps.stream, "reshard-");
        var reading = CompletableFuture.runAsync(() -> {
            try {
                reader.run(BATCH * BATCHES, "shardId-000000000000", "shardId-000000000001");
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
        writeWhileResharding();
        reading.get();
        check(reader.finished.size() == 5 && reader.active.size() == 4, "the reader did not follow the lineage");
        List<Shard> shards = steps.client.listShards(ListShardsRequest.builder().streamName(steps.stream).build())
                .shards();
        List<Shard> open = shards.stream().filter(s -> s.sequenceNumberRange().endingSequenceNumber() == null).toList();
        check(shards.size() == 9 && open.size() == 4, shards.size() + " shards, " + open.size() + " open");
        openShard = open.get(0);
        return reader.seen.size();
    }

    private void write() {
        steps.putBatch(written, written + BATCH, i -> "reshard-" + i % 8);
        written += BATCH;
    }

    private void writeWhileResharding() throws InterruptedException {
        List<Runnable> changes = List.of(
                () -> steps.client.splitShard(SplitShardRequest.builder().streamName(steps.stream)
                        .shardToSplit("shardId-000000000000")
                        .newStartingHashKey("85070591730234615865843651857942052864").build()), // 2^126
                () -> steps.client.mergeShards(MergeShardsRequest.builder().streamName(steps.stream)
                        .shardToMerge("shardId-000000000002").adjacentShardToMerge("shardId-000000000003").build()),
                () -> steps.client.updateShardCount(UpdateShardCountRequest.builder().streamName(steps.stream)
                        .targetShardCount(4).scalingType(ScalingType.UNIFORM_SCALING).build()));
        for (Runnable change : changes) {
            write();
            change.run();
            write(); // while the stream is UPDATING
            waitActive();
        }
        write();
        write();
    }

    StreamDescriptionSummary waitActive() throws InterruptedException {
        long deadline = System.nanoTime() + 300_000_000_000L;
        while (System.nanoTime() < deadline) {
            var request = DescribeStreamSummaryRequest.builder().streamName(steps.stream).build();
            var summary = steps.client.describeStreamSummary(request).streamDescriptionSummary();
            if (summary.streamStatus() == StreamStatus.ACTIVE) {
                return summary;
            }
            Thread.sleep(20);
        }
        throw new IllegalStateException("the stream does not become ACTIVE");
    }
}
