//! What the tracking of changes costs a write: two backends over the same engine do the same writes in
//! interleaved rounds, and one tracks. Each round writes every key once, in random order. *First* rounds
//! begin with a freeze and a confirmation, on both sides, so that every row is new to the tracker;
//! *again* rounds write rows that it has.
//!
//! `cargo bench -p state-bench --bench tracking --all-features [-- redb|rocksdb|sled]`

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

use state_api::{
    List, ListDescriptor, Map, MapDescriptor, StateBackend, StateView, Value, ValueDescriptor,
};
use state_bench::engines::{OnEngine, on_engines};
use state_bench::inputs::permutation;
use state_bench::rounds::compare;

const KEYS: u64 = 500_000;
/// Lists whose tails the adapter still knows at the next append.
const LISTS: u64 = 20_000;
const ROUNDS: usize = 9;

struct Side<B> {
    state: B,
    value: Value<u64>,
    list: List<u64>,
    map: Map<u64, u64>,
    x: u64,
}

// A function of its own for each loop, so that each is compiled as it would be in an operator.
type Round<B> = fn(&mut Side<B>, &[u64]);

#[inline(never)]
fn put<B: StateBackend<Key = u64>>(side: &mut Side<B>, order: &[u64]) {
    for key in order {
        let mut at = side.state.at_mut(key);
        at.value(side.value).put(key ^ side.x).unwrap();
    }
}

#[inline(never)]
fn modify<B: StateBackend<Key = u64>>(side: &mut Side<B>, order: &[u64]) {
    for key in order {
        let mut at = side.state.at_mut(key);
        at.value(side.value).modify(0, |n| *n ^= side.x).unwrap();
    }
}

#[inline(never)]
fn append<B: StateBackend<Key = u64>>(side: &mut Side<B>, order: &[u64]) {
    for key in order {
        let owner = key % LISTS;
        let mut at = side.state.at_mut(&owner);
        at.list(side.list).push(key ^ side.x).unwrap();
    }
}

#[inline(never)]
fn insert<B: StateBackend<Key = u64>>(side: &mut Side<B>, order: &[u64]) {
    for key in order {
        let owner = key / 10;
        let mut at = side.state.at_mut(&owner);
        at.map(side.map).insert(*key, key ^ side.x).unwrap();
    }
}

/// A round that begins an interval.
fn first<B: StateBackend<Key = u64>>(side: &mut Side<B>) {
    let epoch = side.state.freeze().unwrap().epoch();
    side.state.confirm(epoch).unwrap();
}

struct Tracking;

impl OnEngine for Tracking {
    fn run<B: StateBackend<Key = u64>>(&self, name: &str, open: &mut dyn FnMut() -> B) {
        let order = permutation(2, KEYS);
        let rounds: [(&str, Round<B>); 4] = [
            ("put", put),
            ("modify", modify),
            ("append", append),
            ("insert", insert),
        ];
        let mut side = |tracked: bool| {
            let mut state = open();
            if tracked {
                state.track_changes(1 << 30).unwrap();
            }
            Side {
                value: state.register(ValueDescriptor::new("value")).unwrap(),
                list: state.register(ListDescriptor::new("list")).unwrap(),
                map: state.register(MapDescriptor::new("map")).unwrap(),
                state,
                x: 0,
            }
        };
        let (mut tracked, mut untracked) = (side(true), side(false));
        for (what, round) in rounds {
            for begins in [true, false] {
                let when = if begins { "first" } else { "again" };
                let play = |side: &mut Side<B>| {
                    if begins {
                        first(side);
                    }
                    side.x += 1;
                    round(side, &order);
                    0
                };
                compare(
                    &format!("{name}, {what}, {when}"),
                    ROUNDS,
                    &mut || play(&mut tracked),
                    ("untracked", &mut || play(&mut untracked)),
                );
            }
        }
        tracked.state.destroy().unwrap();
        untracked.state.destroy().unwrap();
    }
}

fn main() {
    on_engines(&Tracking);
}
