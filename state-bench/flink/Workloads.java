import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.AggregatingState;
import org.apache.flink.api.common.state.AggregatingStateDescriptor;
import org.apache.flink.api.common.state.AppendingState;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ReducingState;
import org.apache.flink.api.common.state.ReducingStateDescriptor;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.DoubleSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.state.memory.MemCheckpointStreamFactory;

/** The workloads by name. Each loop is a method of its own, so that it is compiled by itself. */
final class Workloads {
    static final List<String> ALL = List.of(
            "value_get", "value_get_miss", "value_update", "value_add", "value_remove", "value_come_and_go",
            "wordcount_uniform", "wordcount_zipf",
            "value_get_100b", "value_get_miss_100b", "value_update_100b", "value_add_100b", "value_update_100b_cow",
            "strkey_get", "strkey_update", "strkey_add",
            "list_get", "list_get_iterate", "list_append", "list_add", "list_update",
            "list_get_100", "list_get_iterate_100", "list_add_all_100",
            "map_get", "map_update", "map_update_large", "map_contains", "map_is_empty", "map_iterate", "map_put_all",
            "map_add",
            "reducing_add", "aggregating_add");

    private static final Set<String> FEW_KEYS = Set.of("list_get_100", "list_get_iterate_100", "list_add_all_100");

    private Workloads() {}

    static Work<?, ?> of(String name, int keys) {
        if (!ALL.contains(name)) {
            throw new IllegalArgumentException("no such workload: " + name);
        }
        Inputs inputs = new Inputs(FEW_KEYS.contains(name) ? Math.max(keys / 10, 1) : keys);
        if (name.contains("100b")) {
            return new Payloads(name, inputs);
        } else if (name.startsWith("strkey")) {
            return new Names(name, inputs);
        } else if (name.startsWith("list")) {
            return new Lists(name, inputs);
        } else if (name.startsWith("map")) {
            return new Maps(name, inputs);
        } else if (name.equals("reducing_add")) {
            return new Reducing(name, inputs);
        } else if (name.equals("aggregating_add")) {
            return new Aggregating(name, inputs);
        }
        return new Values(name, inputs);
    }

    private static long orZero(Long found) {
        return found == null ? 0 : found;
    }

    /** A state by number. */
    abstract static class Numbered<S extends org.apache.flink.api.common.state.State> extends Work<Long, S> {
        Numbered(String operation, Inputs inputs) {
            super(operation, inputs);
        }

        @Override
        TypeSerializer<Long> keys() {
            return LongSerializer.INSTANCE;
        }
    }

    static final class Values extends Numbered<ValueState<Long>> {
        /** Keys that are there at once of those that come and go. */
        private static final int SHORT_LIVED = 1000;

        Values(String operation, Inputs inputs) {
            super(operation, inputs);
            fresh = Set.of("value_add", "value_remove", "wordcount_zipf").contains(operation);
            adds = Set.of("value_add", "value_remove", "value_come_and_go").contains(operation);
            times = operation.equals("value_come_and_go") ? 2 : 1;
        }

        @Override
        StateDescriptor<ValueState<Long>, ?> descriptor() {
            return new ValueStateDescriptor<>("value", LongSerializer.INSTANCE);
        }

        @Override
        void setUp() throws Exception {
            long keys = switch (operation) {
                case "wordcount_zipf" -> 0;
                case "value_remove" -> 2L * inputs.keys;
                default -> inputs.keys;
            };
            boolean zeros = operation.equals("wordcount_uniform");
            for (long key = 0; key < keys; key++) {
                backend.setCurrentKey(key);
                state.update(zeros ? Long.valueOf(0) : Inputs.initial(key));
            }
        }

        @Override
        long run() throws Exception {
            return switch (operation) {
                case "value_get" -> get(inputs.existing());
                case "value_get_miss" -> get(inputs.newKeys());
                case "value_update" -> update(inputs.existing(), inputs.words());
                case "value_add" -> update(inputs.newKeys(), inputs.words());
                case "value_remove" -> remove(inputs.newKeys(), 0, inputs.keys);
                case "value_come_and_go" -> comeAndGo(inputs.newKeys(), inputs.words());
                case "wordcount_uniform" -> count(inputs.existing());
                case "wordcount_zipf" -> count(inputs.zipf());
                default -> throw new IllegalArgumentException(operation);
            };
        }

