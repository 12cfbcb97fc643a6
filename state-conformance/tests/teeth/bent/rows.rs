//! Sources of rows, with a defect.

use std::collections::BTreeSet;

use state_api::{KeyGroups, Result, RowRef, RowSource, StateMeta};

use super::Bend;

/// The rows of a view.
pub(crate) struct BentRows<R> {
    pub(super) inner: R,
    pub(super) bend: Option<Bend>,
}

impl<R: RowSource> RowSource for BentRows<R> {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        let row = self.inner.next_row()?;
        Ok(match (self.bend, row) {
            (Some(Bend::GroupOffByOne), Some(row)) => Some(RowRef {
                group: row.group + 1,
                ..row
            }),
            (_, row) => row,
        })
    }
}

/// The rows of a restore, without some.
pub(super) struct Without<'r> {
    pub(super) inner: &'r mut dyn RowSource,
    pub(super) skipped: BTreeSet<u32>,
    pub(super) groups: Option<KeyGroups>,
}

impl<'r> Without<'r> {
    /// Without the rows of other workers.
    pub(super) fn foreign(inner: &'r mut dyn RowSource, groups: KeyGroups) -> Self {
        Self {
            inner,
            skipped: BTreeSet::new(),
            groups: Some(groups),
        }
    }

    /// Without the rows of states that are not registered.
    pub(super) fn unknown(
        inner: &'r mut dyn RowSource,
        states: &[StateMeta],
        known: &[StateMeta],
    ) -> Self {
        let unknown = (0..).zip(states).filter(|(_, meta)| !known.contains(meta));
        Self {
            inner,
            skipped: unknown.map(|(number, _)| number).collect(),
            groups: None,
        }
    }
}

impl RowSource for Without<'_> {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        // Copied, as a row cannot be looked at and passed on in a loop.
        loop {
            let Some(row) = self.inner.next_row()? else {
                return Ok(None);
            };
            let foreign = self.groups.is_some_and(|g| !g.range().contains(row.group));
            if !foreign && !self.skipped.contains(&row.state) {
                let row = RowRef {
                    key: row.key.to_vec().leak(),
                    envelope: row.envelope.to_vec().leak(),
                    ..row
                };
                return Ok(Some(row));
            }
        }
    }
}
