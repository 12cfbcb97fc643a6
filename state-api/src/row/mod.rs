//! Rows: what a state is, below the typed surface. Every backend gives and takes the same rows,
//! so that a checkpoint of one restores into any other.
//!
//! A state is an ordered map from `(key group, row key)` to an envelope:
//!
//! | kind | row key | payload of the envelope |
//! |---|---|---|
//! | value | `key, namespace` | the encoded value |
//! | list | `key, namespace, chunk number` (u64, big-endian) | a [`chunk`] of encoded elements, at least one |
//! | map | `key, namespace, map key` | the encoded map value |
//!
//! Key, namespace and map key are in the order-preserving encoding of [`crate::key`]: each is
//! self-delimiting, so the parts need no separators and the rows of one key are contiguous.

mod change;
mod checked;
pub mod chunk;
pub mod envelope;
mod meta;

pub use change::{AllRows, ChangeSource, RangeTombstone, RowChange};
pub use checked::CheckedRows;
pub use meta::{CodecId, StateKind, StateMeta};

use crate::error::Result;

/// One row on its way out of a view or into a backend. Borrowed: valid until the next call to its
/// source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRef<'a> {
    /// The key group, below the max parallelism.
    pub group: u16,
    /// Index of the state in the list of states that goes with the source.
    pub state: u32,
    /// The row key.
    pub key: &'a [u8],
    /// The envelope: see [`envelope`].
    pub envelope: &'a [u8],
}

impl<'a> RowRef<'a> {
    /// What rows are ordered by: key group, state, row key.
    pub fn position(&self) -> (u16, u32, &'a [u8]) {
        (self.group, self.state, self.key)
    }
}

/// A stream of rows, strictly ascending by [`RowRef::position`].
///
/// A lending iterator: rows are borrowed from the source, so that a stream of a billion rows
/// allocates nothing per row.
pub trait RowSource {
    /// The next row, or `None` at the end. After an error or the end, the result of further calls
    /// is unspecified, but never a row out of order.
    ///
    /// # Errors
    /// Whatever the source meets: [`Io`](crate::ErrorKind::Io),
    /// [`Corrupt`](crate::ErrorKind::Corrupt), [`Codec`](crate::ErrorKind::Codec).
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>>;

    /// About how many rows the source has in all, those that were read included; 0 where it is not known.
    /// Only a hint, to make room by: nothing may depend on it.
    fn about_rows(&self) -> u64 {
        0
    }
}

impl<S: RowSource + ?Sized> RowSource for &mut S {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        (**self).next_row()
    }

    fn about_rows(&self) -> u64 {
        (**self).about_rows()
    }
}