        private long get(Long[] keys) throws Exception {
            long sum = 0;
            for (Long key : keys) {
                backend.setCurrentKey(key);
                sum += orZero(state.value());
            }
            return sum;
        }

        private long update(Long[] keys, Long[] words) throws Exception {
            for (int i = 0; i < keys.length; i++) {
                backend.setCurrentKey(keys[i]);
                state.update(words[Inputs.at(i)]);
            }
            return 0;
        }

        private long remove(Long[] keys, int from, int to) {
            for (int i = from; i < to; i++) {
                backend.setCurrentKey(keys[i]);
                state.clear();
            }
            return 0;
        }

        private long comeAndGo(Long[] keys, Long[] words) throws Exception {
            for (int from = 0; from < keys.length; from += SHORT_LIVED) {
                int to = Math.min(from + SHORT_LIVED, keys.length);
                for (int i = from; i < to; i++) {
                    backend.setCurrentKey(keys[i]);
                    state.update(words[i - from]);
                }
                remove(keys, from, to);
            }
            return 0;
        }

        private long count(Long[] keys) throws Exception {
            long sum = 0;
            for (Long key : keys) {
                backend.setCurrentKey(key);
                long count = orZero(state.value());
                state.update(count + 1);
                sum += count;
            }
            return sum;
        }

        @Override
        long digest(long key) throws Exception {
            backend.setCurrentKey(key);
            return orZero(state.value());
        }
    }

    static final class Names extends Work<String, ValueState<Long>> {
        Names(String operation, Inputs inputs) {
            super(operation, inputs);
            fresh = adds = operation.equals("strkey_add");
        }

        @Override
        TypeSerializer<String> keys() {
            return StringSerializer.INSTANCE;
        }

        @Override
        StateDescriptor<ValueState<Long>, ?> descriptor() {
            return new ValueStateDescriptor<>("value", LongSerializer.INSTANCE);
        }

        @Override
        void setUp() throws Exception {
            for (long key = 0; key < inputs.keys; key++) {
                backend.setCurrentKey(Inputs.name(key));
                state.update(Inputs.initial(key));
            }
        }

        @Override
        long run() throws Exception {
            return switch (operation) {
                case "strkey_get" -> get(inputs.existing());
                case "strkey_update" -> update(inputs.existing(), inputs.words());
                case "strkey_add" -> update(inputs.newKeys(), inputs.words());
                default -> throw new IllegalArgumentException(operation);
            };
        }

        private long get(Long[] keys) throws Exception {
            long sum = 0;
            for (Long key : keys) {
                backend.setCurrentKey(Inputs.name(key));
                sum += orZero(state.value());
            }
            return sum;
        }

        private long update(Long[] keys, Long[] words) throws Exception {
            for (int i = 0; i < keys.length; i++) {
                backend.setCurrentKey(Inputs.name(keys[i]));
                state.update(words[Inputs.at(i)]);
            }
            return 0;
        }

        @Override
        long digest(long key) throws Exception {
            backend.setCurrentKey(Inputs.name(key));
            return orZero(state.value());
        }
    }

    static final class Payloads extends Numbered<ValueState<byte[]>> {
        private static final VarHandle WORD =
                MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
        /** One in how many keys is updated before a snapshot. */
        private static final int TOUCHED = 100;

        private RunnableFuture<?> snapshot;
        private long drawn;
        private long checkpoint;

        Payloads(String operation, Inputs inputs) {
            super(operation, inputs);
            fresh = adds = operation.equals("value_add_100b");
        }

        @Override
        StateDescriptor<ValueState<byte[]>, ?> descriptor() {
            return new ValueStateDescriptor<>("value", BytePrimitiveArraySerializer.INSTANCE);
        }

