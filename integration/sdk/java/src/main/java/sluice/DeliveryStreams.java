package sluice;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.firehose.FirehoseAsyncClient;
import software.amazon.awssdk.services.firehose.FirehoseClient;
import software.amazon.awssdk.services.firehose.model.DeliveryStreamStatus;
import software.amazon.awssdk.services.firehose.model.PutRecordBatchResponse;
import software.amazon.awssdk.services.firehose.model.Record;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Uses a delivery stream with the Java SDK, everything but endpoint, region, keys, path style and trust at its default.
 */
public final class DeliveryStreams {
    private static final String NAME = System.getenv("SLUICE_STREAM");

    private DeliveryStreams() {}

    public static void main(String[] arguments) throws Exception {
        S3Client s3 = S3Client.builder().forcePathStyle(true).build();
        FirehoseClient hose = FirehoseClient.create();
        s3.createBucket(r -> r.bucket(NAME));
        hose.createDeliveryStream(r -> r.deliveryStreamName(NAME).extendedS3DestinationConfiguration(
                d -> d.roleARN("arn:aws:iam::000000000000:role/r").bucketARN("arn:aws:s3:::" + NAME).prefix("raw/")));
        while (hose.describeDeliveryStream(r -> r.deliveryStreamName(NAME)).deliveryStreamDescription().deliveryStreamStatus()
                != DeliveryStreamStatus.ACTIVE) {
            Thread.sleep(50);
        }
        hose.putRecord(r -> r.deliveryStreamName(NAME).record(record("a")));
        List<Record> records = new ArrayList<>();
        for (int n = 0; n < 500; n++) {
            records.add(record("b"));
        }
        PutRecordBatchResponse batch = arguments[0].equals("java-sync")
                ? hose.putRecordBatch(r -> r.deliveryStreamName(NAME).records(records))
                : FirehoseAsyncClient.create().putRecordBatch(r -> r.deliveryStreamName(NAME).records(records)).get();
        check(batch.failedPutCount() == 0 && batch.requestResponses().size() == 500, batch);
        HttpRequest flush = HttpRequest.newBuilder(URI.create(System.getenv("AWS_ENDPOINT_URL") + "/_sluice/firehose/" + NAME + "/flush"))
                .POST(HttpRequest.BodyPublishers.noBody()).build();
        HttpClient.newHttpClient().send(flush, HttpResponse.BodyHandlers.ofString());
        List<S3Object> found = s3.listObjectsV2(r -> r.bucket(NAME).prefix("raw/")).contents();
        check(found.size() == 1, found);
        String body = s3.getObjectAsBytes(r -> r.bucket(NAME).key(found.get(0).key())).asUtf8String();
        check(body.equals("a" + "b".repeat(500)), body);
        hose.deleteDeliveryStream(r -> r.deliveryStreamName(NAME));
        System.exit(0);
    }

    private static Record record(String text) {
        return Record.builder().data(SdkBytes.fromUtf8String(text)).build();
    }

    private static void check(boolean right, Object what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }
}
