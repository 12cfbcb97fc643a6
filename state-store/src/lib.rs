//! Typed keyed state over bytes: the trait that an ordered engine implements, and the adapter that
//! makes it a state backend.
//!
//! | to | see |
//! |---|---|
//! | make an engine a backend | [`OrderedRead`], [`OrderedStore`], [`Scan`] |
//! | make one of an engine without snapshots | [`SharedStore`], [`Overlay`] |
//! | know what it becomes | [`StoreBackend`] |
//! | keep a directory that a crash may leave | [`WorkDir`] |
//! | see the smallest implementation | [`MemoryStore`] |
//!
//! ```
//! use state_api::{KeyGroups, ListDescriptor, StateBackend, StateRead};
//! use state_store::{MemoryStore, StoreBackend};
//!
//! let mut state = StoreBackend::<u64, _>::new(MemoryStore::new(), KeyGroups::all(128)?)?;
//! let events = state.register(ListDescriptor::<String>::new("events"))?;
//! state.at_mut(&7).list(events).push("opened".to_owned())?;
//! assert_eq!(state.at(&7).list(events).len()?, 1);
//! # Ok::<(), state_api::Error>(())
//! ```
//!
//! The adapter passes every access through to the engine: one call each, two for those that read
//! and write. Appends to a list read nothing, but for a forgotten chunk
//! [where that costs little](OrderedStore::READS_TAILS).

mod backend;
mod changes;
mod core;
mod delta;
mod directory;
mod engine;
mod inventory;
mod keys;
mod layout;
mod memory;
mod native;
mod numbers;
pub mod overlay;
mod ranges;
mod read;
mod rows;
mod slot;
mod store;
mod tails;
mod view;
mod workdir;
mod write;

pub use backend::{StoreBackend, StoreBound};
pub use delta::StoreChanges;
pub use inventory::file_digest;
pub use layout::RowPrefix;
pub use memory::{MemoryScan, MemoryStore};
pub use native::check_native_name;
pub use overlay::{Overlay, OverlayView, SharedStore};
pub use read::{Elements, KeyGuards, MapEntries, StoreTable};
pub use rows::StoreRows;
pub use store::{Entry, NativeSource, OrderedRead, OrderedStore, Scan, TableId, TableRows};
pub use view::StoreView;
pub use workdir::{Mode, Occupancy, OnDirty, Opening, Tenant, WorkDir, create_dir};
pub use write::StoreTableMut;
