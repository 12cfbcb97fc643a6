//! Rows of a view, gathered.

use std::collections::{BTreeMap, BTreeSet};

use state_api::row::{StateKind, StateMeta, chunk, envelope};
use state_api::{
    Error, ErrorKind, KeyGroupRange, Result, RowRef, RowSource, StateBackend, StateRead, StateView,
};

use crate::difference::Difference;
use crate::site::all_groups;

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

/// Rows by key group, name of the state and row key: as [`gather`] gives them, but for the numbers of
/// the states, which are a view's own.
pub(crate) type Named = BTreeMap<(u16, String, Vec<u8>), Vec<u8>>;

/// All rows of `view` in `range`, by the names of their states.
pub(crate) fn named<V: StateView>(view: V, range: KeyGroupRange) -> Result<Named> {
    let states = view.states();
    by_name(gather(view, range)?, &states)
}

/// Rows of `states`, by the names of those.
fn by_name(rows: Vec<Row>, states: &[StateMeta]) -> Result<Named> {
    let rows = rows.into_iter().map(|row| {
        let name = name_of(states, row.state)?;
        Ok(((row.group, name, row.key), row.envelope))
    });
    rows.collect()
}

/// All rows of a view, by key group, name of the state and row key.
///
/// # Errors
/// What the view meets.
pub fn rows<V: StateView>(view: &V) -> Result<Named> {
    named(view.clone(), all_groups().range())
}

/// The rows in a range of key groups.
pub fn clipped(rows: &Named, range: KeyGroupRange) -> Named {
    let inside = (rows.iter()).filter(|((group, ..), _)| range.contains(*group));
    inside
        .map(|(place, row)| (place.clone(), row.clone()))
        .collect()
}

/// Restores the state of `from` into `to`, its lists in chunks of another cut, as another backend might have
/// written them. Returns the rows that `to` was given.
///
/// # Errors
/// What the backends meet.
pub fn hand_over<A: StateBackend, B: StateBackend>(from: &mut A, to: &mut B) -> Result<Named> {
    let view = from.freeze()?;
    let states = view.states();
    let rows = rechunked(gather(view, all_groups().range())?, &states)?;
    let named = by_name(rows.clone(), &states)?;
    to.restore(&states, &mut Given::new(rows))?;
    Ok(named)
}

/// The name of a state by its number.
pub(crate) fn name_of(states: &[StateMeta], state: u32) -> Result<String> {
    let meta = usize::try_from(state).ok().and_then(|at| states.get(at));
    let unlisted = || Error::new(ErrorKind::Invalid, "a state is not listed").with("state", state);
    Ok(meta.ok_or_else(unlisted)?.name.clone())
}

/// Payloads by name of the state, key group and row key; the chunks of a list joined under the
/// key of the list, so that the cutting into chunks does not show.
pub(crate) type Logical = BTreeMap<(String, u16, Vec<u8>), Vec<u8>>;

/// The logical content of a view: equal for equal state, on any backend.
pub(crate) fn logical<V: StateView>(view: V) -> Result<Logical, Difference> {
    let (states, range) = (view.states(), view.key_groups().range());
    Ok(joined(&named(view, range)?, &states)?)
}

/// The logical content of rows of `states`.
///
/// # Errors
/// When an envelope is of no known version.
pub fn joined(rows: &Named, states: &[StateMeta]) -> Result<Logical> {
    let lists: BTreeSet<_> = states
        .iter()
        .filter(|meta| meta.kind == StateKind::List)
        .map(|meta| &meta.name)
        .collect();
    let mut content = Logical::new();
    for ((group, name, key), row) in rows {
        let mut key = key.clone();
        if lists.contains(name) {
            key.truncate(key.len().saturating_sub(size_of::<u64>()));
        }
        content
            .entry((name.clone(), *group, key))
            .or_default()
            .extend_from_slice(envelope::payload(row)?);
    }
    Ok(content)
}

/// The same lists in other chunks: one element in each, with other numbers. So another backend might
/// have written them.
pub(crate) fn rechunked(rows: Vec<Row>, states: &[StateMeta]) -> Result<Vec<Row>> {
    let mut again = Vec::new();
    let mut number = 5_u64;
    for row in rows {
        let meta = usize::try_from(row.state)
            .ok()
            .and_then(|at| states.get(at));
        if meta.is_none_or(|meta| meta.kind != StateKind::List) {
            again.push(row);
            continue;
        }
        let prefix = row.key.len().saturating_sub(size_of::<u64>());
        let mut rest = envelope::payload(&row.envelope)?;
        while let Some((element, tail)) = chunk::split_first(rest)? {
            rest = tail;
            number += 3;
            let mut key = row.key[..prefix].to_vec();
            key.extend_from_slice(&number.to_be_bytes());
            let mut one = Vec::new();
            envelope::begin(&mut one);
            chunk::push(&mut one, element);
            again.push(Row {
                group: row.group,
                state: row.state,
                key,
                envelope: one,
            });
        }
    }
    Ok(again)
}
