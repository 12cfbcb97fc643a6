//! What the engine says of itself.

use rocksdb::properties as names;
use state_api::Result;

use crate::columns::Columns;
use crate::error::failed;
use crate::options::EngineOptions;

/// Memory and work of the engine, all column families together, at the moment of the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RocksdbMetrics {
    /// Bytes of write buffers, being filled and full.
    pub write_buffer_bytes: u64,
    /// Bytes that the block cache holds; those of write buffers are counted there too.
    pub cache_bytes: u64,
    /// Bytes of the cache that cannot be given up now.
    pub cache_pinned_bytes: u64,
    /// Bytes of the files that make up the present state.
    pub file_bytes: u64,
    /// Rows, as the engine estimates them.
    pub estimated_rows: u64,
    /// Bytes that compactions have yet to rewrite.
    pub pending_compaction_bytes: u64,
    /// Compactions that run.
    pub running_compactions: u64,
    /// Flushes that run.
    pub running_flushes: u64,
    /// Bytes a second that writes are slowed down to; 0 when they are not.
    pub delayed_write_rate: u64,
    /// Whether writes stand still, until flushes or compactions catch up.
    pub writes_stopped: bool,
    /// Snapshots that are held: views.
    pub snapshots: u64,
}

impl RocksdbMetrics {
    pub(crate) fn read(columns: &Columns, options: &EngineOptions) -> Result<Self> {
        let database = columns.database();
        let whole = |name| {
            let value = database.property_int_value(name);
            Ok::<_, state_api::Error>(
                value
                    .map_err(|e| failed("read a property", e))?
                    .unwrap_or(0),
            )
        };
        let sum = |name| {
            let mut sum = 0;
            for table in columns.tables() {
                if let Some(column) = columns.get(table) {
                    let value = database.property_int_value_cf(column, name);
                    sum += value
                        .map_err(|e| failed("read a property", e))?
                        .unwrap_or(0);
                }
            }
            Ok::<_, state_api::Error>(sum)
        };
        let bytes = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        Ok(Self {
            write_buffer_bytes: bytes(options.buffers.get_usage()),
            cache_bytes: bytes(options.cache.get_usage()),
            cache_pinned_bytes: bytes(options.cache.get_pinned_usage()),
            file_bytes: sum(names::LIVE_SST_FILES_SIZE)?,
            estimated_rows: sum(names::ESTIMATE_NUM_KEYS)?,
            pending_compaction_bytes: sum(names::ESTIMATE_PENDING_COMPACTION_BYTES)?,
            running_compactions: whole(names::NUM_RUNNING_COMPACTIONS)?,
            running_flushes: whole(names::NUM_RUNNING_FLUSHES)?,
            delayed_write_rate: whole(names::ACTUAL_DELAYED_WRITE_RATE)?,
            writes_stopped: whole(names::IS_WRITE_STOPPED)? != 0,
            snapshots: whole(names::NUM_SNAPSHOTS)?,
        })
    }
}
