//! The state backend over redb, an embedded B-tree store in pure Rust.
//!
//! One write transaction stays open between views, with its tables; nothing waits for the disk
//! before [`close`](state_api::StateBackend::close). A view is a read transaction.
//!
//! ```
//! use state_api::{KeyGroups, StateBackend, StateRead, ValueDescriptor};
//! use state_redb::RedbConfig;
//!
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("work");
//! let mut state = state_redb::open::<String>(&path, KeyGroups::all(128)?, &RedbConfig::default())?;
//! let count = state.register(ValueDescriptor::<u64>::new("count"))?;
//! state.at_mut("orders").value(count).put(3)?;
//! assert_eq!(state.at("orders").value(count).get()?.as_deref(), Some(&3));
//! # Ok::<(), state_api::Error>(())
//! ```

mod backend;
mod config;
mod database;
mod error;
mod scan;
mod store;
mod transaction;
mod view;

pub use backend::{RedbBackend, open};
pub use config::RedbConfig;
pub use state_store::{Mode, OnDirty};
pub use store::RedbStore;

/// The code of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
