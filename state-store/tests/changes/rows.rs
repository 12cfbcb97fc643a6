//! Rows of a view, and changes applied to them.

use std::collections::{BTreeMap, BTreeSet};

use state_api::row::RangeTombstone;
use state_api::{
    ChangeSource, KeyGroupRange, KeyGroups, RowChange, RowSource, StateKey, StateRead, StateView,
};
use state_store::{MemoryStore, OrderedRead, StoreBackend, StoreView};

pub(crate) type Backend<K> = StoreBackend<K, MemoryStore>;
pub(crate) type View<K> = StoreView<K, MemoryStore>;

/// Envelopes by key group, name of the state and row key.
pub(crate) type Rows = BTreeMap<(u16, String, Vec<u8>), Vec<u8>>;

pub(crate) fn open<K: StateKey>() -> Backend<K> {
    StoreBackend::new(MemoryStore::new(), KeyGroups::all(4).unwrap()).unwrap()
}

pub(crate) fn all() -> KeyGroupRange {
    KeyGroupRange::new(0, 3).unwrap()
}

fn names<K: StateKey, R: OrderedRead>(view: &StoreView<K, R>) -> Vec<String> {
    view.states().into_iter().map(|meta| meta.name).collect()
}

fn name_of(names: &[String], state: u32) -> String {
    names.get(state as usize).unwrap().clone()
}

pub(crate) fn rows<K: StateKey>(view: &View<K>, range: KeyGroupRange) -> Rows {
    let names = names(view);
    let mut source = view.clone().into_rows(range).unwrap();
    let mut rows = Rows::new();
    while let Some(row) = source.next_row().unwrap() {
        let name = name_of(&names, row.state);
        rows.insert((row.group, name, row.key.to_vec()), row.envelope.to_vec());
    }
    rows
}

/// The changes of a view, with states by name.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) ranges: Vec<(u16, String, Vec<u8>, Option<Vec<u8>>)>,
    pub(crate) puts: Rows,
    pub(crate) deletes: BTreeSet<(u16, String, Vec<u8>)>,
}

impl Changes {
    pub(crate) fn len(&self) -> usize {
        self.ranges.len() + self.puts.len() + self.deletes.len()
    }

    /// Applies the changes to older rows.
    pub(crate) fn apply(&self, rows: &mut Rows) {
        rows.retain(|row, _| !self.ranges.iter().any(|range| covers(range, row)));
        for row in &self.deletes {
            rows.remove(row);
        }
        rows.extend(self.puts.clone());
    }
}

fn covers(
    (group, state, start, end): &(u16, String, Vec<u8>, Option<Vec<u8>>),
    row: &(u16, String, Vec<u8>),
) -> bool {
    (*group, state, start) <= (row.0, &row.1, &row.2)
        && (*group, state) == (row.0, &row.1)
        && end.as_ref().is_none_or(|end| row.2 < *end)
}

/// Reads what changed since an epoch, and checks the laws of a source.
pub(crate) fn changes<K: StateKey>(
    view: &View<K>,
    since: Option<u64>,
    range: KeyGroupRange,
    buffer: usize,
) -> Changes {
    let names = names(view);
    let name = |state: u32| name_of(&names, state);
    let mut found = Changes::default();
    let mut source = view.clone().into_changes(since, range, buffer).unwrap();
    assert!(source.next_run().unwrap());
    let mut last_range = None;
    let mut last = None;
    while let Some(change) = source.next_change().unwrap() {
        let (group, state, key) = match change {
            RowChange::DeleteRange(RangeTombstone {
                group,
                state,
                start,
                end,
            }) => {
                assert_eq!(last, None, "a range behind a row");
                assert!(range.contains(group));
                assert!(end.is_none_or(|end| start < end), "an empty range");
                let this = (group, state, start.to_vec(), end.map(<[u8]>::to_vec));
                if let Some((before, of, _, reaches)) = last_range.replace(this.clone()) {
                    let disjoint = reaches.is_some_and(|reaches: Vec<u8>| reaches < this.2);
                    assert!((before, of) < (group, state) || disjoint && before == group);
                }
                let (group, state, start, end) = this;
                found.ranges.push((group, name(state), start, end));
                continue;
            }
            RowChange::Put(row) => {
                let at = (row.group, name(row.state), row.key.to_vec());
                found.puts.insert(at, row.envelope.to_vec());
                row.position()
            }
            RowChange::Delete { group, state, key } => {
                let at = (group, name(state), key.to_vec());
                let covered = found.ranges.iter().any(|range| covers(range, &at));
                assert!(!covered, "deleted by a range already: {at:?}");
                found.deletes.insert(at);
                (group, state, key)
            }
        };
        assert!(range.contains(group));
        let this = (group, state, key.to_vec());
        assert!(last.replace(this.clone()) < Some(this), "out of order");
    }
    assert!(!source.next_run().unwrap());
    found
}

/// Whether changes since an epoch, applied to the rows of then, give the rows of a view.
pub(crate) fn check<K: StateKey>(
    view: &View<K>,
    (since, then): (u64, &Rows),
    range: KeyGroupRange,
    buffer: usize,
) {
    let changes = changes(view, Some(since), range, buffer);
    let mut applied = then.clone();
    applied.retain(|(group, ..), _| range.contains(*group));
    changes.apply(&mut applied);
    let expected = rows(view, range);
    assert_eq!(
        applied,
        expected,
        "since {since} in {range}, at {}: {changes:?}",
        view.epoch()
    );
}