        @Override
        void setUp() throws Exception {
            for (long key = 0; key < inputs.keys; key++) {
                backend.setCurrentKey(key);
                state.update(inputs.payload(key));
            }
        }

        /** Ends the last snapshot, and takes the synchronous part of another. */
        @Override
        void prepare() throws Exception {
            if (!operation.endsWith("cow")) {
                return;
            }
            if (snapshot != null) {
                snapshot.run();
                snapshot.get();
            }
            for (long last = drawn + inputs.keys / TOUCHED; drawn < last; drawn++) {
                backend.setCurrentKey(Inputs.bounded(Inputs.mix(9, drawn), inputs.keys));
                state.update(inputs.payload(drawn + 1));
            }
            snapshot = backend.snapshot(
                    ++checkpoint,
                    0,
                    new MemCheckpointStreamFactory(Integer.MAX_VALUE),
                    CheckpointOptions.forCheckpointWithDefaultLocation());
        }

        @Override
        long run() throws Exception {
            return switch (operation) {
                case "value_get_100b" -> get(inputs.existing());
                case "value_get_miss_100b" -> get(inputs.newKeys());
                case "value_update_100b", "value_update_100b_cow" -> update(inputs.existing());
                case "value_add_100b" -> update(inputs.newKeys());
                default -> throw new IllegalArgumentException(operation);
            };
        }

        private long get(Long[] keys) throws Exception {
            long sum = 0;
            for (Long key : keys) {
                backend.setCurrentKey(key);
                byte[] found = state.value();
                sum += found == null ? 0 : (long) WORD.get(found, 0);
            }
            return sum;
        }

        private long update(Long[] keys) throws Exception {
            for (int i = 0; i < keys.length; i++) {
                backend.setCurrentKey(keys[i]);
                state.update(inputs.payload(i));
            }
            return 0;
        }

        @Override
        long digest(long key) throws Exception {
            backend.setCurrentKey(key);
            byte[] found = state.value();
            if (found == null) {
                return 0;
            }
            byte[] padded = Arrays.copyOf(found, (found.length + 7) / 8 * 8);
            long sum = 0;
            for (int at = 0; at < padded.length; at += 8) {
                sum += (long) WORD.get(padded, at);
            }
            return sum;
        }
    }

    static final class Lists extends Numbered<ListState<Long>> {
        private static final int MANY = 100;

        Lists(String operation, Inputs inputs) {
            super(operation, inputs);
            fresh = Set.of("list_append", "list_add", "list_add_all_100").contains(operation);
            adds = operation.equals("list_add");
            times = switch (operation) {
                case "list_append" -> 4;
                case "list_add_all_100" -> 2;
                default -> 1;
            };
        }

        @Override
        StateDescriptor<ListState<Long>, ?> descriptor() {
            return new ListStateDescriptor<>("list", LongSerializer.INSTANCE);
        }

        @Override
        void setUp() throws Exception {
            int length = Set.of("list_get_100", "list_get_iterate_100").contains(operation) ? MANY : 1;
            for (long key = 0; key < inputs.keys; key++) {
                List<Long> elements = new ArrayList<>(length);
                for (long i = key * length; i < (key + 1) * length; i++) {
                    elements.add(Inputs.initial(i));
                }
                backend.setCurrentKey(key);
                state.addAll(elements);
            }
        }

        @Override
        long run() throws Exception {
            return switch (operation) {
                case "list_get", "list_get_100" -> first(inputs.existing());
                case "list_get_iterate", "list_get_iterate_100" -> iterate(inputs.existing());
                case "list_append" -> append(inputs.existing(), inputs.words());
                case "list_add" -> replace(inputs.newKeys(), inputs.words());
                case "list_update" -> replace(inputs.existing(), inputs.words());
                case "list_add_all_100" -> addAll(
                        inputs.existing(), Arrays.asList(Arrays.copyOf(inputs.words(), MANY)));
                default -> throw new IllegalArgumentException(operation);
            };
        }

        private long first(Long[] keys) throws Exception {
            long sum = 0;
            for (Long key : keys) {
                backend.setCurrentKey(key);
                Iterable<Long> found = state.get();
                sum += found == null ? 0 : found.iterator().next();
            }
            return sum;
        }

