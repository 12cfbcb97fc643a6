//! Keyed state for stream processors and services: choose a backend by a feature, or by a URL when the
//! program runs.
//!
//! | feature | brings |
//! |---|---|
//! | `heap` (default) | `heap::HeapBackend`: typed values on the heap |
//! | `redb` | `redb::RedbBackend`: redb, an embedded B-tree store in pure Rust |
//! | `rocksdb` | `rocksdb::RocksdbBackend`: RocksDB, a store of log-structured merge trees in C++ |
//! | `sled` | `sled::SledBackend`: sled 0.34, an embedded store in pure Rust, for who chooses it knowingly |
//! | `postcard` | the postcard codec beside the default bincode one |
//! | `full` | all of the above |
//! | `s3`, `gcs`, `azure`, `hdfs`, `object` | checkpoints in object stores: [`checkpoint::storage::open`] |
//!
//! Features only add; any combination compiles. The traits of [`state_api`] are at the root,
//! checkpoints in [`checkpoint`].
//!
//! With any backend there are [`open`] and [`AnyBackend`], a backend chosen by a URL:
//!
//! ```
//! # #[cfg(feature = "heap")] {
//! use state_backends::{KeyGroups, StateBackend, open};
//!
//! let state = open::<String>("heap:", KeyGroups::all(128)?)?;
//! assert_eq!(state.name(), "heap");
//! # }
//! # Ok::<(), state_backends::Error>(())
//! ```

#[macro_use]
mod list;

// Each backend's feature: without one there is nothing to choose from.
#[cfg(any(
    feature = "heap",
    feature = "redb",
    feature = "rocksdb",
    feature = "sled"
))]
pub mod any;

pub use state_api::*;

/// Checkpoints: take, publish, restore, rescale. See [`state_checkpoint`].
pub mod checkpoint {
    pub use state_checkpoint::*;
}

macro_rules! backends {
    ({}) => {};
    ({} $(($Variant:ident $feature:literal $module:ident $krate:ident $Backend:ident $place:ident
           [$($doc:literal)+]))+) => {
        $(
            $(#[doc = $doc])+
            #[doc = concat!("See [`", stringify!($krate), "`].")]
            pub mod $module {
                pub use $krate::*;
            }
        )+

        pub use any::{AnyBackend, AnyView, BackendUrl, open};
    };
}

each_backend!(backends {});

/// The code of the repository's README, compiled and run.
#[cfg(all(doctest, feature = "heap"))]
#[doc = include_str!("../../README.md")]
mod readme {}
