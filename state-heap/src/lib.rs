//! State backend on the heap.

mod backend;
mod bound;
mod codec;
mod common;
mod export;
mod opaque;
mod slot;
mod view;

pub use backend::HeapBackend;
pub use bound::HeapBound;
pub use export::HeapRows;
pub use view::HeapView;
