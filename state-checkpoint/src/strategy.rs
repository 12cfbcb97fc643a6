//! Snapshot strategies: what a worker writes for a checkpoint.

use std::path::PathBuf;

/// What a worker writes for a checkpoint.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Strategy {
    /// All rows.
    Full,
    /// What changed since the last confirmed checkpoint, whose files are referred to; all rows where
    /// that is not known or the chain has grown too long.
    Incremental(ChainPolicy),
    /// The engine's own files, those that the last one had only by reference; on backends that
    /// [can](state_api::Capability::native_checkpoint). Only such a backend restores them. The directory is
    /// where the engine lays its files out until they are written: on its own file system, or it copies
    /// them.
    Native(PathBuf),
}

impl Strategy {
    /// [`Strategy::Incremental`] with the default policy.
    pub fn incremental() -> Self {
        Self::Incremental(ChainPolicy::default())
    }
}

/// When a chain of deltas is replaced by a new base.
///
/// A restore reads base and deltas, so it takes as long as their bytes; and a row that was replaced
/// takes space until then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChainPolicy {
    max_deltas: usize,
    max_ratio: f64,
}

impl Default for ChainPolicy {
    /// At most 32 deltas, with at most as many bytes as the base: a chain is no more than twice what it
    /// says.
    fn default() -> Self {
        Self {
            max_deltas: 32,
            max_ratio: 1.0,
        }
    }
}

impl ChainPolicy {
    /// Sets how many delta runs a chain may have before a new base is written.
    pub fn with_max_deltas(mut self, deltas: usize) -> Self {
        self.max_deltas = deltas;
        self
    }

    /// Sets how many bytes the deltas may have, relative to those of the base, before a new base is
    /// written.
    pub fn with_max_ratio(mut self, ratio: f64) -> Self {
        self.max_ratio = ratio;
        self
    }

    /// Whether a chain of `deltas` runs with `delta_bytes` over `base_bytes` may grow by one more.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio of bytes does not hang on the last ones"
    )]
    pub(crate) fn allows(&self, deltas: usize, delta_bytes: u64, base_bytes: u64) -> bool {
        deltas < self.max_deltas && delta_bytes as f64 <= base_bytes as f64 * self.max_ratio
    }
}
