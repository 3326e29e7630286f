package sluice;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import software.amazon.awssdk.services.glue.GlueAsyncClient;
import software.amazon.awssdk.services.glue.GlueClient;
import software.amazon.awssdk.services.glue.model.AlreadyExistsException;
import software.amazon.awssdk.services.glue.model.Column;
import software.amazon.awssdk.services.glue.model.ConcurrentModificationException;
import software.amazon.awssdk.services.glue.model.EntityNotFoundException;
import software.amazon.awssdk.services.glue.model.Partition;
import software.amazon.awssdk.services.glue.model.PartitionInput;
import software.amazon.awssdk.services.glue.model.Table;
import software.amazon.awssdk.services.glue.model.TableInput;

/** Uses the Data Catalog with the Java SDK, everything but endpoint, region, keys and trust at its default. */
public final class Catalogs {
    private static final String DATABASE = System.getenv("SLUICE_DATABASE");

    private Catalogs() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("java-sync")) {
            sync(GlueClient.create());
        } else {
            async(GlueAsyncClient.create());
        }
        System.out.println("all well");
        System.exit(0);
    }

    private static TableInput table(String description) {
        return TableInput.builder().name("Events").description(description)
                .partitionKeys(Column.builder().name("year").type("int").build())
                .storageDescriptor(s -> s.location("s3://lake/events/").columns(Column.builder().name("id").type("bigint").build())
                        .serdeInfo(x -> x.serializationLibrary("org.openx.data.jsonserde.JsonSerDe").parameters(Map.of("paths", "id"))))
                .build();
    }

    private static List<PartitionInput> years() {
        List<PartitionInput> list = new ArrayList<>();
        for (int year = 1950; year < 2050; year++) {
            list.add(PartitionInput.builder().values(String.valueOf(year)).build());
        }
        return list;
    }

    private static void sync(GlueClient glue) {
        glue.createDatabase(r -> r.databaseInput(d -> d.name(DATABASE)).tags(Map.of("team", "blue")));
        glue.createTable(r -> r.databaseName(DATABASE).tableInput(table("first")));
        fails(AlreadyExistsException.class, () -> glue.createTable(r -> r.databaseName(DATABASE).tableInput(table("first"))));
        glue.updateTable(r -> r.databaseName(DATABASE).versionId("0").tableInput(table("second")));
        fails(ConcurrentModificationException.class, () -> glue.updateTable(r -> r.databaseName(DATABASE).versionId("0").tableInput(table("third"))));
        Table got = glue.getTable(r -> r.databaseName(DATABASE).name("EVENTS")).table();
        check(got.versionId().equals("1") && got.description().equals("second") && got.createTime() != null, got);
        check(glue.getTableVersions(r -> r.databaseName(DATABASE).tableName("events")).tableVersions().size() == 2, "versions");
        check(glue.batchCreatePartition(r -> r.databaseName(DATABASE).tableName("events").partitionInputList(years())).errors().isEmpty(), "errors");
        int found = 0;
        for (var page : glue.getPartitionsPaginator(r -> r.databaseName(DATABASE).tableName("events").expression("year >= 2000").maxResults(7))) {
            for (Partition p : page.partitions()) {
                check(Integer.parseInt(p.values().get(0)) == 2000 + found, p);
                found++;
            }
        }
        check(found == 50, found);
        fails(EntityNotFoundException.class, () -> glue.getTable(r -> r.databaseName(DATABASE).name("none")));
        glue.deleteDatabase(r -> r.name(DATABASE));
    }

    private static void async(GlueAsyncClient glue) throws Exception {
        glue.createDatabase(r -> r.databaseInput(d -> d.name(DATABASE))).get();
        glue.createTable(r -> r.databaseName(DATABASE).tableInput(table("first"))).get();
        glue.batchCreatePartition(r -> r.databaseName(DATABASE).tableName("events").partitionInputList(years())).get();
        List<String> found = new ArrayList<>();
        glue.getPartitionsPaginator(r -> r.databaseName(DATABASE).tableName("events").maxResults(9)).subscribe(
                page -> page.partitions().forEach(p -> found.add(p.values().get(0)))).get();
        check(found.size() == 100, found);
        try {
            glue.getDatabase(r -> r.name("none-" + DATABASE)).get();
            throw new AssertionError("there is no such database");
        } catch (ExecutionException e) {
            check(e.getCause() instanceof EntityNotFoundException, e.getCause());
        }
        glue.deleteDatabase(r -> r.name(DATABASE)).get();
    }

    private static void fails(Class<? extends Exception> kind, Runnable call) {
        try {
            call.run();
        } catch (Exception e) {
            check(kind.isInstance(e), e);
            return;
        }
        throw new AssertionError("no " + kind);
    }

    private static void check(boolean right, Object what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }
}
