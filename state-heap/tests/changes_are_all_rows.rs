//! The runs of a full checkpoint together are the rows of the view, each run strictly ascending,
//! whatever the buffer, the range and the states.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use state_api::{
    ChangeSource as _, KeyGroupRange, KeyGroups, ListDescriptor, MapDescriptor, RowChange, RowRef,
    RowSource, StateBackend as _, StateRead as _, StateView as _, ValueDescriptor,
};
use state_heap::{HeapBackend, HeapView};

/// Group, state, row key.
type Position = (u16, u32, Vec<u8>);
type Rows = BTreeMap<Position, Vec<u8>>;

fn owned(row: RowRef<'_>) -> (Position, Vec<u8>) {
    (
        (row.group, row.state, row.key.to_vec()),
        row.envelope.to_vec(),
    )
}

fn rows(view: HeapView<String>, range: KeyGroupRange) -> Rows {
    let mut source = view.into_rows(range).unwrap();
    let mut rows = Rows::new();
    while let Some(row) = source.next_row().unwrap() {
        let (position, envelope) = owned(row);
        assert!(
            rows.last_key_value()
                .is_none_or(|(last, _)| *last < position)
        );
        rows.insert(position, envelope);
    }
    rows
}

/// The rows of all runs, and how many runs they were.
fn runs(view: HeapView<String>, range: KeyGroupRange, buffer: usize) -> (Rows, usize) {
    let mut source = view.into_changes(None, range, buffer).unwrap();
    let (mut rows, mut runs) = (Rows::new(), 0);
    while source.next_run().unwrap() {
        runs += 1;
        let mut last = None;
        while let Some(change) = source.next_change().unwrap() {
            let RowChange::Put(row) = change else {
                panic!("a full checkpoint has a tombstone: {change:?}");
            };
            let (position, envelope) = owned(row);
            assert!(last < Some(position.clone()), "run {runs} does not ascend");
            last = Some(position.clone());
            let before = rows.insert(position, envelope);
            assert!(before.is_none(), "two runs have one position");
        }
        assert!(last.is_some(), "run {runs} is empty");
    }
    (rows, runs)
}

/// The rows of a view of another backend, for a restore.
struct Given(std::vec::IntoIter<(Position, Vec<u8>)>, (Position, Vec<u8>));

impl RowSource for Given {
    fn next_row(&mut self) -> state_api::Result<Option<RowRef<'_>>> {
        let Some(row) = self.0.next() else {
            return Ok(None);
        };
        self.1 = row;
        let ((group, state, key), envelope) = &self.1;
        Ok(Some(RowRef {
            group: *group,
            state: *state,
            key,
            envelope,
        }))
    }
}

#[derive(Clone, Debug)]
enum Write {
    Value(String, String),
    /// A value in a namespace, so large that it is a chunk of the buffer by itself.
    Large(String, u8, u16),
    List(String, u16),
    Map(String, Vec<String>),
}

/// Keys that agree in their first eight bytes, in more of them, or are no longer than that.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]{0,3}",
        "commonly-[ab]{0,3}",
        "commonly-and-at-length-[ab]{0,3}[\0a]{0,2}",
        "[a-c]{8}[\0a]{0,9}",
    ]
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        4 => (key(), ".{0,20}").prop_map(|(k, v)| Write::Value(k, v)),
        1 => (key(), 0..3_u8, 0..5000_u16).prop_map(|(k, n, len)| Write::Large(k, n, len)),
        1 => (key(), 1..200_u16).prop_map(|(k, len)| Write::List(k, len)),
        2 => (key(), prop::collection::vec(key(), 1..40)).prop_map(|(k, v)| Write::Map(k, v)),
    ]
}

fn state(groups: KeyGroups, writes: &[Write]) -> HeapBackend<String> {
    let mut state = HeapBackend::<String>::new(groups);
    let value = state.register(ValueDescriptor::<String>::new("b")).unwrap();
    let large = ValueDescriptor::<String>::new("c").namespaced::<u8>();
    let large = state.register(large).unwrap();
    let list = state.register(ListDescriptor::<u16>::new("a")).unwrap();
    let map = MapDescriptor::<String, u8>::new("d");
    let map = state.register(map).unwrap();
    for write in writes {
        match write {
            Write::Value(key, content) => {
                let mut at = state.at_mut(key);
                at.value(value).put(content.clone()).unwrap();
            }
            Write::Large(key, namespace, len) => {
                let mut at = state.at_mut(key);
                let content = "x".repeat(usize::from(*len));
                let mut at = at.in_namespace(namespace);
                at.value(large).put(content).unwrap();
            }
            Write::List(key, len) => state.at_mut(key).list(list).extend(0..*len).unwrap(),
            Write::Map(key, entries) => {
                for entry in entries {
                    state.at_mut(key).map(map).insert(entry.clone(), 1).unwrap();
                }
            }
        }
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn runs_are_the_rows(
        writes in prop::collection::vec(write(), 0..120),
        max_parallelism in prop_oneof![Just(1_u16), Just(4), Just(128)],
        ends in any::<(u16, u16)>(),
        buffer in prop_oneof![1 => Just(1_usize), 4 => 1..20_000_usize, 1 => Just(1 << 20)],
        opaque: bool,
    ) {
        let groups = KeyGroups::all(max_parallelism).unwrap();
        let (first, last) = (ends.0 % max_parallelism, ends.1 % max_parallelism);
        let range = KeyGroupRange::new(first.min(last), first.max(last)).unwrap();
        let mut written = state(groups, &writes);
        let view = written.freeze().unwrap();
        let all = rows(view.clone(), groups.range());

        let view = if opaque {
            let mut restored = HeapBackend::<String>::new(groups);
            let given: Vec<_> = all.clone().into_iter().collect();
            let mut given = Given(given.into_iter(), Default::default());
            restored.restore(&view.states(), &mut given).unwrap();
            restored.freeze().unwrap()
        } else {
            view
        };
        let mut expected = all;
        expected.retain(|(group, ..), _| range.contains(*group));
        prop_assert_eq!(&rows(view.clone(), range), &expected);
        let (found, runs) = runs(view, range, buffer);
        prop_assert_eq!(&found, &expected);
        if buffer == 1 {
            prop_assert_eq!(runs, expected.len(), "at least one row a run, and no more than fits");
        }
        if buffer == 1 << 20 {
            prop_assert_eq!(runs, usize::from(!expected.is_empty()));
        }
    }
}
