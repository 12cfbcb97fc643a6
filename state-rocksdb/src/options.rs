//! From the configuration to the engine's options.

use std::ffi::c_int;
use std::path::Path;

use rocksdb::{
    BlockBasedOptions, Cache, DBCompactionStyle, DBCompressionType, LogLevel, Options,
    WriteBufferManager, WriteOptions,
};
use state_api::{Error, ErrorKind, Result};
use state_store::Mode;

use crate::config::{Compaction, Compression, RocksdbConfig};
use crate::error::failed;

/// Levels that the engine has unless told otherwise.
const LEVELS: usize = 7;

/// Range tombstones of a write buffer before it is flushed.
const RANGES_A_BUFFER: u32 = 1000;

/// Bytes of the log in durable mode before the states that hold the oldest of it are flushed.
const LOG_BYTES: u64 = 256 << 20;

/// What a database is opened with. The cache and the buffers are shared by all column families.
pub(crate) struct EngineOptions {
    pub(crate) database: Options,
    pub(crate) column: Options,
    pub(crate) cache: Cache,
    pub(crate) buffers: WriteBufferManager,
}

/// How a budget is split: bytes of the cache, and those of them for write buffers.
///
/// The manager of write buffers flushes when they take 7/8 of their share, and may overshoot by half
/// of it; so with a share `r` of the budget `total`, the cache gets `(3 - r) total / 3` and the buffers
/// `2 r total / 3`: with the overshoot, all is used and nothing more.
fn split(total: usize, percent: u8) -> (usize, usize) {
    let (total, r) = (total as u128, u128::from(percent.min(100)));
    let part = |of: u128| usize::try_from(total * of / 300).unwrap_or(usize::MAX);
    (part(300 - r), part(2 * r))
}

impl EngineOptions {
    pub(crate) fn new(config: &RocksdbConfig, logs: &Path) -> Result<Self> {
        let (cache_bytes, buffer_bytes) = split(config.cache_bytes, config.write_buffer_percent);
        let cache = Cache::new_lru_cache(cache_bytes);
        let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(
            buffer_bytes,
            false,
            cache.clone(),
        );
        Ok(Self {
            database: database_options(config, logs, &buffers)?,
            column: column_options(config, &cache, buffer_bytes)?,
            cache,
            buffers,
        })
    }
}

fn database_options(
    config: &RocksdbConfig,
    logs: &Path,
    buffers: &WriteBufferManager,
) -> Result<Options> {
    let mut options = Options::default();
    options.create_if_missing(true);
    // Without a log the column families agree after a flush only if they are flushed as one.
    options.set_atomic_flush(config.mode == Mode::Scratch);
    options.set_paranoid_checks(true);
    options.set_max_total_wal_size(LOG_BYTES);
    options.set_write_buffer_manager(buffers);
    options.set_max_background_jobs(c_int::from(config.background_jobs.max(1)));
    options.set_max_open_files(match config.open_files {
        None => -1,
        Some(files) => c_int::try_from(files).map_err(|_| {
            Error::new(
                ErrorKind::Invalid,
                "more open files than the engine can count",
            )
            .with("open_files", files)
        })?,
    });
    options.set_db_log_dir(logs);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(2);
    options.set_stats_dump_period_sec(0);
    if config.statistics {
        options.enable_statistics();
    }
    Ok(options)
}

fn column_options(config: &RocksdbConfig, cache: &Cache, buffer_bytes: usize) -> Result<Options> {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_block_size(config.block_bytes);
    table.set_format_version(6);
    // Index and filters count against the budget.
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    if config.bloom_bits > 0 {
        table.set_bloom_filter(f64::from(config.bloom_bits), false);
    }
    // Each range tombstone of a write buffer has the next read sort all of them anew: clears of lists and
    // maps, with reads between them, would be quadratic. The bindings have no setter for it.
    let mut options = Options::default()
        .get_options_from_string(format!("memtable_max_range_deletions={RANGES_A_BUFFER}"))
        .map_err(|e| failed("set the options", e))?;
    options.set_block_based_table_factory(&table);
    options.set_write_buffer_size(config.write_buffer_bytes);
    // An arena block must be well below what the manager has, or it flushes for ever.
    options.set_arena_block_size(
        (config.write_buffer_bytes / 8)
            .min(buffer_bytes / 16)
            .max(4096),
    );
    options.set_max_write_buffer_number(c_int::from(config.write_buffers.max(2)));
    options.set_min_write_buffer_number_to_merge(c_int::from(config.write_buffers_to_merge.max(1)));
    match config.compaction {
        Compaction::Level => options.set_compaction_style(DBCompactionStyle::Level),
        Compaction::Universal => options.set_compaction_style(DBCompactionStyle::Universal),
        Compaction::None => options.set_disable_auto_compactions(true),
    }
    options.set_max_bytes_for_level_base(config.level_base_bytes);
    options.set_target_file_size_base(config.target_file_bytes);
    options.set_level_compaction_dynamic_level_bytes(config.dynamic_levels);
    options.set_compression_per_level(&compression(&config.compression));
    Ok(options)
}

fn compression(levels: &[Compression]) -> Vec<DBCompressionType> {
    let last = levels.last().copied().unwrap_or_default();
    let levels = levels.iter().copied().chain(std::iter::repeat(last));
    let native = |compression| match compression {
        Compression::None => DBCompressionType::None,
        Compression::Lz4 => DBCompressionType::Lz4,
        Compression::Zstd => DBCompressionType::Zstd,
    };
    levels.take(LEVELS).map(native).collect()
}

/// How each write is made: with a log, and a wait for the disk, or without both.
pub(crate) fn write_options(durable: bool) -> WriteOptions {
    let mut options = WriteOptions::default();
    options.disable_wal(!durable);
    options.set_sync(durable);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_kept_when_the_buffers_overshoot_by_half() {
        for (total, percent) in [(512 << 20, 50), (3_000, 0), (3_000, 100), (usize::MAX, 30)] {
            let (cache, buffers) = split(total, percent);
            let most = cache as u128 + buffers as u128 / 2;
            assert!(most <= total as u128, "{total} at {percent} %");
            assert!(total as u128 - most <= 2, "{total} at {percent} %");
        }
        assert_eq!(split(600, 50), (500, 200));
    }

    #[test]
    fn the_last_compression_holds_for_all_deeper_levels() {
        use DBCompressionType::{Lz4, None as Plain, Zstd};
        assert_eq!(compression(&[]), [Plain; LEVELS]);
        assert_eq!(
            compression(&[Compression::None, Compression::Lz4, Compression::Zstd]),
            [Plain, Lz4, Zstd, Zstd, Zstd, Zstd, Zstd]
        );
    }
}
