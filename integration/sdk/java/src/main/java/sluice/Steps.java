package sluice;

import static sluice.Payload.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.CreateStreamRequest;
import software.amazon.awssdk.services.kinesis.model.DeleteStreamRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** Steps 1 to 3 and 8, the data, and the order of all steps. */
final class Steps {
    static final int PUT_ONE = 5;
    static final int PUT_MANY = 100;
    static final int TAIL = 3;

    final KinesisClient client;
    final String stream = System.getenv("SLUICE_STREAM");
    private final Report report;
    private final Consumer<DescribeStreamRequest> untilExists;
    private final Consumer<DescribeStreamRequest> untilGone;

    /** Where a record went. */
    private record Put(String shard, String number) {}

    String arn;
    private final Map<Integer, Put> sent = new HashMap<>();
    private String home; // shard of record 0
    private List<Record> tailRecords;

    Steps(KinesisClient client, Report report, Consumer<DescribeStreamRequest> untilExists,
            Consumer<DescribeStreamRequest> untilGone) {
        this.client = client;
        this.report = report;
        this.untilExists = untilExists;
        this.untilGone = untilGone;
    }

    boolean run(Subscription subscription, Map<String, String> skips) {
        var reshard = new Resharding(this);
        var control = new Control(this, reshard);
        Map<String, Callable<Integer>> table = new LinkedHashMap<>();
        table.put("1", this::create);
        table.put("2", this::put);
        table.put("3.1", this::readTrimHorizon);
        table.put("3.2", this::readLatest);
        table.put("3.3", () -> readNumber(ShardIteratorType.AT_SEQUENCE_NUMBER, TAIL));
        table.put("3.4", () -> readNumber(ShardIteratorType.AFTER_SEQUENCE_NUMBER, TAIL - 1));
        table.put("3.5", this::readTimestamp);
        table.put("4", reshard::run);
        table.put("5.1", control::consumer);
        table.put("5.2", () -> control.subscribe(subscription));
        table.put("6.1", control::tags);
        table.put("6.2", control::policy);
        table.put("6.3", control::encryption);
        table.put("7", new Errors(this)::run);
        table.put("8", this::delete);
        boolean fine = true;
        for (var step : table.entrySet()) {
            if (skips.containsKey(step.getKey())) {
                report.row(step.getKey(), "skipped: " + skips.get(step.getKey()), 0);
                continue;
            }
            try {
                report.row(step.getKey(), "ok", step.getValue().call());
            } catch (Exception failure) {
                fine = false;
                report.row(step.getKey(), "failed: " + failure, 0);
            }
        }
        return fine;
    }

    private int create() {
        client.createStream(CreateStreamRequest.builder().streamName(stream).shardCount(2).build());
        var describe = DescribeStreamRequest.builder().streamName(stream).build();
        untilExists.accept(describe);
        var described = client.describeStream(describe).streamDescription();
        check(described.streamStatus() == StreamStatus.ACTIVE, "the stream is not ACTIVE after the waiter");
        arn = described.streamARN();
        return described.shards().size();
    }

    interface KeyOf {
        String key(int i);
    }

    void putBatch(int from, int to, KeyOf keys) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = from; i < to; i++) {
            entries.add(PutRecordsRequestEntry.builder().data(Payload.of(i)).partitionKey(keys.key(i)).build());
        }
        var answer = client.putRecords(PutRecordsRequest.builder().streamName(stream).records(entries).build());
        check(answer.failedRecordCount() == 0, "a record of a batch was refused");
        check(answer.records().size() == entries.size(), "the answer has another number of entries");
        for (int n = 0; n < entries.size(); n++) {
            var entry = answer.records().get(n);
            sent.put(from + n, new Put(entry.shardId(), entry.sequenceNumber()));
        }
    }

    private void putOne(int i, String key) {
        var answer = client.putRecord(PutRecordRequest.builder().streamName(stream).data(Payload.of(i))
                .partitionKey(key).build());
        sent.put(i, new Put(answer.shardId(), answer.sequenceNumber()));
    }

    private int put() {
        for (int i = 0; i < PUT_ONE; i++) {
            putOne(i, "key-" + i);
        }
        putBatch(PUT_ONE, PUT_ONE + PUT_MANY, i -> "key-" + i);
        return sent.size();
    }

    String iterator(GetShardIteratorRequest.Builder request) {
        return client.getShardIterator(request.streamName(stream).build()).shardIterator();
    }

    /** All records from the iterator to the tip of its shard. */
    List<Record> read(String iterator) {
        List<Record> records = new ArrayList<>();
        while (iterator != null) {
            var answer = client.getRecords(GetRecordsRequest.builder().shardIterator(iterator).build());
            records.addAll(answer.records());
            if (answer.records().isEmpty() && answer.millisBehindLatest() == 0) {
                break;
            }
            iterator = answer.nextShardIterator();
        }
        return records;
    }

    private int readTrimHorizon() {
        Map<Put, Record> got = new HashMap<>();
        for (String shard : List.of("shardId-000000000000", "shardId-000000000001")) {
            var request = GetShardIteratorRequest.builder().shardId(shard)
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON);
            read(iterator(request)).forEach(r -> got.put(new Put(shard, r.sequenceNumber()), r));
        }
        sent.forEach((i, where) -> {
            check(got.containsKey(where), "record " + i + " did not come");
            Payload.same(got.get(where).data(), i);
            check(got.get(where).partitionKey().equals("key-" + i), "record " + i + " came with another key");
        });
        return got.size();
    }

    /** Reads and checks that exactly the records from number `first` to the last one come. */
    private List<Record> tail(String iterator, int first) {
        List<Record> records = read(iterator);
        check(records.size() == PUT_ONE + PUT_MANY + TAIL - first, records.size() + " records");
        for (int n = 0; n < records.size(); n++) {
            Payload.same(records.get(n).data(), first + n);
        }
        return records;
    }

    private int readLatest() throws InterruptedException {
        Thread.sleep(1100); // as in every program: the tail stands apart by more than a whole second
        home = sent.get(0).shard();
        String latest = iterator(GetShardIteratorRequest.builder().shardId(home)
                .shardIteratorType(ShardIteratorType.LATEST));
        for (int i = PUT_ONE + PUT_MANY; i < PUT_ONE + PUT_MANY + TAIL; i++) {
            putOne(i, "key-0");
        }
        tailRecords = tail(latest, PUT_ONE + PUT_MANY);
        return tailRecords.size();
    }

    private int readNumber(ShardIteratorType type, int wanted) {
        var request = GetShardIteratorRequest.builder().shardId(home).shardIteratorType(type)
                .startingSequenceNumber(sent.get(PUT_ONE + PUT_MANY).number());
        return tail(iterator(request), PUT_ONE + PUT_MANY + TAIL - wanted).size();
    }

    private int readTimestamp() {
        var request = GetShardIteratorRequest.builder().shardId(home).shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                .timestamp(tailRecords.get(0).approximateArrivalTimestamp());
        return tail(iterator(request), PUT_ONE + PUT_MANY).size();
    }

    private int delete() {
        client.deleteStream(DeleteStreamRequest.builder().streamName(stream).enforceConsumerDeletion(true).build());
        untilGone.accept(DescribeStreamRequest.builder().streamName(stream).build());
        return 1;
    }
}
