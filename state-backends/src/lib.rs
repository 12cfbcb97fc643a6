//! Keyed state for stream processors and services: choose a backend by a feature.
//!
//! | feature | brings |
//! |---|---|
//! | `heap` (default) | `heap::HeapBackend`: typed values on the heap |
//! | `redb` | `redb::RedbBackend`: redb, an embedded B-tree store in pure Rust |
//! | `postcard` | the postcard codec beside bincode |
//! | `full` | all of it |
//!
//! Features only add; any combination compiles. The traits of [`state_api`] are at the root,
//! checkpoints in [`checkpoint`].

pub use state_api::*;

/// Checkpoints: take, publish, restore, rescale. See [`state_checkpoint`].
pub mod checkpoint {
    pub use state_checkpoint::*;
}

/// Typed values on the heap. See [`state_heap`].
#[cfg(feature = "heap")]
pub mod heap {
    pub use state_heap::*;
}

/// redb, an embedded B-tree store. See [`state_redb`].
#[cfg(feature = "redb")]
pub mod redb {
    pub use state_redb::*;
}

/// The code of the repository's README, compiled and run.
#[cfg(all(doctest, feature = "heap"))]
#[doc = include_str!("../../README.md")]
mod readme {}
