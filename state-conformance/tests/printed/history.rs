//! Histories that fail on a broken store, as they were once shrunk; and one with every kind of step.

use std::ops::Bound;

use state_conformance::model::spec::{ListOp, MapOp, ValueOp, Walk};
use state_conformance::model::{Data, Key, Options, Registration, Step, Text, Via};

fn does(data: Data) -> Step {
    Step::Do(Via::Cursor, data)
}

pub(crate) fn key(text: &str) -> Key {
    Key::all().find(|key| key.text() == text).unwrap()
}

fn counts(text: &str, op: ValueOp<u64>) -> Step {
    does(Data::Counts(key(text), op))
}

fn events(text: &str, op: ListOp<u64>) -> Step {
    does(Data::Events(key(text), op))
}

fn scores(text: &str, op: MapOp<i64, u64>) -> Step {
    does(Data::Scores(key(text), op))
}

pub(crate) fn drops_deletes() -> Vec<Step> {
    vec![
        counts("a", ValueOp::Put(0)),
        Step::Do(Via::Bound, Data::Counts(key("a"), ValueOp::Update(None))),
    ]
}

pub(crate) fn views_are_live() -> Vec<Step> {
    let note = |note: &str| does(Data::Notes(key("a"), 0, ValueOp::Put(Text::from(note))));
    vec![note("x"), Step::Freeze, note("y"), Step::ReadView(0)]
}

pub(crate) fn range_delete_takes_neighbour() -> Vec<Step> {
    vec![
        scores("a", MapOp::Insert(0, 1)),
        scores("ab", MapOp::Insert(i64::MIN, u64::MAX)),
        scores("", MapOp::Insert(2, 3)),
        scores("\0", MapOp::Insert(2, 3)),
        scores("b", MapOp::Insert(2, 3)),
        scores("", MapOp::Clear),
        scores("\0", MapOp::Clear),
        scores("a", MapOp::Clear),
    ]
}

pub(crate) fn range_delete_leaves_last() -> Vec<Step> {
    vec![
        events("a", ListOp::Push(0)),
        events("a", ListOp::Replace(Vec::new())),
    ]
}

pub(crate) fn scans_backwards() -> Vec<Step> {
    vec![
        scores("a", MapOp::Insert(0, 0)),
        scores("a", MapOp::Insert(1, 0)),
        scores("a", MapOp::First),
    ]
}

pub(crate) fn back_is_front() -> Vec<Step> {
    let tag = |name: &str| {
        let op = MapOp::Insert(name.to_owned(), Text::from("x"));
        does(Data::Tags(key("a"), u32::MAX, op))
    };
    vec![
        tag(""),
        tag("a\0"),
        does(Data::Tags(key("a"), u32::MAX, MapOp::Last)),
    ]
}

pub(crate) fn scan_misses_last() -> Vec<Step> {
    let long = "k".repeat(64 << 10);
    let word = ListOp::Push(Text("t".repeat(300)));
    vec![does(Data::Words(key(&long), "n\0".to_owned(), word))]
}

pub(crate) fn scan_includes_excluded() -> Vec<Step> {
    let range = MapOp::Range(Bound::Excluded(0), Bound::Unbounded, Walk::Forward);
    vec![scores("a", MapOp::Insert(0, 0)), scores("a", range)]
}

pub(crate) fn loses_every_seventh_put() -> Vec<Step> {
    (0..7).map(|n| scores("a", MapOp::Insert(n, 0))).collect()
}

pub(crate) fn one_table() -> Vec<Step> {
    vec![events("a", ListOp::Push(0)), Step::Rescale(2, Options(0))]
}

pub(crate) fn drops_deletes_with_other_options() -> Vec<Step> {
    vec![
        Step::Restore(Registration::Between, Options(5)),
        counts("a", ValueOp::Put(0)),
        counts("a", ValueOp::Clear),
        Step::Reopen(Options(4)),
        counts("a", ValueOp::Put(0)),
        counts("a", ValueOp::Clear),
    ]
}

pub(crate) fn view_loses_a_table() -> Vec<Step> {
    vec![
        counts("a", ValueOp::Put(0)),
        counts("ab", ValueOp::Put(0)),
        Step::Restore(Registration::After, Options(0)),
    ]
}

