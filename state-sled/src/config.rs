//! Configuration: plain data.

use serde::{Deserialize, Serialize};
use state_store::{Mode, OnDirty, Opening};

/// How to open a sled backend.
///
/// ```
/// use state_sled::{OnDirty, SledConfig};
///
/// let config = SledConfig::default().with_cache_bytes(256 << 20).with_on_dirty(OnDirty::Wipe);
/// assert_eq!(config.cache_bytes, 268_435_456);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SledConfig {
    /// Bytes of memory for sled's page cache. Default: 1 GiB, as sled's own.
    pub cache_bytes: u64,
    /// Bytes of writes that are held in memory for living views. At the budget the oldest view is
    /// [revoked](state_api::ErrorKind::Revoked). Default: 256 MiB.
    pub overlay_bytes: usize,
    /// What to do with a directory that a crash left. Default: refuse it.
    pub on_dirty: OnDirty,
    /// Whether an open reads all files to compare them with what the last clean close left: sled opens
    /// damaged files, and rows are silently gone. Default: yes.
    pub verify_files: bool,
}

impl Default for SledConfig {
    fn default() -> Self {
        Self {
            cache_bytes: 1 << 30,
            overlay_bytes: 256 << 20,
            on_dirty: OnDirty::default(),
            verify_files: true,
        }
    }
}

impl SledConfig {
    /// With [`SledConfig::cache_bytes`].
    #[must_use]
    pub fn with_cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// With [`SledConfig::overlay_bytes`].
    #[must_use]
    pub fn with_overlay_bytes(mut self, bytes: usize) -> Self {
        self.overlay_bytes = bytes;
        self
    }

    /// With [`SledConfig::on_dirty`].
    #[must_use]
    pub fn with_on_dirty(mut self, on_dirty: OnDirty) -> Self {
        self.on_dirty = on_dirty;
        self
    }

    /// With [`SledConfig::verify_files`].
    #[must_use]
    pub fn with_verify_files(mut self, verify_files: bool) -> Self {
        self.verify_files = verify_files;
        self
    }

    pub(crate) fn opening(&self) -> Opening {
        Opening {
            mode: Mode::Scratch,
            on_dirty: self.on_dirty,
            verify_files: self.verify_files,
        }
    }
}
