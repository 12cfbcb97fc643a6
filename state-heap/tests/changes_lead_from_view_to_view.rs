//! What a view tells to have changed leads from the rows of any earlier view, or of a restore, to its
//! own: under any operations, with several views in flight, from rows of any backend.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic, in their helpers too"
)]

mod rows;

use proptest::prelude::*;
use rows::{Rows, Source};
use state_api::{
    KeyGroupRange, KeyGroups, List, ListDescriptor, Map, MapDescriptor, StateBackend, StateMeta,
    StateRead, StateView, Value, ValueDescriptor,
};
use state_heap::{HeapBackend, HeapView};

type Key = String;
type Heap = HeapBackend<Key>;

#[derive(Clone, Copy)]
struct Handles {
    value: Value<u64, u8>,
    list: List<u32, u8>,
    map: Map<u16, String, u8>,
}

fn register(state: &mut Heap) -> Handles {
    Handles {
        value: state.register(value()).unwrap(),
        list: state.register(list()).unwrap(),
        map: state.register(map()).unwrap(),
    }
}

fn value() -> ValueDescriptor<u64, u8> {
    ValueDescriptor::new("value").namespaced()
}

fn list() -> ListDescriptor<u32, u8> {
    ListDescriptor::new("list").namespaced()
}

fn map() -> MapDescriptor<u16, String, u8> {
    MapDescriptor::new("map").namespaced()
}

#[derive(Clone, Debug)]
enum Op {
    Put(u64),
    Modify,
    /// A closure that leaves a value, or none.
    Update(Option<u64>),
    Take,
    Clear,
    Extend(u32),
    Replace(u32),
    ClearList,
    Insert(u16),
    InsertAll(u16, u16),
    ModifyEntry(u16),
    UpdateEntry(u16, bool),
    TakeEntry(u16),
    Remove(u16),
    RemoveAll(u16, u16),
    ClearMap,
    Freeze,
    Confirm(usize),
    Abort(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let entry = 0..250_u16;
    prop_oneof![
        3 => any::<u64>().prop_map(Op::Put),
        1 => Just(Op::Modify),
        2 => any::<Option<u64>>().prop_map(Op::Update),
        1 => Just(Op::Take),
        1 => Just(Op::Clear),
        5 => (0..90_u32).prop_map(Op::Extend),
        1 => (0..90_u32).prop_map(Op::Replace),
        1 => Just(Op::ClearList),
        3 => entry.clone().prop_map(Op::Insert),
        3 => (entry.clone(), 0..40_u16).prop_map(|(from, len)| Op::InsertAll(from, len)),
        1 => (entry.clone(), 100..300_u16).prop_map(|(from, len)| Op::InsertAll(from, len)),
        2 => entry.clone().prop_map(Op::ModifyEntry),
        3 => (entry.clone(), any::<bool>()).prop_map(|(entry, left)| Op::UpdateEntry(entry, left)),
        2 => entry.clone().prop_map(Op::TakeEntry),
        2 => entry.clone().prop_map(Op::Remove),
        2 => (entry, 0..60_u16).prop_map(|(from, len)| Op::RemoveAll(from, len)),
        1 => Just(Op::ClearMap),
        6 => Just(Op::Freeze),
        2 => any::<usize>().prop_map(Op::Confirm),
        1 => any::<usize>().prop_map(Op::Abort),
    ]
}

/// Mostly one key, so that its list and map grow.
fn address() -> impl Strategy<Value = (u8, u8)> {
    (
        prop_oneof![4 => Just(0), 1 => 0..40_u8],
        prop_oneof![6 => Just(0_u8), 1 => 0..2_u8],
    )
}

fn write(state: &mut Heap, handles: Handles, (key, namespace): (u8, u8), op: &Op, tick: u64) {
    let Handles { value, list, map } = handles;
    let key = format!("key {key}");
    let mut at = state.at_mut(&key);
    let mut at = at.in_namespace(&namespace);
    let text = |i: u16| format!("{tick} {i}");
    let tick = u32::try_from(tick).unwrap();
    match *op {
        Op::Put(new) => at.value(value).put(new).unwrap(),
        Op::Modify => at.value(value).modify(7, |n| *n ^= 1).unwrap(),
        Op::Update(new) => at.value(value).update(|value| *value = new).unwrap(),
        Op::Take => drop(at.value(value).take().unwrap()),
        Op::Clear => at.value(value).clear().unwrap(),
        Op::Extend(len) => at.list(list).extend(tick..tick + len).unwrap(),
        Op::Replace(len) => at.list(list).replace(tick..tick + len).unwrap(),
        Op::ClearList => at.list(list).clear().unwrap(),
        Op::Insert(entry) => at.map(map).insert(entry, text(entry)).unwrap(),
        Op::InsertAll(from, len) => {
            for entry in from..from + len {
                at.map(map).insert(entry, text(entry)).unwrap();
            }
        }
        Op::ModifyEntry(entry) => {
            let add = |s: &mut String| s.push('+');
            at.map(map).modify(&entry, String::new(), add).unwrap();
        }
        Op::UpdateEntry(entry, left) => {
            let new = left.then(|| text(entry));
            at.map(map).update(&entry, |value| *value = new).unwrap();
        }
        Op::TakeEntry(entry) => drop(at.map(map).take(&entry).unwrap()),
        Op::Remove(entry) => at.map(map).remove(&entry).unwrap(),
        Op::RemoveAll(from, len) => {
            for entry in from..from + len {
                at.map(map).remove(&entry).unwrap();
            }
        }
        Op::ClearMap => at.map(map).clear().unwrap(),
        Op::Freeze | Op::Confirm(_) | Op::Abort(_) => unreachable!(),
    }
}

/// A checkpoint that may still be confirmed, or was.
struct Taken {
    epoch: u64,
    rows: Rows,
}

/// `floor` is the earliest epoch that the view must tell changes since; `None` where it may give up.
fn check(
    view: &HeapView<Key>,
    bases: &[Taken],
    floor: Option<u64>,
    states: &[StateMeta],
    buffer: usize,
) {
    let range = view.key_groups().range();
    let middle = range.first().midpoint(range.last());
    let expected = rows::logical(&rows::of(view), states);
    for base in bases {
        if let Some(floor) = floor {
            assert_eq!(view.tracks_since(base.epoch), base.epoch >= floor);
        }
        if !view.tracks_since(base.epoch) {
            assert!(
                view.clone()
                    .into_changes(Some(base.epoch), range, 0)
                    .is_err()
            );
            continue;
        }
        let mut found = base.rows.clone();
        for (first, last) in [(range.first(), middle), (middle + 1, range.last())] {
            let range = KeyGroupRange::new(first, last).unwrap();
            rows::apply(&mut found, view, base.epoch, range, buffer);
        }
        let found = rows::logical(&found, states);
        let keys = |rows: &Rows| rows.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            keys(&found),
            keys(&expected),
            "since {} in {}",
            base.epoch,
            view.epoch()
        );
        assert!(
            found == expected,
            "since {} in {}",
            base.epoch,
            view.epoch()
        );
    }
}

