//! Changes: what a checkpoint writes. Rows, and tombstones for rows that are gone.

use super::{RowRef, RowSource};
use crate::error::Result;

/// One change of a state. Borrowed: valid until the next call to its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowChange<'a> {
    /// Deletes all older rows of a range.
    DeleteRange(RangeTombstone<'a>),
    /// Puts a row, over an older one.
    Put(RowRef<'a>),
    /// Deletes an older row: a tombstone.
    Delete {
        /// The key group.
        group: u16,
        /// Index of the state.
        state: u32,
        /// The row key.
        key: &'a [u8],
    },
}

/// Deletes the rows `start..end` of one state in one key group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeTombstone<'a> {
    /// The key group.
    pub group: u16,
    /// Index of the state.
    pub state: u32,
    /// The first row key of the range.
    pub start: &'a [u8],
    /// The first row key after the range; `None` reaches to the end of the state.
    pub end: Option<&'a [u8]>,
}

/// Changes in one or more *runs*, each of which is sorted.
///
/// A backend whose rows are sorted gives one run. One that must sort them gives as many as its
/// buffer makes necessary, so that the memory is bounded and what is written can be released.
///
/// # Laws
/// 1. Within a run: range tombstones first, strictly ascending by group, state, start and end (an
///    open end is the highest); then puts and deletes, strictly ascending by
///    [position](RowRef::position).
/// 2. Range tombstones are in the first run only, and delete rows that are older than the source:
///    none of its own puts.
/// 3. A position has at most one put or delete in all runs together.
pub trait ChangeSource {
    /// Begins the next run, the first one included; `false` when there is none. What is left of the
    /// run before is skipped.
    ///
    /// # Errors
    /// Whatever the source meets.
    fn next_run(&mut self) -> Result<bool>;

    /// The next change of the run, or `None` at its end.
    ///
    /// # Errors
    /// Whatever the source meets: [`Io`](crate::ErrorKind::Io), [`Codec`](crate::ErrorKind::Codec),
    /// [`Revoked`](crate::ErrorKind::Revoked).
    fn next_change(&mut self) -> Result<Option<RowChange<'_>>>;
}

impl<C: ChangeSource + ?Sized> ChangeSource for &mut C {
    fn next_run(&mut self) -> Result<bool> {
        (**self).next_run()
    }

    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        (**self).next_change()
    }
}

/// All rows of a source as changes: one run of puts.
#[derive(Clone, Debug)]
pub struct AllRows<R> {
    rows: R,
    begun: bool,
}

impl<R> AllRows<R> {
    /// The rows of `rows`.
    pub fn new(rows: R) -> Self {
        Self { rows, begun: false }
    }
}

impl<R: RowSource> ChangeSource for AllRows<R> {
    fn next_run(&mut self) -> Result<bool> {
        Ok(!std::mem::replace(&mut self.begun, true))
    }

    fn next_change(&mut self) -> Result<Option<RowChange<'_>>> {
        Ok(self.rows.next_row()?.map(RowChange::Put))
    }
}
