import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Inputs, fixed bit for bit: a mirror of src/inputs.rs. Keys and values are boxed beforehand, so that no operation pays
 * for it.
 */
final class Inputs {
    static final int ENTRIES = 10;
    static final int PAYLOAD = 100;
    private static final int WORDS = 1 << 20;
    private static final int PAYLOADS = 1024;

    final int keys;
    private Long[] existing, newKeys, zipf, words;
    private Double[] doubles;
    private byte[][] payloads;

    Inputs(int keys) {
        this.keys = keys;
    }

    /** Output i of SplitMix64 seeded with seed. */
    static long mix(long seed, long i) {
        long z = seed + (i + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Any word brought below n, which is not negative: the upper half of their unsigned product. */
    static long bounded(long x, long n) {
        long signed = Math.multiplyHigh(x, n);
        return x < 0 ? signed + n : signed;
    }

    static long[] permutation(long seed, int n) {
        long[] order = new long[n];
        Arrays.setAll(order, i -> i);
        for (int i = n - 1, t = 0; i >= 1; i--, t++) {
            int j = (int) bounded(mix(seed, t), i + 1L);
            long swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }

    /** A word as a number from 0 up to 1. */
    static double toDouble(long word) {
        return (word >>> 11) * 0x1p-53;
    }

    /** What the set-up gives a key, or an entry or element by its running number. */
    static Long initial(long i) {
        return mix(3, i);
    }

    /** Key as text: "user-" and twelve digits. Made anew at each call. */
    static String name(long key) {
        byte[] text = "user-000000000000".getBytes(StandardCharsets.ISO_8859_1);
        int at = text.length;
        for (long rest = key; rest > 0; rest /= 10) {
            text[--at] = (byte) ('0' + rest % 10);
        }
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    /** All keys of the set-up, in random order. */
    Long[] existing() {
        if (existing == null) {
            existing = boxed(permutation(1, keys), 0);
        }
        return existing;
    }

    /** As many keys that the set-up does not have, in random order. */
    Long[] newKeys() {
        if (newKeys == null) {
            newKeys = boxed(permutation(2, keys), keys);
        }
        return newKeys;
    }

    /** As many draws of keys of the set-up, few of them often. */
    Long[] zipf() {
        if (zipf == null) {
            long[] sums = new long[keys];
            long total = 0;
            for (int rank = 0; rank < keys; rank++) {
                total += (1L << 40) / (rank + 1);
                sums[rank] = total;
            }
            long[] byRank = permutation(6, keys);
            long[] drawn = new long[keys];
            for (int i = 0; i < keys; i++) {
                long weight = bounded(mix(5, i), total);
                int found = Arrays.binarySearch(sums, weight);
                // The first sum above the weight; the sums ascend strictly.
                drawn[i] = byRank[found >= 0 ? found + 1 : -found - 1];
            }
            zipf = boxed(drawn, 0);
        }
        return zipf;
    }

    private static Long[] boxed(long[] numbers, long more) {
        return Arrays.stream(numbers).mapToObj(number -> number + more).toArray(Long[]::new);
    }

    /** Words to put; operation i puts the one at {@link #at}. */
    Long[] words() {
        if (words == null) {
            words = new Long[WORDS];
            Arrays.setAll(words, i -> mix(4, i));
        }
        return words;
    }

    /** The same as numbers from 0 up to 1. */
    Double[] doubles() {
        if (doubles == null) {
            doubles = Arrays.stream(words()).map(Inputs::toDouble).toArray(Double[]::new);
        }
        return doubles;
    }

    /** The position of a word. */
    static int at(int i) {
        return i & (WORDS - 1);
    }

    /** A new copy of the array of bytes that operation i puts. */
    byte[] payload(long i) {
        if (payloads == null) {
            payloads = new byte[PAYLOADS][PAYLOAD];
            for (int j = 0; j < PAYLOADS; j++) {
                for (int b = 0; b < PAYLOAD; b++) {
                    payloads[j][b] = (byte) (mix(7, j * 13L + b / 8) >>> (8 * (b % 8)));
                }
            }
        }
        return payloads[(int) (i % PAYLOADS)].clone();
    }

    /** Keys of the entries of each map, in order of insertion. */
    static Long[] entries() {
        return boxed(permutation(8, ENTRIES), 0);
    }
}
