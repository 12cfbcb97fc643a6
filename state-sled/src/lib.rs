//! The state backend over sled 0.34, an embedded store in pure Rust.
//!
//! For who chooses it knowingly: sled 0.34 is a beta whose dependencies are not maintained any more. The
//! README has its traps, and what is done about each.
//!
//! sled has no view of one moment. Views come from the write overlay of [`state_store`]: while they live,
//! writes stay in memory, up to a budget.
//!
//! ```
//! use state_api::{KeyGroups, StateBackend, StateRead, ValueDescriptor};
//! use state_sled::SledConfig;
//!
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("work");
//! let mut state = state_sled::open::<String>(&path, KeyGroups::all(128)?, &SledConfig::default())?;
//! let count = state.register(ValueDescriptor::<u64>::new("count"))?;
//! state.at_mut("orders").value(count).put(3)?;
//! assert_eq!(state.at("orders").value(count).get()?.as_deref(), Some(&3));
//! # Ok::<(), state_api::Error>(())
//! ```

mod backend;
mod config;
mod error;
mod escape;
mod scan;
mod store;

pub use backend::{SledBackend, open};
pub use config::SledConfig;
pub use state_store::OnDirty;
pub use store::SledStore;

/// The code of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