pub(crate) fn keeps_dropped_tables() -> Vec<Step> {
    vec![
        Step::Crash(Options(0)),
        events("a", ListOp::Push(1)),
        Step::DropState(2),
    ]
}

/// Every way of walking and bounding.
fn ranges() -> Vec<MapOp<i64, u64>> {
    vec![
        MapOp::Iter(Walk::Forward),
        MapOp::Iter(Walk::Backward),
        MapOp::Iter(Walk::Inward),
        MapOp::Range(Bound::Included(-1), Bound::Excluded(i64::MAX), Walk::Inward),
        MapOp::Range(Bound::Unbounded, Bound::Unbounded, Walk::Backward),
    ]
}

fn value_ops<V: Clone>(a: &V, b: &V) -> Vec<ValueOp<V>> {
    let (a, b) = (a.clone(), b.clone());
    vec![
        ValueOp::Get,
        ValueOp::Put(a.clone()),
        ValueOp::Get,
        ValueOp::Modify {
            init: a.clone(),
            then: b.clone(),
        },
        ValueOp::Update(None),
        ValueOp::Update(Some(a)),
        ValueOp::Take,
        ValueOp::Put(b),
        ValueOp::Clear,
    ]
}

fn list_ops<T: Clone>(a: &T, b: &T) -> Vec<ListOp<T>> {
    let (a, b) = (a.clone(), b.clone());
    vec![
        ListOp::Iter,
        ListOp::Push(a.clone()),
        ListOp::Extend(vec![a.clone(), b.clone()]),
        ListOp::Extend(Vec::new()),
        ListOp::Iter,
        ListOp::Len,
        ListOp::IsEmpty,
        ListOp::Clear,
        ListOp::IsEmpty,
        ListOp::Replace(vec![b, a]),
    ]
}

fn map_ops<UK: Clone, UV: Clone>(k: &UK, l: &UK, v: &UV) -> Vec<MapOp<UK, UV>> {
    let (k, l, v) = (k.clone(), l.clone(), v.clone());
    vec![
        MapOp::First,
        MapOp::Insert(k.clone(), v.clone()),
        MapOp::Insert(l.clone(), v.clone()),
        MapOp::Get(k.clone()),
        MapOp::Contains(k.clone()),
        MapOp::Len,
        MapOp::IsEmpty,
        MapOp::First,
        MapOp::Last,
        MapOp::Range(
            Bound::Excluded(k.clone()),
            Bound::Included(l.clone()),
            Walk::Forward,
        ),
        MapOp::Modify {
            map_key: k.clone(),
            init: v.clone(),
            then: v.clone(),
        },
        MapOp::Update(k.clone(), None),
        MapOp::Update(k.clone(), Some(v.clone())),
        MapOp::Take(k.clone()),
        MapOp::Remove(l.clone()),
        MapOp::Insert(l, v.clone()),
        MapOp::Clear,
        MapOp::Insert(k, v),
    ]
}

/// Every step, and every operation on every state.
pub(crate) fn every_step() -> Vec<Step> {
    let mut steps = Vec::new();
    for via in [Via::Cursor, Via::Bound] {
        let mut all = Vec::new();
        for op in value_ops(&7, &u64::MAX) {
            all.push(Data::Counts(key("a"), op));
        }
        for op in value_ops(&Text::from("\0\"\u{10ffff}"), &Text("l".repeat(3000))) {
            all.push(Data::Notes(key("\u{10ffff}"), u32::MAX, op));
        }
        for op in list_ops(&1, &2) {
            all.push(Data::Events(key(""), op));
        }
        for op in list_ops(&Text::from(""), &Text("t".repeat(300))) {
            all.push(Data::Words(key("a\0"), "n\0".to_owned(), op));
        }
        for op in map_ops(&i64::MIN, &255, &3).into_iter().chain(ranges()) {
            all.push(Data::Scores(key(&"k".repeat(64 << 10)), op));
        }
        for op in map_ops(&"a".to_owned(), &"ab".to_owned(), &Text::from("x")) {
            all.push(Data::Tags(key("\u{1}"), 1, op));
        }
        steps.extend(all.into_iter().map(|data| Step::Do(via, data)));
    }
    steps.extend([
        Step::Freeze,
        counts("a", ValueOp::Put(1)),
        Step::Freeze,
        Step::ReadView(0),
        Step::DropView(0),
        Step::Restore(Registration::Before, Options(0)),
        Step::Restore(Registration::Between, Options(1)),
        Step::Restore(Registration::After, Options(2)),
        Step::ReadView(0),
        Step::Rescale(3, Options(1)),
        Step::Reopen(Options(1)),
        Step::ReadView(0),
    ]);
    steps.extend([
        Step::Checkpoint,
        events("b", ListOp::Push(9)),
        Step::Crash(Options(0)),
        events("b", ListOp::Len),
        Step::DropState(2),
        events("", ListOp::IsEmpty),
        Step::Crash(Options(1)),
    ]);
    // The oldest of five views goes.
    steps.extend(std::iter::repeat_n(Step::Freeze, 5));
    steps.push(counts("a", ValueOp::Take));
    steps
}

