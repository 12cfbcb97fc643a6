//! Configuration: plain data.

use serde::{Deserialize, Serialize};
use state_store::OnDirty;

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
    /// What to do with a directory that a crash left. Default: refuse it.
    pub on_dirty: OnDirty,
}

impl Default for RedbConfig {
    fn default() -> Self {
        Self {
            cache_bytes: 1 << 30,
            on_dirty: OnDirty::default(),
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

    /// With [`RedbConfig::on_dirty`].
    #[must_use]
    pub fn with_on_dirty(mut self, on_dirty: OnDirty) -> Self {
        self.on_dirty = on_dirty;
        self
    }
}
