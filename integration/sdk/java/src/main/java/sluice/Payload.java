package sluice;

import java.nio.ByteBuffer;
import java.util.Arrays;
import software.amazon.awssdk.core.SdkBytes;

/** The bytes of record number i, the same in every client program. */
final class Payload {
    private Payload() {}

    /** Four bytes of big-endian index, then i*37 mod 500 bytes that run through all values. */
    static SdkBytes of(int i) {
        int length = i * 37 % 500;
        ByteBuffer bytes = ByteBuffer.allocate(4 + length).putInt(i);
        for (int k = 0; k < length; k++) {
            bytes.put((byte) (i * 7 + k * 13));
        }
        return SdkBytes.fromByteArrayUnsafe(bytes.array());
    }

    static int indexOf(SdkBytes data) {
        return data.asByteBuffer().getInt();
    }

    static void same(SdkBytes data, int i) {
        check(Arrays.equals(data.asByteArray(), of(i).asByteArray()), "record " + i + " came back with other bytes");
    }

    static void check(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException(what);
        }
    }
}