/// All that [`kind`] gives.
pub(crate) const KINDS: [&str; 36] = [
    "value get",
    "value put",
    "value take",
    "value clear",
    "value modify",
    "value update",
    "list iter",
    "list len",
    "list is_empty",
    "list push",
    "list extend",
    "list replace",
    "list clear",
    "map get",
    "map contains",
    "map len",
    "map is_empty",
    "map iter",
    "map range",
    "map first",
    "map last",
    "map insert",
    "map remove",
    "map take",
    "map clear",
    "map modify",
    "map update",
    "freeze",
    "read view",
    "drop view",
    "restore",
    "rescale",
    "reopen",
    "checkpoint",
    "crash",
    "drop state",
];

fn value_kind<V>(op: &ValueOp<V>) -> &'static str {
    match op {
        ValueOp::Get => "value get",
        ValueOp::Put(_) => "value put",
        ValueOp::Take => "value take",
        ValueOp::Clear => "value clear",
        ValueOp::Modify { .. } => "value modify",
        ValueOp::Update(_) => "value update",
    }
}

fn list_kind<T>(op: &ListOp<T>) -> &'static str {
    match op {
        ListOp::Iter => "list iter",
        ListOp::Len => "list len",
        ListOp::IsEmpty => "list is_empty",
        ListOp::Push(_) => "list push",
        ListOp::Extend(_) => "list extend",
        ListOp::Replace(_) => "list replace",
        ListOp::Clear => "list clear",
    }
}

fn map_kind<UK, UV>(op: &MapOp<UK, UV>) -> &'static str {
    match op {
        MapOp::Get(_) => "map get",
        MapOp::Contains(_) => "map contains",
        MapOp::Len => "map len",
        MapOp::IsEmpty => "map is_empty",
        MapOp::Iter(_) => "map iter",
        MapOp::Range(..) => "map range",
        MapOp::First => "map first",
        MapOp::Last => "map last",
        MapOp::Insert(..) => "map insert",
        MapOp::Remove(_) => "map remove",
        MapOp::Take(_) => "map take",
        MapOp::Clear => "map clear",
        MapOp::Modify { .. } => "map modify",
        MapOp::Update(..) => "map update",
    }
}

/// The kind of a step. A new one does not compile here until it has its name.
pub(crate) fn kind(step: &Step) -> &'static str {
    match step {
        Step::Do(_, Data::Counts(_, op)) => value_kind(op),
        Step::Do(_, Data::Notes(_, _, op)) => value_kind(op),
        Step::Do(_, Data::Events(_, op)) => list_kind(op),
        Step::Do(_, Data::Words(_, _, op)) => list_kind(op),
        Step::Do(_, Data::Scores(_, op)) => map_kind(op),
        Step::Do(_, Data::Tags(_, _, op)) => map_kind(op),
        Step::Freeze => "freeze",
        Step::ReadView(_) => "read view",
        Step::DropView(_) => "drop view",
        Step::Restore(..) => "restore",
        Step::Rescale(..) => "rescale",
        Step::Reopen(_) => "reopen",
        Step::Checkpoint => "checkpoint",
        Step::Crash(_) => "crash",
        Step::DropState(_) => "drop state",
    }
}
