//! Views: consistent, read-only, for any thread.

use crate::error::{Error, ErrorKind, Result};
use crate::key_group::KeyGroupRange;
use crate::origin::Origin;
use crate::read::StateRead;
use crate::row::{ChangeSource, RowSource};

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
/// 3. The [changes](StateView::into_changes) since an epoch, applied to the rows of the view of that
///    epoch, give the state of this view. For the epoch of a restore, they apply to the rows that
///    the restore brought, on whatever backend those were written.
pub trait StateView: StateRead + Clone + Send + Sync + 'static {
    /// What [`StateView::into_rows`] returns.
    type Rows: RowSource + Send + 'static;

    /// What [`StateView::into_changes`] returns.
    type Changes: ChangeSource + Send + 'static;

    /// Number of the freeze, ascending from 1 within the life of a backend. Epoch 0 is what the
    /// backend was opened or restored with.
    fn epoch(&self) -> u64;

    /// The backend that it is of: that of [`StateBackend::origin`](crate::StateBackend::origin).
    fn origin(&self) -> Origin;

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

    /// Whether the view can tell what changed since the freeze of `epoch`: the backend
    /// [tracked](crate::StateBackend::track_changes) changes from then on, did not
    /// [confirm](crate::StateBackend::confirm) a later epoch before this view was taken, and kept
    /// within its budget.
    /// Where it cannot, a full checkpoint is due.
    fn tracks_since(&self, epoch: u64) -> bool;

    /// What a checkpoint writes in `range`: all rows, or with `since` what changed since the freeze of
    /// that epoch. Possibly more than changed, never less; what was removed comes as a tombstone, and
    /// what was cleared, however large, as one range tombstone. `buffer` is how many bytes the source
    /// may take for sorting.
    ///
    /// Consumes this clone of the view, as [`StateView::into_rows`] does.
    ///
    /// Cost: for all rows one pass; for changes in proportion to them, and to what the backend
    /// documents.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when the view does not [track](StateView::tracks_since)
    /// changes since that epoch; what the engine meets; then what the [source](ChangeSource) meets.
    fn into_changes(
        self,
        since: Option<u64>,
        range: KeyGroupRange,
        buffer: usize,
    ) -> Result<Self::Changes>;
}

/// The error for changes that a view does not [track](StateView::tracks_since).
#[cold]
pub fn untracked(since: u64) -> Error {
    Error::new(
        ErrorKind::Invalid,
        "the view does not track changes since that epoch: take a full checkpoint",
    )
    .with("since", since)
}
