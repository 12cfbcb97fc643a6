import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Times workloads on Flink's state backends, with the inputs and sums of state-bench: a line of JSON each.
 *
 * <pre>
 * FlinkBench --backend heap|rocksdb --workload NAMES --dir DIRECTORY [--keys N] [--iterations N] [--warm-up SECONDS]
 * FlinkBench list
 * </pre>
 */
public final class FlinkBench {
    /** Iterations to warm up, at least. */
    private static final int WARM = 3;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** What later iterations returned, so that no loop is left out. */
    private static volatile long sums;

    private FlinkBench() {}

    public static void main(String[] arguments) throws Exception {
        if (Arrays.equals(arguments, new String[] {"list"})) {
            Workloads.ALL.forEach(System.out::println);
            return;
        }
        Map<String, String> options = new HashMap<>(
                Map.of("--backend", "heap", "--keys", "500000", "--iterations", "5", "--warm-up", "3", "--dir", "."));
        options.put("--workload", String.join(",", Workloads.ALL));
        for (int i = 0; i < arguments.length; i += 2) {
            if (i + 1 == arguments.length || options.put(arguments[i], arguments[i + 1]) == null) {
                throw new IllegalArgumentException(arguments[i]);
            }
        }
        Backends backend = Backends.valueOf(options.get("--backend").toUpperCase(Locale.ROOT));
        int keys = Integer.parseInt(options.get("--keys"));
        int iterations = Integer.parseInt(options.get("--iterations"));
        double warm = Double.parseDouble(options.get("--warm-up"));
        for (String name : options.get("--workload").split(",")) {
            System.out.println(measure(backend, name, keys, iterations, warm, Path.of(options.get("--dir"))));
        }
    }

    private static String measure(
            Backends backend, String name, int keys, int iterations, double warm, Path directory) throws Exception {
        Work<?, ?> work = Workloads.of(name, keys);
        // The sums are those of one iteration on a state that was just set up.
        work.before(backend, directory);
        long check = work.run();
        long finalCheck = work.finalCheck();
        double warmed = 0;
        for (int i = 0; i < WARM || warmed < warm; i++) {
            warmed += iteration(work, backend, directory).wall;
        }
        double[] took = new double[iterations];
        double cpu = 0;
        for (int i = 0; i < iterations; i++) {
            Timed timed = iteration(work, backend, directory);
            took[i] = timed.wall;
            cpu += timed.cpu;
        }
        work.end();
        return String.format(
                Locale.ROOT,
                "{\"backend\":\"flink-%s\",\"workload\":\"%s\",\"keys\":%d,\"key_groups\":%d,\"iterations\":%d,"
                        + "\"operations\":%d,\"ops_per_s\":%.1f,\"cpu_ops_per_s\":%.1f,\"check\":%s,\"final_check\":%s}",
                backend.name().toLowerCase(Locale.ROOT),
                name,
                keys,
                Backends.KEY_GROUPS,
                iterations,
                work.operations(),
                work.operations() / median(took),
                work.operations() * iterations / cpu,
                Long.toUnsignedString(check),
                Long.toUnsignedString(finalCheck));
    }

    /** Seconds of an iteration, and those that its thread was on a CPU. */
    private record Timed(double wall, double cpu) {}

    private static Timed iteration(Work<?, ?> work, Backends backend, Path directory) throws Exception {
        work.before(backend, directory);
        long cpu = THREADS.getCurrentThreadCpuTime();
        long wall = System.nanoTime();
        sums += work.run();
        return new Timed(
                (System.nanoTime() - wall) * 1e-9, (THREADS.getCurrentThreadCpuTime() - cpu) * 1e-9);
    }

    private static double median(double[] numbers) {
        double[] sorted = numbers.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
