//! Views: consistent, read-only, for any thread.

use crate::error::Result;
use crate::key_group::KeyGroupRange;
use crate::read::StateRead;
use crate::row::RowSource;

/// What [`StateBackend::freeze`](crate::StateBackend::freeze) returns: the state as it was, for
/// live reads on other threads, for a checkpoint, for a conversion.
///
/// A view is the only snapshot mechanism. It is cheap to clone, outlives its backend, and releases
/// what it holds when the last clone is dropped.
///
/// # Laws
/// 1. A view equals the state at the moment of its freeze, for as long as it lives.
/// 2. Equal state gives equal rows, however it came about, but for the cutting of lists into
///    chunks.
pub trait StateView: StateRead + Clone + Send + Sync + 'static {
    /// What [`StateView::into_rows`] returns.
    type Rows: RowSource + Send + 'static;

    /// Number of the freeze, ascending from 1 within the life of a backend.
    fn epoch(&self) -> u64;

    /// All rows in `range`, strictly ascending, their state an index into
    /// [`StateRead::states`]. Consumes this clone of the view, so that memory which only the view
    /// holds is released as the rows go by.
    ///
    /// Cost: one pass; memory in proportion to the largest key group where rows must be sorted
    /// first (heap), constant otherwise.
    ///
    /// # Errors
    /// What the engine meets; then what [`RowSource::next_row`] meets.
    fn into_rows(self, range: KeyGroupRange) -> Result<Self::Rows>;
}
