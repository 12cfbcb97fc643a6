//! Typed in-memory tables with copy-on-write segments: the in-memory heart of the state backends.
//!
//! | type | holds | frozen by | a write to frozen data copies |
//! |---|---|---|---|
//! | [`Table`] | rows by 64-bit hash | [`Table::freeze`], one reference count a segment | one segment |
//! | [`ChunkedList`] | elements in order | `clone`, one `Arc` and the tail | its list of chunks |
//! | [`ChunkedMap`] | entries by key | `clone`, one `Arc` | its list of chunks and one chunk |
//!
//! A list or map is the value of a table's row: freezing the table touches neither, and copying the
//! segment of a row clones it. Nothing here locks. A write touches an atomic only in a segment that was not
//! written since the last freeze or that splits, or in a map of more than [`ChunkedMap::SMALL`] entries.

mod change_log;
mod directory;
mod entry_keys;
mod frozen;
mod held;
mod list;
mod live;
mod map;
mod marks;
mod row;
mod rows;
mod segment;
mod shared;
mod table;
mod tracking;
mod typed;

pub use change_log::LoggedChanges;
pub use frozen::{Frozen, FrozenSegment, IntoSegments};
pub use held::Held;
pub use list::{ChunkedList, Chunks, Iter as ListIter};
pub use map::{ChunkedMap, Iter as MapIter, Range as MapRange};
pub use row::Row;
pub use rows::{Rows, SegmentRef, Segments};
pub use table::Table;
pub use typed::{
    FrozenTable, KeyedRow, Lookup, RestoredRow, TypedElements, TypedEntries, TypedKeys, TypedMut,
    TypedRead, TypedTable, Weight,
};