/// Rows to begin with: written by a heap, and cut otherwise if `recut` says so.
fn begin(ops: &[((u8, u8), Op)], cut: Option<(usize, u64)>) -> (Rows, Vec<StateMeta>) {
    let mut state = Heap::new(KeyGroups::all(16).unwrap());
    let handles = register(&mut state);
    for (tick, (address, op)) in (0..).zip(ops) {
        if !matches!(op, Op::Freeze | Op::Confirm(_) | Op::Abort(_)) {
            write(&mut state, handles, *address, op, tick);
        }
    }
    let view = state.freeze().unwrap();
    let (rows, states) = (rows::of(&view), view.states());
    let rows = cut.map_or(rows.clone(), |(len, first)| {
        rows::recut(&rows, &states, len, first)
    });
    (rows, states)
}

fn run(
    start: &[((u8, u8), Op)],
    cut: Option<(usize, u64)>,
    register_first: bool,
    ops: Vec<((u8, u8), Op)>,
    buffer: usize,
    budget: usize,
) {
    let must = |floor: u64| (budget == usize::MAX).then_some(floor);
    let (restored, states) = begin(start, cut);
    let mut state = Heap::new(KeyGroups::all(16).unwrap());
    state.track_changes(budget).unwrap();
    if register_first {
        register(&mut state);
    }
    state
        .restore(&states, &mut Source::new(&restored, &states))
        .unwrap();
    let mut bases = vec![Taken {
        epoch: 0,
        rows: restored,
    }];
    let mut views: Vec<(HeapView<Key>, u64, usize)> = Vec::new();
    let (mut handles, mut floor) = (None, 0);
    for (tick, (address, op)) in (0..).zip(ops) {
        match op {
            Op::Freeze => {
                let view = state.freeze().unwrap();
                let rows = rows::of(&view);
                check(&view, &bases, must(floor), &states, buffer);
                bases.push(Taken {
                    epoch: view.epoch(),
                    rows,
                });
                views.push((view, floor, bases.len()));
            }
            Op::Confirm(i) => {
                let epoch = bases[i % bases.len()].epoch;
                state.confirm(epoch).unwrap();
                floor = floor.max(epoch);
            }
            Op::Abort(i) if !views.is_empty() => drop(views.swap_remove(i % views.len())),
            Op::Abort(_) => {}
            op => {
                let handles = *handles.get_or_insert_with(|| register(&mut state));
                write(&mut state, handles, address, &op, 1000 * (tick + 1));
            }
        }
    }
    // A view keeps what it can tell, whatever was confirmed and written since.
    for (view, floor, known) in views {
        check(&view, &bases[..known], must(floor), &states, buffer);
    }
}

fn ops(most: usize) -> impl Strategy<Value = Vec<((u8, u8), Op)>> {
    prop::collection::vec((address(), op()), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn changes_lead_from_any_earlier_view_to_a_later_one(
        start in ops(25),
        cut in prop::option::of((1..70_usize, prop_oneof![Just(0_u64), 0..1000_u64])),
        register_first in any::<bool>(),
        ops in ops(60),
        buffer in prop_oneof![Just(0_usize), Just(500), Just(usize::MAX)],
        budget in prop_oneof![3 => Just(usize::MAX), 1 => 2000..10_000_usize],
    ) {
        run(&start, cut, register_first, ops, buffer, budget);
    }
}
