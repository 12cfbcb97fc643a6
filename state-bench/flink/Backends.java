import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.runtime.jobgraph.JobVertexID;
import org.apache.flink.runtime.query.KvStateRegistry;
import org.apache.flink.runtime.query.TaskKvStateRegistry;
import org.apache.flink.runtime.state.AbstractKeyedStateBackend;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.LocalRecoveryConfig;
import org.apache.flink.runtime.state.UncompressedStreamCompressionDecorator;
import org.apache.flink.runtime.state.heap.HeapKeyedStateBackendBuilder;
import org.apache.flink.runtime.state.heap.HeapPriorityQueueSetFactory;
import org.apache.flink.runtime.state.metrics.LatencyTrackingStateConfig;
import org.apache.flink.runtime.state.metrics.SizeTrackingStateConfig;
import org.apache.flink.runtime.state.ttl.TtlTimeProvider;
import org.apache.flink.state.rocksdb.RocksDBKeyedStateBackendBuilder;
import org.apache.flink.state.rocksdb.RocksDBPriorityQueueConfig;
import org.apache.flink.state.rocksdb.RocksDBResourceContainer;
import org.rocksdb.RocksDB;

/** Flink's keyed backends, as a task has them, without a task: no metrics, nothing to restore, default options. */
enum Backends {
    HEAP {
        @Override
        <K> AbstractKeyedStateBackend<K> open(TypeSerializer<K> keys, Path directory) throws Exception {
            return new HeapKeyedStateBackendBuilder<>(
                            registry(),
                            keys,
                            Backends.class.getClassLoader(),
                            KEY_GROUPS,
                            ALL,
                            new ExecutionConfig(),
                            TtlTimeProvider.DEFAULT,
                            LatencyTrackingStateConfig.disabled(),
                            SizeTrackingStateConfig.disabled(),
                            List.of(),
                            UncompressedStreamCompressionDecorator.INSTANCE,
                            LocalRecoveryConfig.BACKUP_AND_RECOVERY_DISABLED,
                            new HeapPriorityQueueSetFactory(ALL, KEY_GROUPS, 128),
                            true,
                            new CloseableRegistry())
                    .build();
        }
    },
    ROCKSDB {
        @Override
        <K> AbstractKeyedStateBackend<K> open(TypeSerializer<K> keys, Path directory) throws Exception {
            RocksDB.loadLibrary();
            RocksDBResourceContainer options = new RocksDBResourceContainer();
            return new RocksDBKeyedStateBackendBuilder<>(
                            "bench",
                            Backends.class.getClassLoader(),
                            Files.createTempDirectory(directory, "flink-").toFile(),
                            options,
                            state -> options.getColumnOptions(),
                            registry(),
                            keys,
                            KEY_GROUPS,
                            ALL,
                            new ExecutionConfig(),
                            LocalRecoveryConfig.BACKUP_AND_RECOVERY_DISABLED,
                            new RocksDBPriorityQueueConfig(),
                            TtlTimeProvider.DEFAULT,
                            LatencyTrackingStateConfig.disabled(),
                            SizeTrackingStateConfig.disabled(),
                            new UnregisteredMetricsGroup(),
                            (metric, value) -> {},
                            List.of(),
                            UncompressedStreamCompressionDecorator.INSTANCE,
                            new CloseableRegistry())
                    .build();
        }
    };

    static final int KEY_GROUPS = 128;
    private static final KeyGroupRange ALL = KeyGroupRange.of(0, KEY_GROUPS - 1);

    /** An empty backend; what it keeps in files is below the directory. */
    abstract <K> AbstractKeyedStateBackend<K> open(TypeSerializer<K> keys, Path directory) throws Exception;

    private static TaskKvStateRegistry registry() {
        return new KvStateRegistry().createTaskRegistry(new JobID(), new JobVertexID());
    }
}