        private long iterate(Long[] keys) throws Exception {
            long sum = 0;
            for (Long key : keys) {
                backend.setCurrentKey(key);
                sum += sumOf(state.get());
            }
            return sum;
        }

        private long append(Long[] keys, Long[] words) throws Exception {
            for (int time = 0, i = 0; time < times; time++) {
                for (Long key : keys) {
                    backend.setCurrentKey(key);
                    state.add(words[Inputs.at(i++)]);
                }
            }
            return 0;
        }

        private long replace(Long[] keys, Long[] words) throws Exception {
            for (int i = 0; i < keys.length; i++) {
                backend.setCurrentKey(keys[i]);
                state.update(Collections.singletonList(words[Inputs.at(i)]));
            }
            return 0;
        }

        private long addAll(Long[] keys, List<Long> many) throws Exception {
            for (int time = 0; time < times; time++) {
                for (Long key : keys) {
                    backend.setCurrentKey(key);
                    state.addAll(many);
                }
            }
            return 0;
        }

        private static long sumOf(Iterable<Long> found) {
            long sum = 0;
            if (found != null) {
                for (Long element : found) {
                    sum += element;
                }
            }
            return sum;
        }

        @Override
        long digest(long key) throws Exception {
            backend.setCurrentKey(key);
            return sumOf(state.get());
        }
    }

    static final class Maps extends Numbered<MapState<Long, Double>> {
        private final Long[] entries = Inputs.entries();

        Maps(String operation, Inputs inputs) {
            super(operation, inputs);
            fresh = adds = operation.equals("map_add");
        }

        @Override
        StateDescriptor<MapState<Long, Double>, ?> descriptor() {
            return new MapStateDescriptor<>("map", LongSerializer.INSTANCE, DoubleSerializer.INSTANCE);
        }

        @Override
        void setUp() throws Exception {
            boolean large = operation.equals("map_update_large");
            int length = large || operation.equals("map_add") ? 1 : Inputs.ENTRIES;
            for (long key = 0; key < inputs.keys; key++) {
                backend.setCurrentKey(large ? 0 : key);
                for (int j = 0; j < length; j++) {
                    double value = Inputs.toDouble(Inputs.mix(3, key * Inputs.ENTRIES + j));
                    state.put(large ? Long.valueOf(key) : entries[j], value);
                }
            }
        }

        @Override
        long run() throws Exception {
            return switch (operation) {
                case "map_get" -> get(inputs.existing());
                case "map_update" -> put(inputs.existing(), inputs.doubles());
                case "map_update_large" -> putIntoOne(inputs.existing(), inputs.doubles());
                case "map_contains" -> contains(inputs.existing());
                case "map_is_empty" -> isEmpty(inputs.existing());
                case "map_iterate" -> iterate(inputs.existing());
                case "map_put_all" -> putAll(inputs.existing());
                case "map_add" -> put(inputs.newKeys(), inputs.doubles());
                default -> throw new IllegalArgumentException(operation);
            };
        }

        private long get(Long[] keys) throws Exception {
            long sum = 0;
            for (int i = 0; i < keys.length; i++) {
                backend.setCurrentKey(keys[i]);
                Double found = state.get(entries[i % Inputs.ENTRIES]);
                sum += found == null ? 0 : Double.doubleToRawLongBits(found);
            }
            return sum;
        }

        private long put(Long[] keys, Double[] values) throws Exception {
            for (int i = 0; i < keys.length; i++) {
                backend.setCurrentKey(keys[i]);
                state.put(entries[i % Inputs.ENTRIES], values[Inputs.at(i)]);
            }
            return 0;
        }

        private long putIntoOne(Long[] keys, Double[] values) throws Exception {
            Long one = 0L;
            for (int i = 0; i < keys.length; i++) {
                backend.setCurrentKey(one);
                state.put(keys[i], values[Inputs.at(i)]);
            }
            return 0;
        }

