//! State backend over redb.

mod backend;
mod config;
mod error;
mod scan;
mod store;
mod transaction;
mod view;

pub use backend::{RedbBackend, open};
pub use config::RedbConfig;
pub use state_store::OnDirty;
pub use store::RedbStore;
