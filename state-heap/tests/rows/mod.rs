//! Rows of a view as a map, and changes applied to it, as a restore that merges runs would.
#![allow(dead_code, reason = "no test needs all of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic, in their helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};

use state_api::row::{ChangeSource, RowChange, chunk, envelope};
use state_api::{
    KeyGroupRange, RowRef, RowSource, StateKey, StateKind, StateMeta, StateRead, StateView,
};
use state_heap::HeapView;

/// State name, key group and row key.
pub(crate) type At = (String, u16, Vec<u8>);

/// Rows by place, with their envelopes.
pub(crate) type Rows = BTreeMap<At, Vec<u8>>;

pub(crate) fn of<K: StateKey>(view: &HeapView<K>) -> Rows {
    let names = names(view);
    let range = view.key_groups().range();
    let mut source = view.clone().into_rows(range).unwrap();
    let mut rows = Rows::new();
    while let Some(row) = source.next_row().unwrap() {
        let at = (
            names[row.state as usize].clone(),
            row.group,
            row.key.to_vec(),
        );
        assert_eq!(rows.insert(at, row.envelope.to_vec()), None);
    }
    rows
}

fn names<K: StateKey>(view: &HeapView<K>) -> Vec<String> {
    view.states().into_iter().map(|meta| meta.name).collect()
}

/// How many changes of each kind were applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) ranges: usize,
    pub(crate) puts: usize,
    pub(crate) deletes: usize,
    pub(crate) runs: usize,
    /// Bytes of keys and envelopes in the largest run.
    pub(crate) largest: usize,
}

/// Applies what changed in `view` since `epoch` to the rows of that epoch, and checks the laws of
/// changes.
pub(crate) fn apply<K: StateKey>(
    rows: &mut Rows,
    view: &HeapView<K>,
    epoch: u64,
    range: KeyGroupRange,
    buffer: usize,
) -> Count {
    let names = names(view);
    let mut source = view
        .clone()
        .into_changes(Some(epoch), range, buffer)
        .unwrap();
    let mut count = Count::default();
    let mut places = BTreeSet::new();
    while source.next_run().unwrap() {
        count.runs += 1;
        let (mut last_range, mut last_row, mut bytes) = (None, None, 0);
        while let Some(change) = source.next_change().unwrap() {
            if let RowChange::DeleteRange(gone) = change {
                count.ranges += 1;
                assert!(
                    count.runs == 1 && last_row.is_none(),
                    "range tombstones come first"
                );
                let end = gone.end.map(<[u8]>::to_vec);
                let open = end.is_none();
                let position = (
                    gone.group,
                    gone.state,
                    gone.start.to_vec(),
                    open,
                    end.clone(),
                );
                assert!(
                    last_range < Some(position.clone()),
                    "range tombstones ascend"
                );
                last_range = Some(position);
                let name = &names[gone.state as usize];
                rows.retain(|(state, group, key), _| {
                    let is_in = &key[..] >= gone.start && end.as_ref().is_none_or(|end| key < end);
                    !(state == name && *group == gone.group && is_in)
                });
                continue;
            }
            let (group, state, key, envelope) = match change {
                RowChange::Put(row) => (row.group, row.state, row.key, Some(row.envelope)),
                RowChange::Delete { group, state, key } => (group, state, key, None),
                RowChange::DeleteRange(_) => unreachable!(),
            };
            assert!(range.contains(group));
            let position = Some((group, state, key.to_vec()));
            assert!(last_row < position, "puts and deletes ascend");
            last_row = position;
            bytes += key.len() + envelope.map_or(0, <[u8]>::len);
            let at = (names[state as usize].clone(), group, key.to_vec());
            assert!(places.insert(at.clone()), "one change for a place");
            if let Some(envelope) = envelope {
                count.puts += 1;
                rows.insert(at, envelope.to_vec());
            } else {
                count.deletes += 1;
                rows.remove(&at);
            }
        }
        count.largest = count.largest.max(bytes);
    }
    count
}

/// The rows without the cutting of lists into chunks: all elements of a list in one.
pub(crate) fn logical(rows: &Rows, states: &[StateMeta]) -> Rows {
    let mut all = Rows::new();
    for ((name, group, key), row) in rows {
        let meta = states.iter().find(|meta| meta.name == *name).unwrap();
        if meta.kind == StateKind::List {
            let prefix = key[..key.len() - 8].to_vec();
            let list = all.entry((name.clone(), *group, prefix)).or_default();
            list.extend_from_slice(envelope::payload(row).unwrap());
        } else {
            all.insert((name.clone(), *group, key.clone()), row.clone());
        }
    }
    all
}

/// The same lists in other chunks, as another backend would have them: of about `len` elements, with
/// numbers that count on through all lists from `first`.
pub(crate) fn recut(rows: &Rows, states: &[StateMeta], len: usize, first: u64) -> Rows {
    let mut next = first;
    let mut all = Rows::new();
    for ((name, group, key), row) in logical(rows, states) {
        let meta = states.iter().find(|meta| meta.name == name).unwrap();
        if meta.kind != StateKind::List {
            all.insert((name, group, key), row);
            continue;
        }
        let (mut rest, mut taken, mut payload) = (&row[..], 0, Vec::new());
        while let Some((element, after)) = chunk::split_first(rest).unwrap() {
            chunk::push(&mut payload, element);
            (rest, taken) = (after, taken + 1);
            if taken == len || rest.is_empty() {
                let mut whole = Vec::new();
                envelope::begin(&mut whole);
                whole.append(&mut payload);
                let key = [&key[..], &next.to_be_bytes()].concat();
                all.insert((name.clone(), group, key), whole);
                (next, taken) = (next + 1, 0);
            }
        }
    }
    all
}

/// Rows as a restore takes them, of states in the order of their names.
pub(crate) struct Source {
    rows: Vec<(u16, u32, Vec<u8>, Vec<u8>)>,
    next: usize,
}

impl Source {
    pub(crate) fn new(rows: &Rows, states: &[StateMeta]) -> Self {
        let mut sorted: Vec<_> = rows
            .iter()
            .map(|((name, group, key), row)| {
                let state = states.iter().position(|meta| meta.name == *name).unwrap();
                (
                    *group,
                    u32::try_from(state).unwrap(),
                    key.clone(),
                    row.clone(),
                )
            })
            .collect();
        sorted.sort();
        Self {
            rows: sorted,
            next: 0,
        }
    }
}

impl RowSource for Source {
    fn next_row(&mut self) -> state_api::Result<Option<RowRef<'_>>> {
        self.next += 1;
        let row = self.rows.get(self.next - 1);
        Ok(row.map(|(group, state, key, envelope)| RowRef {
            group: *group,
            state: *state,
            key,
            envelope,
        }))
    }
}
