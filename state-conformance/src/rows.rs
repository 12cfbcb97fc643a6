//! Rows of a view, gathered.

use std::collections::BTreeMap;

use state_api::row::envelope;
use state_api::{KeyGroupRange, Result, RowRef, RowSource, StateKind, StateView};

use crate::difference::Difference;

/// A row that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) group: u16,
    pub(crate) state: u32,
    pub(crate) key: Vec<u8>,
    pub(crate) envelope: Vec<u8>,
}

/// Rows in memory, as a source.
pub(crate) struct Given {
    rows: Vec<Row>,
    next: usize,
}

impl Given {
    pub(crate) fn new(rows: Vec<Row>) -> Self {
        Self { rows, next: 0 }
    }
}

impl RowSource for Given {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        let row = self.rows.get(self.next);
        self.next += 1;
        Ok(row.map(|row| RowRef {
            group: row.group,
            state: row.state,
            key: &row.key,
            envelope: &row.envelope,
        }))
    }
}

/// All rows of `view` in `range`, in the order in which they come.
pub(crate) fn gather<V: StateView>(view: V, range: KeyGroupRange) -> Result<Vec<Row>> {
    let mut source = view.into_rows(range)?;
    let mut rows = Vec::new();
    while let Some(row) = source.next_row()? {
        rows.push(Row {
            group: row.group,
            state: row.state,
            key: row.key.into(),
            envelope: row.envelope.into(),
        });
    }
    Ok(rows)
}

/// Payloads by name of the state, key group and row key; the chunks of a list joined under the
/// key of the list, so that the cutting into chunks does not show.
pub(crate) type Logical = BTreeMap<(String, u16, Vec<u8>), Vec<u8>>;

/// The logical content of a view: equal for equal state, on any backend.
pub(crate) fn logical<V: StateView>(view: V) -> Result<Logical, Difference> {
    let (states, range) = (view.states(), view.key_groups().range());
    let mut content = Logical::new();
    for mut row in gather(view, range)? {
        let Some(meta) = usize::try_from(row.state)
            .ok()
            .and_then(|at| states.get(at))
        else {
            return Err(Difference::new(format!(
                "a row of a state that is not listed: {row:?}"
            )));
        };
        if meta.kind == StateKind::List {
            row.key
                .truncate(row.key.len().saturating_sub(size_of::<u64>()));
        }
        let at = (meta.name.clone(), row.group, row.key);
        content
            .entry(at)
            .or_default()
            .extend_from_slice(envelope::payload(&row.envelope)?);
    }
    Ok(content)
}
