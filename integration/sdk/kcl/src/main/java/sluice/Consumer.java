package sluice;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.RetrievalConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * One worker of an application of the Kinesis client library, with its default settings: the clients learn their
 * endpoint from AWS_ENDPOINT_URL and nothing else. It says on stdout what happens to it, one line each, and ends in an
 * orderly way when its stdin does.
 */
public final class Consumer {
    private static final PrintStream OUT = new PrintStream(
            new java.io.FileOutputStream(java.io.FileDescriptor.out), false, StandardCharsets.UTF_8);

    private Consumer() {}

    /** Takes the stream, the application, the worker, and "polling" or "fan-out". */
    public static void main(String[] args) throws Exception {
        String stream = args[0], application = args[1], worker = args[2];
        KinesisAsyncClient kinesis = KinesisClientUtil.createKinesisAsyncClient(KinesisAsyncClient.builder());
        ConfigsBuilder configs = new ConfigsBuilder(
                new SingleStreamTracker(stream, InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON)),
                application, kinesis, DynamoDbAsyncClient.create(), CloudWatchAsyncClient.create(), worker, Processor::new);
        RetrievalConfig retrieval = configs.retrievalConfig();
        if (args[3].equals("polling")) {
            retrieval = retrieval.retrievalSpecificConfig(new PollingConfig(stream, kinesis));
        }
        Scheduler scheduler = new Scheduler(configs.checkpointConfig(), configs.coordinatorConfig(), configs.leaseManagementConfig(),
                configs.lifecycleConfig(), configs.metricsConfig(), configs.processorConfig(), retrieval);
        Thread thread = new Thread(scheduler);
        thread.start();
        while (System.in.read() >= 0) {}
        try {
            scheduler.startGracefulShutdown().get(30, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            // Version 2 waits for shards that ended meanwhile, which have nothing to say any more.
            scheduler.shutdown();
        }
        say("stopped");
        System.exit(0);
    }

    static synchronized void say(String line) {
        OUT.println(line);
        OUT.flush();
    }

    /** Says which records came; a checkpoint follows each call. */
    private static final class Processor implements ShardRecordProcessor {
        private String shard;

        @Override
        public void initialize(InitializationInput input) {
            shard = input.shardId();
            say("start " + shard + " " + input.extendedSequenceNumber().sequenceNumber());
        }

        @Override
        public void processRecords(ProcessRecordsInput input) {
            if (input.records().isEmpty()) {
                return;
            }
            say("records " + shard + " " + input.records().stream().map(Processor::text).collect(Collectors.joining(",")));
            try {
                input.checkpointer().checkpoint();
            } catch (ShutdownException | InvalidStateException e) {
                say("late " + shard + " " + e);
            }
        }

        private static String text(KinesisClientRecord record) {
            byte[] data = new byte[record.data().remaining()];
            record.data().get(data);
            return new String(data, StandardCharsets.UTF_8);
        }

        @Override
        public void leaseLost(LeaseLostInput input) {
            say("lost " + shard);
        }

        @Override
        public void shardEnded(ShardEndedInput input) {
            finish("end", input.checkpointer());
        }

        @Override
        public void shutdownRequested(ShutdownRequestedInput input) {
            finish("leave", input.checkpointer());
        }

        private void finish(String what, RecordProcessorCheckpointer checkpointer) {
            try {
                checkpointer.checkpoint();
                say(what + " " + shard);
            } catch (ShutdownException | InvalidStateException e) {
                say("late " + shard + " " + e);
            }
        }
    }
}
