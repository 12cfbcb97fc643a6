//! Rows of states that nobody registered: kept as they came, carried into every view.

use std::sync::Arc;

use state_api::{KeyGroupRange, Result, RowRef};

use crate::buffer::RowBuffer;
use crate::export::{ExportState, GroupBatch, RowSink as _};
use crate::walk::WalkState;

/// Rows of one state, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpaqueRows {
    bytes: Vec<u8>,
    /// Key group, start, end of key and end of envelope of each row, in `bytes`.
    rows: Vec<(u16, usize, usize, usize)>,
}

impl OpaqueRows {
    /// Adds a row behind the others.
    pub(crate) fn push(&mut self, row: RowRef<'_>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(row.key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(row.envelope);
        self.rows
            .push((row.group, start, key_end, self.bytes.len()));
    }

    /// Key and envelope of each row.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.rows.iter().filter_map(|&(_, start, key_end, end)| {
            Some((
                self.bytes.get(start..key_end)?,
                self.bytes.get(key_end..end)?,
            ))
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.capacity() + self.rows.capacity() * size_of::<(u16, usize, usize, usize)>()
    }
}

/// Export of opaque rows.
pub(crate) struct OpaqueExport {
    rows: Arc<OpaqueRows>,
    range: KeyGroupRange,
}

impl OpaqueExport {
    pub(crate) fn new(rows: Arc<OpaqueRows>, range: KeyGroupRange) -> Self {
        Self { rows, range }
    }
}

impl ExportState for OpaqueExport {
    fn take_group(&mut self, group: u16) -> Result<GroupBatch> {
        let mut batch = GroupBatch::default();
        if self.range.contains(group) {
            let from = self.rows.rows.partition_point(|row| row.0 < group);
            let to = self.rows.rows.partition_point(|row| row.0 <= group);
            for &(_, start, key_end, end) in self.rows.rows.get(from..to).unwrap_or_default() {
                let bytes = &self.rows.bytes;
                if let (Some(key), Some(envelope)) =
                    (bytes.get(start..key_end), bytes.get(key_end..end))
                {
                    batch.push_encoded(key, envelope);
                }
            }
        }
        Ok(batch)
    }
}

/// The rows of a range, for a checkpoint.
pub(crate) struct OpaqueWalk {
    rows: Arc<OpaqueRows>,
    next: usize,
    end: usize,
}

impl OpaqueWalk {
    pub(crate) fn new(rows: Arc<OpaqueRows>, range: KeyGroupRange) -> Self {
        let next = rows.rows.partition_point(|row| row.0 < range.first());
        let end = rows.rows.partition_point(|row| row.0 <= range.last());
        Self { rows, next, end }
    }
}

impl WalkState for OpaqueWalk {
    fn fill(&mut self, out: &mut RowBuffer) -> Result<bool> {
        let OpaqueRows { bytes, rows } = &*self.rows;
        for &(group, start, key_end, end) in rows.get(self.next..self.end).unwrap_or_default() {
            self.next += 1;
            out.begin_group(group);
            let row = out.begin();
            let key_start = row.len();
            row.extend_from_slice(bytes.get(start..end).unwrap_or_default());
            if out.end(key_start + (key_end - start))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn rows_left(&self) -> usize {
        self.end.saturating_sub(self.next)
    }
}
