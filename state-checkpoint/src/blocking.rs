//! For programs without a runtime: waits on the calling thread.
//!
//! Everything in this crate that is async can be waited for by any executor, and so by none:
//!
//! ```
//! use state_checkpoint::blocking::block_on;
//! use state_checkpoint::{latest, list, storage};
//!
//! # fn main() -> state_api::Result<()> {
//! let storage = storage::open("memory:", [])?;
//! assert!(block_on(latest(&*storage))?.is_none());
//! assert!(block_on(list(&*storage))?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! A storage over HTTP runs its requests on threads of its own, so the thread that waits need not
//! belong to a runtime. It may: then its runtime loses that thread for as long.

/// Drives `future` to its end on this thread, which sleeps in between.
pub fn block_on<F: Future>(future: F) -> F::Output {
    pollster::block_on(future)
}
