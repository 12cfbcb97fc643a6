//! Configuration: plain data.

use serde::{Deserialize, Serialize};
use state_store::{Mode, OnDirty, Opening};

/// How to open a redb backend.
///
/// ```
/// use state_redb::{OnDirty, RedbConfig};
///
/// let config = RedbConfig::default().with_cache_bytes(256 << 20).with_on_dirty(OnDirty::Wipe);
/// assert_eq!(config.cache_bytes, 268_435_456);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RedbConfig {
    /// Bytes of memory for redb's page cache; half of it at most holds pages that are written but
    /// not yet flushed. Default: 1 GiB, as redb's own.
    pub cache_bytes: usize,
    /// What survives a crash. Default: nothing, the checkpoint is the durability.
    pub mode: Mode,
    /// What to do with a scratch directory that a crash left. Default: refuse it.
    pub on_dirty: OnDirty,
    /// Whether an open reads the whole file to compare it with what the last clean close left: redb
    /// does not check pages when it reads them. Default: yes.
    pub verify_files: bool,
}

impl Default for RedbConfig {
    fn default() -> Self {
        Self {
            cache_bytes: 1 << 30,
            mode: Mode::default(),
            on_dirty: OnDirty::default(),
            verify_files: true,
        }
    }
}

impl RedbConfig {
    /// With [`RedbConfig::cache_bytes`].
    #[must_use]
    pub fn with_cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// With [`RedbConfig::mode`].
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// With [`RedbConfig::verify_files`].
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

    /// With [`RedbConfig::on_dirty`].
    #[must_use]
    pub fn with_on_dirty(mut self, on_dirty: OnDirty) -> Self {
        self.on_dirty = on_dirty;
        self
    }
}
