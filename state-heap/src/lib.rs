//! The state backend that keeps typed values on the heap.
//!
//! Reads are borrows, updates happen in place, and nothing is encoded but by a checkpoint. A view
//! is taken in some microseconds per ten thousand rows and releases what it holds when it is
//! dropped. What does not fit into memory does not fit here: the state is lost with the process,
//! and a checkpoint is its durability.
//!
//! ```
//! use state_api::{KeyGroups, StateBackend, StateRead, ValueDescriptor};
//! use state_heap::HeapBackend;
//!
//! let mut state = HeapBackend::<String>::new(KeyGroups::all(128)?);
//! let count = state.register(ValueDescriptor::<u64>::new("count"))?;
//! state.at_mut("orders").value(count).modify(0, |n| *n += 1)?;
//!
//! let view = state.freeze()?;
//! state.at_mut("orders").value(count).modify(0, |n| *n += 1)?;
//! assert_eq!(view.at("orders").value(count).get()?.as_deref(), Some(&1));
//! assert_eq!(state.at("orders").value(count).get()?.as_deref(), Some(&2));
//! # Ok::<(), state_api::Error>(())
//! ```

mod ahead;
mod backend;
mod bound;
mod buffer;
mod changes;
mod codec;
mod common;
mod export;
mod forecast;
mod opaque;
mod runs;
mod slot;
mod view;
mod walk;

pub use backend::HeapBackend;
pub use bound::HeapBound;
pub use changes::{ChangedRows, HeapChanges};
pub use export::HeapRows;
pub use runs::SortedRuns;
pub use view::HeapView;
