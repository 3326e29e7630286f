// Writes java.txt: java Write.java > java.txt
import java.time.*;
import java.time.format.*;
import java.util.*;

public class Write {
    public static void main(String[] args) {
        List<String> patterns = new ArrayList<>();
        for (char letter : "GuyYDMLdQqwWEecFahKkHmsSAnNVzOXxZpCIJPRTUbfijlort".toCharArray())
            for (int n = 1; n <= 6; n++)
                patterns.add(String.valueOf(letter).repeat(n));
        patterns.addAll(List.of("yyyy/MM/dd/HH/", "'year='yyyy'/month='MM", "''yyyy''", "'it''s' H", "yyyy-MM-dd'T'HH:mm:ssXXX",
            "yyyy[-MM[-dd]]", "yyyy]", "[yyyy", "{yyyy", "yyyy#", "yyyy}", "'open", "ppH", "pppd", "p", "pp-", "pMMMM", "EEEE, d MMMM uuuu", "DDD", "SSSSSSSSS", "SSSSSSSSSS",
            "h:mm a", "YYYY-'W'ww-e", "yyyyMMddHHmmssSSS", "%$_.~é", "QQQQ yy", "VV", "ww W F", "B", "g", "v"));
        String[] times = {"2026-01-05T10:11:12.345678901Z", "2025-12-28T00:00:00Z", "2027-01-01T23:59:59.999Z", "2024-12-31T12:00:00Z", "2023-01-01T03:04:05Z", "2026-07-04T15:30:00.1Z"};
        String[] zones = {"UTC", "Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata"};
        for (String pattern : patterns) {
            DateTimeFormatter f;
            try {
                f = DateTimeFormatter.ofPattern(pattern, Locale.US);
            } catch (IllegalArgumentException e) {
                System.out.println(pattern + "\t\t\t!" + e.getMessage());
                continue;
            }
            for (String zone : zones)
                for (String time : times) {
                    String out;
                    try {
                        out = f.format(Instant.parse(time).atZone(ZoneId.of(zone)));
                    } catch (DateTimeException e) {
                        out = "!" + e.getMessage();
                    }
                    System.out.println(pattern + "\t" + zone + "\t" + time + "\t" + out);
                }
        }
    }
}
