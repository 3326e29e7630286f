package sluice;

/** Prints the rows of the report, one JSON object a line. */
final class Report {
    private final String client;
    private final String version;

    Report(String client, String version) {
        this.client = client;
        this.version = version;
    }

    void row(String step, String result, int count) {
        System.out.printf(
                "{\"client\":\"%s\",\"version\":\"%s\",\"transport\":\"%s\",\"step\":\"%s\",\"result\":\"%s\",\"count\":%d}%n",
                client, version, System.getenv("SLUICE_TRANSPORT"), step, escape(result), count);
        System.out.flush();
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", " ").replace("\t", " ");
    }
}
