package sluice;

import com.amazonaws.auth.DefaultAWSCredentialsProviderChain;
import com.amazonaws.services.kinesis.clientlibrary.exceptions.InvalidStateException;
import com.amazonaws.services.kinesis.clientlibrary.exceptions.ShutdownException;
import com.amazonaws.services.kinesis.clientlibrary.interfaces.IRecordProcessorCheckpointer;
import com.amazonaws.services.kinesis.clientlibrary.interfaces.v2.IRecordProcessor;
import com.amazonaws.services.kinesis.clientlibrary.interfaces.v2.IShutdownNotificationAware;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.InitialPositionInStream;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.KinesisClientLibConfiguration;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.ShutdownReason;
import com.amazonaws.services.kinesis.clientlibrary.lib.worker.Worker;
import com.amazonaws.services.kinesis.clientlibrary.types.InitializationInput;
import com.amazonaws.services.kinesis.clientlibrary.types.ProcessRecordsInput;
import com.amazonaws.services.kinesis.clientlibrary.types.ShutdownInput;
import com.amazonaws.services.kinesis.metrics.interfaces.MetricsLevel;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * One worker of an application of the Kinesis client library, version 1. It knows no AWS_ENDPOINT_URL, so that its
 * endpoints are set; its metrics have no such setting and are off. What it says is what the newer one says.
 */
public final class Consumer {
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

    private Consumer() {}

    /** Takes the stream, the application and the worker. */
    public static void main(String[] args) throws Exception {
        String endpoint = System.getenv("AWS_ENDPOINT_URL");
        KinesisClientLibConfiguration configuration =
                new KinesisClientLibConfiguration(args[1], args[0], new DefaultAWSCredentialsProviderChain(), args[2])
                        .withKinesisEndpoint(endpoint)
                        .withDynamoDBEndpoint(endpoint)
                        .withRegionName(System.getenv("AWS_REGION"))
                        .withMetricsLevel(MetricsLevel.NONE)
                        .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON);
        Worker worker = new Worker.Builder().recordProcessorFactory(Processor::new).config(configuration).build();
        Thread thread = new Thread(worker);
        thread.start();
        while (System.in.read() >= 0) {}
        worker.startGracefulShutdown().get(30, TimeUnit.SECONDS);
        say("stopped");
        System.exit(0);
    }

    static synchronized void say(String line) {
        OUT.println(line);
        OUT.flush();
    }

    /** Says which records came; a checkpoint follows each call. */
    private static final class Processor implements IRecordProcessor, IShutdownNotificationAware {
        private String shard;

        @Override
        public void initialize(InitializationInput input) {
            shard = input.getShardId();
            say("start " + shard + " " + input.getExtendedSequenceNumber().getSequenceNumber());
        }

        @Override
        public void processRecords(ProcessRecordsInput input) {
            if (input.getRecords().isEmpty()) {
                return;
            }
            say("records " + shard + " " + input.getRecords().stream()
                    .map(record -> StandardCharsets.UTF_8.decode(record.getData()).toString())
                    .collect(Collectors.joining(",")));
            try {
                input.getCheckpointer().checkpoint();
            } catch (ShutdownException | InvalidStateException e) {
                say("late " + shard + " " + e);
            }
        }

        @Override
        public void shutdown(ShutdownInput input) {
            if (input.getShutdownReason() == ShutdownReason.TERMINATE) {
                finish("end", input.getCheckpointer());
                return;
            }
            say("lost " + shard);
        }

        @Override
        public void shutdownRequested(IRecordProcessorCheckpointer checkpointer) {
            finish("leave", checkpointer);
        }

        private void finish(String what, IRecordProcessorCheckpointer checkpointer) {
            try {
                checkpointer.checkpoint();
                say(what + " " + shard);
            } catch (ShutdownException | InvalidStateException e) {
                say("late " + shard + " " + e);
            }
        }
    }
}
