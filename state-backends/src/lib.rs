//! Keyed state for stream processors and services.

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
