//! Configuration: plain data.

use serde::{Deserialize, Serialize};
use state_store::{Mode, OnDirty, Opening};

/// How to open a RocksDB backend. What is not here is reached by [`open_with`](crate::open_with).
///
/// ```
/// use state_rocksdb::{Profile, RocksdbConfig};
///
/// let config = RocksdbConfig::of(Profile::SpinningDisk).with_cache_bytes(256 << 20);
/// assert_eq!(config.block_bytes, 131_072);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RocksdbConfig {
    /// The memory budget: bytes for the block cache and the write buffers of all states together.
    /// With the share `r` of write buffers, the cache has `(3 - r) / 3` of them, and the buffers may
    /// take `2 r / 3`, counted against the cache; they may overshoot by half before they are
    /// flushed, and the sum is what was asked for. Default: 512 MiB.
    pub cache_bytes: usize,
    /// Share of the write buffers in the budget, in percent. Default: 50.
    pub write_buffer_percent: u8,
    /// Bytes of one write buffer of one state. Default: 64 MiB.
    pub write_buffer_bytes: usize,
    /// Most write buffers of a state, full ones included. Default: 2.
    pub write_buffers: u8,
    /// Full write buffers that are merged into one file. Default: 1.
    pub write_buffers_to_merge: u8,
    /// Bytes of a block, uncompressed. Default: 4 KiB.
    pub block_bytes: usize,
    /// Bits per key of the bloom filters; 0 for none. Without it a look-up of an absent key reads a
    /// block of every level. Default: 10.
    pub bloom_bits: u8,
    /// How files are merged. Default: by levels.
    pub compaction: Compaction,
    /// Bytes of the first level. Default: 256 MiB.
    pub level_base_bytes: u64,
    /// Bytes of a file of the first level. Default: 64 MiB.
    pub target_file_bytes: u64,
    /// Whether the sizes of the levels follow that of the last one. Default: yes.
    pub dynamic_levels: bool,
    /// Compression by level, the last entry for all deeper ones; none for an empty list. Default:
    /// none for the first two levels, LZ4 for the others.
    pub compression: Vec<Compression>,
    /// Threads for flushes and compactions. Default: 2.
    pub background_jobs: u8,
    /// Most files that are kept open; `None` for all. Default: all.
    pub open_files: Option<u32>,
    /// Whether the engine counts what it does: see
    /// [`RocksdbStore::ticker`](crate::RocksdbStore::ticker). Costs some percent. Default: no.
    pub statistics: bool,
    /// What survives a crash. Default: nothing, the checkpoint is the durability.
    pub mode: Mode,
    /// What to do with a scratch directory that a crash left. Default: refuse it.
    pub on_dirty: OnDirty,
    /// Whether an open reads all files to compare them with what the last clean close left; names and
    /// sizes are compared in any case, and the engine checks each block that it reads. Default: yes.
    pub verify_files: bool,
}

/// How files are merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Compaction {
    /// Levels of growing size: least space, good reads.
    #[default]
    Level,
    /// Runs of similar size: fewer writes, more space.
    Universal,
    /// Not at all. For loads that are read once.
    None,
}

/// How blocks are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// Fast.
    Lz4,
    /// Small.
    Zstd,
}

/// A set of values that fit a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Profile {
    /// State that fits the cache: no compression, large buffers, small blocks.
    Memory,
    /// State on a solid-state disk: the default, with four threads.
    Ssd,
    /// State on a spinning disk: large blocks and files, few seeks, four threads.
    SpinningDisk,
}

const MIB: usize = 1 << 20;

impl Default for RocksdbConfig {
    fn default() -> Self {
        Self {
            cache_bytes: 512 * MIB,
            write_buffer_percent: 50,
            write_buffer_bytes: 64 * MIB,
            write_buffers: 2,
            write_buffers_to_merge: 1,
            block_bytes: 4 << 10,
            bloom_bits: 10,
            compaction: Compaction::Level,
            level_base_bytes: 256 << 20,
            target_file_bytes: 64 << 20,
            dynamic_levels: true,
            compression: vec![Compression::None, Compression::None, Compression::Lz4],
            background_jobs: 2,
            open_files: None,
            statistics: false,
            mode: Mode::default(),
            on_dirty: OnDirty::default(),
            verify_files: true,
        }
    }
}

impl RocksdbConfig {
    /// The values of a profile.
    pub fn of(profile: Profile) -> Self {
        let config = Self::default();
        match profile {
            Profile::Memory => Self {
                compression: Vec::new(),
                ..config
            },
            Profile::Ssd => Self {
                background_jobs: 4,
                ..config
            },
            Profile::SpinningDisk => Self {
                block_bytes: 128 << 10,
                level_base_bytes: 1 << 30,
                target_file_bytes: 256 << 20,
                write_buffers: 4,
                write_buffers_to_merge: 3,
                background_jobs: 4,
                ..config
            },
        }
    }

    /// With [`RocksdbConfig::cache_bytes`].
    #[must_use]
    pub fn with_cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// With [`RocksdbConfig::statistics`].
    #[must_use]
    pub fn with_statistics(mut self, statistics: bool) -> Self {
        self.statistics = statistics;
        self
    }

    /// With [`RocksdbConfig::mode`].
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// With [`RocksdbConfig::on_dirty`].
    #[must_use]
    pub fn with_on_dirty(mut self, on_dirty: OnDirty) -> Self {
        self.on_dirty = on_dirty;
        self
    }

    /// With [`RocksdbConfig::verify_files`].
    #[must_use]
    pub fn with_verify_files(mut self, verify_files: bool) -> Self {
        self.verify_files = verify_files;
        self
    }

    pub(crate) fn opening(&self) -> Opening {
        Opening {
            mode: self.mode,
            on_dirty: self.on_dirty,
            verify_files: self.verify_files,
        }
    }
}
