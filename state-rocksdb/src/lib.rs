//! The state backend over RocksDB, a store of log-structured merge trees.
//!
//! A column family per state; a view is a snapshot of the sequence of writes, which costs microseconds
//! for any state. Nothing waits for the disk before [`close`](state_api::StateBackend::close).
//!
//! ```
//! use state_api::{KeyGroups, StateBackend, StateRead, ValueDescriptor};
//! use state_rocksdb::RocksdbConfig;
//!
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("work");
//! let config = RocksdbConfig::default();
//! let mut state = state_rocksdb::open::<String>(&path, KeyGroups::all(128)?, &config)?;
//! let count = state.register(ValueDescriptor::<u64>::new("count"))?;
//! state.at_mut("orders").value(count).put(3)?;
//! assert_eq!(state.at("orders").value(count).get()?.as_deref(), Some(&3));
//! # Ok::<(), state_api::Error>(())
//! ```

mod backend;
mod columns;
mod config;
mod engine;
mod error;
mod ingest;
mod metrics;
mod native;
mod options;
mod pending;
mod scan;
mod store;
mod view;

/// The engine: for [`open_with`], tickers and what is not covered here.
pub use rocksdb;

pub use backend::{RocksdbBackend, open, open_with};
pub use config::{Compaction, Compression, Profile, RocksdbConfig};
pub use metrics::RocksdbMetrics;
pub use native::{NativeView, native_view};
pub use state_store::{Mode, OnDirty};
pub use store::RocksdbStore;

/// The code of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
