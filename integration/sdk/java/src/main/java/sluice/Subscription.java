package sluice;

import static sluice.Payload.check;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.reactivestreams.Subscriber;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** One enhanced fan-out subscription of the asynchronous client. */
final class Subscription {
    private final KinesisAsyncClient client;

    Subscription(KinesisAsyncClient client) {
        this.client = client;
    }

    /** Subscribes at LATEST, calls `put` when the subscription stands, and gives the first `wanted` records. */
    List<Record> read(String consumer, String shard, int wanted, Runnable put) throws InterruptedException {
        var records = new CopyOnWriteArrayList<Record>();
        var standing = new CountDownLatch(1);
        var complete = new CountDownLatch(wanted);
        var failure = new AtomicReference<Throwable>();
        var handler = SubscribeToShardResponseHandler.builder()
                .onResponse(response -> standing.countDown())
                .onError(failure::set)
                .subscriber(() -> new Events(records, complete, wanted))
                .build();
        var request = SubscribeToShardRequest.builder().consumerARN(consumer).shardId(shard)
                .startingPosition(position -> position.type(ShardIteratorType.LATEST)).build();
        var subscription = client.subscribeToShard(request, handler);
        check(standing.await(300, TimeUnit.SECONDS), "the subscription was not answered: " + failure.get());
        idle();
        put.run();
        check(complete.await(300, TimeUnit.SECONDS), records.size() + " records came: " + failure.get());
        subscription.cancel(true);
        return records;
    }

    /** Leaves the subscription without records for as long as a test asks, longer than the client's own timeouts. */
    private static void idle() throws InterruptedException {
        String seconds = System.getenv("SLUICE_IDLE_SECONDS");
        if (seconds != null) {
            Thread.sleep(1000 * Long.parseLong(seconds));
        }
    }

    /** Collects the records of the events and ends the subscription when it has enough. */
    private record Events(List<Record> records, CountDownLatch complete, int wanted)
            implements Subscriber<SubscribeToShardEventStream> {
        @Override
        public void onSubscribe(org.reactivestreams.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(SubscribeToShardEventStream event) {
            var data = (SubscribeToShardEvent) event;
            check(!data.continuationSequenceNumber().isEmpty(), "an event without continuation");
            records.addAll(data.records());
            data.records().forEach(record -> complete.countDown());
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onComplete() {}
    }
}
