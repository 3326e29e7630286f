package sluice;

import static sluice.Payload.check;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Reads a stream from its first shards on and starts a child only when all its parents are read to their end. */
final class Lineage {
    private final KinesisClient client;
    private final String stream;
    private final String prefix;
    final Map<String, String> active = new HashMap<>(); // shard id -> next iterator
    final Set<String> finished = new HashSet<>();
    private final Map<String, List<String>> waiting = new HashMap<>(); // child shard id -> its parents
    final Set<Integer> seen = new HashSet<>();
    private final Map<String, Integer> lastOfKey = new HashMap<>();

    Lineage(KinesisClient client, String stream, String prefix) {
        this.client = client;
        this.stream = stream;
        this.prefix = prefix;
    }

    private void start(String shard) {
        var request = GetShardIteratorRequest.builder().streamName(stream).shardId(shard)
                .shardIteratorType(ShardIteratorType.TRIM_HORIZON).build();
        active.put(shard, client.getShardIterator(request).shardIterator());
    }

    private void take(Record record) {
        String key = record.partitionKey();
        if (!key.startsWith(prefix)) {
            return;
        }
        int index = Payload.indexOf(record.data());
        Payload.same(record.data(), index);
        check(seen.add(index), "record " + index + " came twice");
        Integer last = lastOfKey.put(key, index);
        check(last == null || last < index, "record " + index + " of " + key + " came out of order");
    }

    private void finish(String shard, List<ChildShard> children) {
        check(!children.isEmpty(), shard + " ended without children");
        active.remove(shard);
        finished.add(shard);
        children.forEach(child -> waiting.put(child.shardId(), child.parentShards()));
        for (var child : Map.copyOf(waiting).entrySet()) {
            if (!finished.containsAll(child.getValue())) {
                continue;
            }
            waiting.remove(child.getKey());
            if (!finished.contains(child.getKey()) && !active.containsKey(child.getKey())) {
                start(child.getKey());
            }
        }
    }

    /** Asks every active shard once; tells whether all of them were at their tip with nothing new. */
    private boolean round() {
        boolean quiet = true;
        for (var shard : Map.copyOf(active).entrySet()) {
            var request = GetRecordsRequest.builder().shardIterator(shard.getValue()).build();
            GetRecordsResponse answer = client.getRecords(request);
            answer.records().forEach(this::take);
            if (answer.nextShardIterator() != null) {
                active.put(shard.getKey(), answer.nextShardIterator());
                quiet &= answer.records().isEmpty() && answer.millisBehindLatest() == 0;
            } else {
                finish(shard.getKey(), answer.childShards());
                quiet = false;
            }
        }
        return quiet;
    }

    /** Reads until `wanted` records were seen and one more round finds nothing. */
    void run(int wanted, String... first) throws InterruptedException {
        for (String shard : first) {
            start(shard);
        }
        long deadline = System.nanoTime() + 300_000_000_000L;
        while (System.nanoTime() < deadline) {
            boolean quiet = round();
            if (quiet && seen.size() >= wanted) {
                return;
            }
            if (quiet) {
                Thread.sleep(20);
            }
        }
        throw new IllegalStateException(seen.size() + " of " + wanted + " records in time");
    }
}