        private long contains(Long[] keys) throws Exception {
            long sum = 0;
            for (int i = 0; i < keys.length; i++) {
                backend.setCurrentKey(keys[i]);
                sum += state.contains(2 * entries[i % Inputs.ENTRIES]) ? 1 : 0;
            }
            return sum;
        }

        private long isEmpty(Long[] keys) throws Exception {
            long sum = 0;
            for (Long key : keys) {
                backend.setCurrentKey(key);
                sum += state.isEmpty() ? 1 : 0;
            }
            return sum;
        }

        private long iterate(Long[] keys) throws Exception {
            long sum = 0;
            for (Long key : keys) {
                backend.setCurrentKey(key);
                sum += sumOf(state.entries());
            }
            return sum;
        }

        private long putAll(Long[] keys) throws Exception {
            Map<Long, Double> all = new java.util.HashMap<>();
            for (int j = 0; j < Inputs.ENTRIES; j++) {
                all.put(entries[j], inputs.doubles()[j]);
            }
            for (Long key : keys) {
                backend.setCurrentKey(key);
                state.putAll(all);
            }
            return 0;
        }

        private static long sumOf(Iterable<Map.Entry<Long, Double>> found) {
            long sum = 0;
            if (found != null) {
                for (Map.Entry<Long, Double> entry : found) {
                    sum += entry.getKey() + Double.doubleToRawLongBits(entry.getValue());
                }
            }
            return sum;
        }

        @Override
        long digest(long key) throws Exception {
            backend.setCurrentKey(key);
            return sumOf(state.entries());
        }
    }

    /** Words that are added to what is there. */
    abstract static class Folds<S extends AppendingState<Long, Long>> extends Numbered<S> {
        Folds(String operation, Inputs inputs) {
            super(operation, inputs);
        }

        @Override
        void setUp() throws Exception {
            for (long key = 0; key < inputs.keys; key++) {
                backend.setCurrentKey(key);
                state.add(Inputs.initial(key));
            }
        }

        @Override
        long run() throws Exception {
            return add(inputs.existing(), inputs.words());
        }

        private long add(Long[] keys, Long[] words) throws Exception {
            for (int i = 0; i < keys.length; i++) {
                backend.setCurrentKey(keys[i]);
                state.add(words[Inputs.at(i)]);
            }
            return 0;
        }

        @Override
        long digest(long key) throws Exception {
            backend.setCurrentKey(key);
            return orZero(state.get());
        }
    }

    static final class Reducing extends Folds<ReducingState<Long>> {
        Reducing(String operation, Inputs inputs) {
            super(operation, inputs);
        }

        @Override
        StateDescriptor<ReducingState<Long>, ?> descriptor() {
            return new ReducingStateDescriptor<>("reducing", Long::sum, LongSerializer.INSTANCE);
        }
    }

    static final class Aggregating extends Folds<AggregatingState<Long, Long>> {
        Aggregating(String operation, Inputs inputs) {
            super(operation, inputs);
        }

        @Override
        StateDescriptor<AggregatingState<Long, Long>, ?> descriptor() {
            return new AggregatingStateDescriptor<>(
                    "aggregating",
                    new SumAndCount(),
                    TypeInformation.of(new TypeHint<Tuple2<Long, Long>>() {}));
        }
    }

    /** A sum and a count, changed in place; the result is both added. */
    static final class SumAndCount implements AggregateFunction<Long, Tuple2<Long, Long>, Long> {
        @Override
        public Tuple2<Long, Long> createAccumulator() {
            return Tuple2.of(0L, 0L);
        }

        @Override
        public Tuple2<Long, Long> add(Long word, Tuple2<Long, Long> all) {
            all.f0 += word;
            all.f1 += 1;
            return all;
        }

        @Override
        public Long getResult(Tuple2<Long, Long> all) {
            return all.f0 + all.f1;
        }

        @Override
        public Tuple2<Long, Long> merge(Tuple2<Long, Long> one, Tuple2<Long, Long> other) {
            one.f0 += other.f0;
            one.f1 += other.f1;
            return one;
        }
    }
}
