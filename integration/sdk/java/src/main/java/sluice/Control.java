package sluice;

import static sluice.Payload.check;

import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.kinesis.model.AddTagsToStreamRequest;
import software.amazon.awssdk.services.kinesis.model.ConsumerStatus;
import software.amazon.awssdk.services.kinesis.model.DeleteResourcePolicyRequest;
import software.amazon.awssdk.services.kinesis.model.DeregisterStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.EncryptionType;
import software.amazon.awssdk.services.kinesis.model.GetResourcePolicyRequest;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.ListStreamConsumersRequest;
import software.amazon.awssdk.services.kinesis.model.ListTagsForResourceRequest;
import software.amazon.awssdk.services.kinesis.model.ListTagsForStreamRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordRequest;
import software.amazon.awssdk.services.kinesis.model.PutResourcePolicyRequest;
import software.amazon.awssdk.services.kinesis.model.RegisterStreamConsumerRequest;
import software.amazon.awssdk.services.kinesis.model.RemoveTagsFromStreamRequest;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartStreamEncryptionRequest;
import software.amazon.awssdk.services.kinesis.model.StopStreamEncryptionRequest;
import software.amazon.awssdk.services.kinesis.model.Tag;
import software.amazon.awssdk.services.kinesis.model.TagResourceRequest;
import software.amazon.awssdk.services.kinesis.model.UntagResourceRequest;

/** Steps 5 and 6: consumers, tags, policies, encryption. */
final class Control {
    private final Steps steps;
    private final Resharding resharding;
    private String consumer;

    Control(Steps steps, Resharding resharding) {
        this.steps = steps;
        this.resharding = resharding;
    }

    int consumer() throws InterruptedException {
        consumer = steps.client.registerStreamConsumer(RegisterStreamConsumerRequest.builder()
                .streamARN(steps.arn).consumerName("fan").build()).consumer().consumerARN();
        var describe = DescribeStreamConsumerRequest.builder().consumerARN(consumer).build();
        long deadline = System.nanoTime() + 300_000_000_000L;
        while (steps.client.describeStreamConsumer(describe).consumerDescription().consumerStatus()
                != ConsumerStatus.ACTIVE) {
            check(System.nanoTime() < deadline, "the consumer does not become ACTIVE");
            Thread.sleep(20);
        }
        var list = ListStreamConsumersRequest.builder().streamARN(steps.arn).build();
        return steps.client.listStreamConsumers(list).consumers().size();
    }

    int subscribe(Subscription subscription) throws InterruptedException {
        var shard = resharding.openShard;
        var records = subscription.read(consumer, shard.shardId(), 10, () -> {
            for (int i = 0; i < 10; i++) {
                steps.client.putRecord(PutRecordRequest.builder().streamName(steps.stream).data(Payload.of(i))
                        .partitionKey("fan").explicitHashKey(shard.hashKeyRange().startingHashKey()).build());
            }
        });
        for (int i = 0; i < records.size(); i++) {
            Payload.same(records.get(i).data(), i);
        }
        return records.size();
    }

    int tags() {
        if (consumer != null) {
            steps.client.deregisterStreamConsumer(
                    DeregisterStreamConsumerRequest.builder().consumerARN(consumer).build());
        }
        Map<String, String> tags = Map.of("team", "blue", "größe", "10 km/h");
        steps.client.addTagsToStream(AddTagsToStreamRequest.builder().streamName(steps.stream).tags(tags).build());
        var list = ListTagsForStreamRequest.builder().streamName(steps.stream).build();
        var found = steps.client.listTagsForStream(list).tags().stream()
                .collect(Collectors.toMap(Tag::key, Tag::value));
        check(found.equals(tags), "the stream has other tags");
        steps.client.tagResource(TagResourceRequest.builder().resourceARN(steps.arn).tags(Map.of("third", "")).build());
        var all = steps.client.listTagsForResource(
                ListTagsForResourceRequest.builder().resourceARN(steps.arn).build()).tags();
        steps.client.untagResource(
                UntagResourceRequest.builder().resourceARN(steps.arn).tagKeys("third").build());
        steps.client.removeTagsFromStream(
                RemoveTagsFromStreamRequest.builder().streamName(steps.stream).tagKeys(tags.keySet()).build());
        check(steps.client.listTagsForStream(list).tags().isEmpty(), "tags are left");
        return all.size();
    }

    int policy() {
        String text = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"read\",\"Effect\":\"Allow\","
                + "\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":[\"kinesis:GetRecords\"],"
                + "\"Resource\":\"" + steps.arn + "\"}]}";
        var get = GetResourcePolicyRequest.builder().resourceARN(steps.arn).build();
        steps.client.putResourcePolicy(
                PutResourcePolicyRequest.builder().resourceARN(steps.arn).policy(text).build());
        check(steps.client.getResourcePolicy(get).policy().equals(text), "the policy came back changed");
        steps.client.deleteResourcePolicy(DeleteResourcePolicyRequest.builder().resourceARN(steps.arn).build());
        check(steps.client.getResourcePolicy(get).policy().equals("{}"), "a policy is left");
        return 1;
    }

    int encryption() throws InterruptedException {
        steps.client.startStreamEncryption(StartStreamEncryptionRequest.builder().streamName(steps.stream)
                .encryptionType(EncryptionType.KMS).keyId("alias/aws/kinesis").build());
        check(resharding.waitActive().encryptionType() == EncryptionType.KMS, "the stream is not encrypted");
        var put = steps.client.putRecord(PutRecordRequest.builder().streamName(steps.stream).data(Payload.of(9))
                .partitionKey("key-0").build());
        check(put.encryptionType() == EncryptionType.KMS, "the put does not tell of encryption");
        var records = steps.read(steps.iterator(GetShardIteratorRequest.builder().shardId(put.shardId())
                .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                .startingSequenceNumber(put.sequenceNumber())));
        check(records.get(0).encryptionType() == EncryptionType.KMS, "the record does not tell of encryption");
        Payload.same(records.get(0).data(), 9);
        steps.client.stopStreamEncryption(StopStreamEncryptionRequest.builder().streamName(steps.stream)
                .encryptionType(EncryptionType.KMS).keyId("alias/aws/kinesis").build());
        check(resharding.waitActive().encryptionType() == EncryptionType.NONE, "the stream is still encrypted");
        return records.size();
    }
}
