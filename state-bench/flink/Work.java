import java.nio.file.Path;
import org.apache.flink.api.common.state.State;
import org.apache.flink.api.common.state.StateDescriptor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;

/** A workload: a state in a backend, and what is done with it. The protocol is that of src/side.rs. */
abstract class Work<K, S extends State> {
    final String operation;
    final Inputs inputs;
    /** Whether each iteration begins with a state that was just set up, because an iteration makes it grow. */
    boolean fresh;
    /** Whether keys are written that the set-up does not have. */
    boolean adds;
    /** How often an iteration goes over the keys. */
    int times = 1;

    AbstractKeyedStateBackend<K> backend;
    S state;
    private boolean used;

    Work(String operation, Inputs inputs) {
        this.operation = operation;
        this.inputs = inputs;
    }

    abstract TypeSerializer<K> keys();

    abstract StateDescriptor<S, ?> descriptor();

    abstract void setUp() throws Exception;

    /** All operations of an iteration; the sum of what they returned. */
    abstract long run() throws Exception;

    /** What is there of a key, as a sum. */
    abstract long digest(long key) throws Exception;

    /** What an iteration takes for granted: not timed. */
    void prepare() throws Exception {}

    final void before(Backends kind, Path directory) throws Exception {
        if (fresh && used) {
            end();
        }
        if (backend == null) {
            backend = kind.open(keys(), directory);
            state = backend.getPartitionedState(
                    VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor());
            setUp();
            // What the one before left is no part of an iteration.
            System.gc();
        }
        prepare();
        used = true;
    }

    final long finalCheck() throws Exception {
        long sum = 0;
        long keys = (long) inputs.keys * (adds ? 2 : 1);
        for (long key = 0; key < keys; key += 97) {
            sum += digest(key);
        }
        return sum;
    }

    final void end() throws Exception {
        backend.dispose();
        backend.close();
        backend = null;
        state = null;
        used = false;
    }

    final long operations() {
        return (long) inputs.keys * times;
    }
}
