//! All that a view gives, read as a checkpoint reads it and kept nowhere.

use state_api::{ChangeSource, RowChange};

use crate::inputs::index;

/// How much there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Rows, and what tells of rows that are gone.
    pub(crate) changes: u64,
    /// Bytes of their keys and envelopes.
    pub(crate) bytes: u64,
}

/// Reads all of it.
///
/// # Errors
/// What the source meets.
pub(crate) fn drain(mut source: impl ChangeSource) -> state_api::Result<Drained> {
    let mut all = Drained::default();
    while source.next_run()? {
        while let Some(change) = source.next_change()? {
            let bytes = match change {
                RowChange::Put(row) => row.key.len() + row.envelope.len(),
                RowChange::Delete { key, .. } => key.len(),
                RowChange::DeleteRange(range) => {
                    range.start.len() + range.end.map_or(0, <[u8]>::len)
                }
            };
            all.changes += 1;
            all.bytes += index(bytes);
        }
    }
    Ok(all)
}
