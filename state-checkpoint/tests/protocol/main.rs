//! What the protocol of jobs, publishing, retention and collection promises, whatever happens on the
//! way.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy exempts test functions, not the functions they call"
)]

mod refusing;
mod world;

mod collection;
mod collector_paused;
mod crashes;
mod failed_read;
mod failed_removal;
mod fences;
mod many_records;
mod paused;
mod reuse;
mod savepoints;
mod temporary;
mod two_collections;
mod unreadable;
