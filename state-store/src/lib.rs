//! Typed keyed state over bytes.

mod backend;
mod core;
mod directory;
mod layout;
mod memory;
mod read;
mod rows;
mod slot;
mod store;
mod tails;
mod view;
mod workdir;
mod write;

pub use backend::{StoreBackend, StoreBound};
pub use layout::RowPrefix;
pub use memory::{MemoryScan, MemoryStore};
pub use read::{Elements, KeyGuards, MapEntries, StoreTable};
pub use rows::StoreRows;
pub use store::{Entry, OrderedRead, OrderedStore, Scan, TableId};
pub use view::StoreView;
pub use workdir::{OnDirty, WorkDir};
pub use write::StoreTableMut;
