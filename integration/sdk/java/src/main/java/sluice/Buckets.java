package sluice;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Uses buckets with the Java SDK, everything but endpoint, region, keys, path style and trust at its default. Over plain
 * http its bodies go in signed chunks with a trailer.
 */
public final class Buckets {
    private static final String BUCKET = System.getenv("SLUICE_BUCKET");

    private Buckets() {}

    public static void main(String[] arguments) throws Exception {
        byte[] body = new byte[6 << 20];
        new Random(1).nextBytes(body);
        if (arguments[0].equals("java-sync")) {
            sync(body);
        } else {
            async(body);
        }
        System.out.println("all well");
        System.exit(0);
    }

    private static void sync(byte[] body) {
        S3Client s3 = S3Client.builder().forcePathStyle(true).build();
        s3.createBucket(r -> r.bucket(BUCKET));
        String key = "a b/ü+&=%";
        var put = s3.putObject(r -> r.bucket(BUCKET).key(key).metadata(Map.of("colour", "blue")), RequestBody.fromBytes(body));
        check(put.checksumCRC32() != null, "no checksum");
        ResponseBytes<GetObjectResponse> got = s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key));
        check(Arrays.equals(body, got.asByteArray()) && got.response().metadata().equals(Map.of("colour", "blue")), "another object");
        String id = s3.createMultipartUpload(r -> r.bucket(BUCKET).key("parts")).uploadId();
        List<CompletedPart> parts = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int number = i + 1;
            byte[] part = i == 0 ? Arrays.copyOfRange(body, 0, 5 << 20) : Arrays.copyOfRange(body, 5 << 20, body.length);
            var sent = s3.uploadPart(r -> r.bucket(BUCKET).key("parts").uploadId(id).partNumber(number), RequestBody.fromBytes(part));
            parts.add(CompletedPart.builder().partNumber(number).eTag(sent.eTag()).checksumCRC32(sent.checksumCRC32()).build());
        }
        s3.completeMultipartUpload(r -> r.bucket(BUCKET).key("parts").uploadId(id).multipartUpload(m -> m.parts(parts)));
        check(Arrays.equals(body, s3.getObjectAsBytes(r -> r.bucket(BUCKET).key("parts")).asByteArray()), "other parts");
        List<String> keys = s3.listObjectsV2Paginator(r -> r.bucket(BUCKET).maxKeys(1)).contents().stream().map(S3Object::key).toList();
        check(keys.equals(List.of(key, "parts")), keys.toString());
        keys.forEach(k -> s3.deleteObject(r -> r.bucket(BUCKET).key(k)));
        try {
            s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key));
            check(false, "it is still there");
        } catch (NoSuchKeyException expected) {
            s3.deleteBucket(r -> r.bucket(BUCKET));
        }
    }

    private static void async(byte[] body) throws InterruptedException, ExecutionException {
        S3AsyncClient s3 = S3AsyncClient.builder().forcePathStyle(true).build();
        s3.createBucket(r -> r.bucket(BUCKET)).get();
        s3.putObject(r -> r.bucket(BUCKET).key("key"), AsyncRequestBody.fromBytes(body)).get();
        var got = s3.getObject(r -> r.bucket(BUCKET).key("key"), AsyncResponseTransformer.toBytes()).get();
        check(Arrays.equals(body, got.asByteArray()), "another object");
        s3.deleteObject(r -> r.bucket(BUCKET).key("key")).get();
        s3.deleteBucket(r -> r.bucket(BUCKET)).get();
    }

    private static void check(boolean fine, String problem) {
        if (!fine) {
            throw new IllegalStateException(problem);
        }
    }
}
