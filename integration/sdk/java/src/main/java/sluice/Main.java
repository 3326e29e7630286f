package sluice;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamRequest;

/**
 * Runs the numbered steps of docs/clients.md with the Java SDK, everything but endpoint, region, keys and trust at its
 * default. The first argument says which of its two clients: "java-sync" or "java-async".
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        boolean fine = arguments[0].equals("java-sync") ? sync() : async();
        System.exit(fine ? 0 : 1);
    }

    private static boolean sync() {
        KinesisClient client = KinesisClient.create();
        var waiter = client.waiter();
        var steps = new Steps(client, new Report("java-sync", VersionInfo.SDK_VERSION),
                request -> waiter.waitUntilStreamExists(request),
                request -> waiter.waitUntilStreamNotExists(request));
        return steps.run(null, Map.of("5.2", "the blocking client has no SubscribeToShard"));
    }

    private static boolean async() {
        KinesisAsyncClient client = KinesisAsyncClient.create();
        var waiter = client.waiter();
        var steps = new Steps(blocking(client), new Report("java-async", VersionInfo.SDK_VERSION),
                (DescribeStreamRequest request) -> waiter.waitUntilStreamExists(request).join(),
                (DescribeStreamRequest request) -> waiter.waitUntilStreamNotExists(request).join());
        return steps.run(new Subscription(client), Map.of());
    }

    /** The asynchronous client behind the blocking client's methods: each call waits for its future. */
    private static KinesisClient blocking(KinesisAsyncClient client) {
        return (KinesisClient) Proxy.newProxyInstance(Main.class.getClassLoader(),
                new Class<?>[] {KinesisClient.class}, (proxy, method, input) -> call(client, method, input));
    }

    private static Object call(KinesisAsyncClient client, Method method, Object[] input) throws Throwable {
        Method same = KinesisAsyncClient.class.getMethod(method.getName(), method.getParameterTypes());
        try {
            return ((CompletableFuture<?>) same.invoke(client, input)).join();
        } catch (InvocationTargetException | CompletionException wrapped) {
            throw wrapped.getCause();
        }
    }
}
