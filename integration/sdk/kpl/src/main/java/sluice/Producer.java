package sluice;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import software.amazon.kinesis.producer.Attempt;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordFailedException;
import software.amazon.kinesis.producer.UserRecordResult;

/**
 * Writes numbered user records with the Kinesis Producer Library, which aggregates them, and prints a line for each:
 * "ok NUMBER SHARD SEQUENCE ATTEMPTS" or "failed NUMBER WHY". The test reshards the stream meanwhile, and ends the
 * standard input when it is done, for which the last quarter of the records waits.
 */
public final class Producer {
  private static final int PER_TICK = 50; // records every ten milliseconds
  private static final int TICK_MILLIS = 10;
  private static final int OUTSTANDING = 5000; // as the library's documentation advises, a bound of one's own
  private static final int LINES_PER_FLUSH = 200;
  private static final BigInteger STEP = BigInteger.ONE.shiftLeft(128).divide(BigInteger.valueOf(1009));

  private final String stream = System.getenv("SLUICE_STREAM");
  private final int records = Integer.parseInt(System.getenv("SLUICE_RECORDS"));
  private final Semaphore outstanding = new Semaphore(OUTSTANDING);
  private final StringBuilder lines = new StringBuilder(); // guarded by this
  private int told;

  /**
   * Everything stays at its default, but where the services are, whom to trust, and that nobody collects metrics. It
   * verifies the certificate, and the credentials come from where the SDK finds them.
   */
  private static KinesisProducerConfiguration configuration() {
    URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL_KINESIS"));
    return new KinesisProducerConfiguration()
        .setRegion(System.getenv("AWS_REGION"))
        .setKinesisEndpoint(endpoint.getHost())
        .setKinesisPort(endpoint.getPort())
        .setStsEndpoint(endpoint.getHost())
        .setStsPort(endpoint.getPort())
        .setCaCertFile(System.getenv("SLUICE_CA"))
        .setMetricsLevel("none")
        .setTempDirectory(System.getenv("SLUICE_KPL_FOLDER"));
  }

  public static void main(String[] args) throws Exception {
    URI jar = KinesisProducer.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    System.out.println("version " + Path.of(jar).getFileName().toString().replaceAll("[^0-9]*-([0-9.]+)\\.jar", "$1"));
    KinesisProducer producer = new KinesisProducer(configuration());
    Producer program = new Producer();
    program.write(producer);
    producer.flushSync();
    program.outstanding.acquire(OUTSTANDING);
    program.tell("", true);
    producer.destroy();
  }

  private void write(KinesisProducer producer) throws InterruptedException, IOException {
    for (int i = 0; i < records; i++) {
      if (i == records / 4 * 3) {
        System.in.readAllBytes();
      }
      outstanding.acquire();
      String key = "user-" + i * 7919L % 4001;
      // Every fifth says itself where it wants to go.
      String hash = i % 5 == 0 ? STEP.multiply(BigInteger.valueOf(i % 1009)).toString() : null;
      ByteBuffer data = ByteBuffer.wrap((i + " of the user records").getBytes(StandardCharsets.UTF_8));
      Futures.addCallback(
          producer.addUserRecord(stream, key, hash, data), new Answer(i), MoreExecutors.directExecutor());
      if (i % PER_TICK == PER_TICK - 1) {
        Thread.sleep(TICK_MILLIS);
      }
    }
  }

  private synchronized void tell(String line, boolean flush) {
    lines.append(line);
    told++;
    if (flush || told % LINES_PER_FLUSH == 0) {
      System.out.print(lines);
      System.out.flush();
      lines.setLength(0);
    }
  }

  /** What became of one user record. */
  private final class Answer implements FutureCallback<UserRecordResult> {
    private final int number;

    Answer(int number) {
      this.number = number;
    }

    @Override
    public void onSuccess(UserRecordResult result) {
      end(
          String.format(
              "ok %d %s %s %d%n",
              number, result.getShardId(), result.getSequenceNumber(), result.getAttempts().size()));
    }

    @Override
    public void onFailure(Throwable why) {
      String text = why.toString();
      if (why instanceof UserRecordFailedException failed) {
        text =
            failed.getResult().getAttempts().stream()
                .map(Attempt::getErrorMessage)
                .collect(Collectors.joining("; "));
      }
      end(String.format("failed %d %s%n", number, text.replace('\n', ' ')));
    }

    private void end(String line) {
      tell(line, false);
      outstanding.release();
    }
  }
}
