//! A map that becomes large or small between two views leads from one to the other, whatever turned
//! it.
#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod rows;

use state_api::{KeyGroups, Map, MapDescriptor, StateBackend, StateRead, StateView};
use state_heap::HeapBackend;

type Heap = HeapBackend<u64>;
type Write = fn(&mut Heap, Map<u32, u64>, u32);

/// Most entries of a small map: `ChunkedMap::SMALL`.
const SMALL: u32 = 16;

fn insert(state: &mut Heap, map: Map<u32, u64>, entry: u32) {
    state.at_mut(&1).map(map).insert(entry, 7).unwrap();
}

fn modify(state: &mut Heap, map: Map<u32, u64>, entry: u32) {
    let add = |n: &mut u64| *n += 1;
    state.at_mut(&1).map(map).modify(&entry, 7, add).unwrap();
}

fn update(state: &mut Heap, map: Map<u32, u64>, entry: u32) {
    let set = |value: &mut Option<u64>| *value = Some(8);
    state.at_mut(&1).map(map).update(&entry, set).unwrap();
}

fn remove(state: &mut Heap, map: Map<u32, u64>, entry: u32) {
    state.at_mut(&1).map(map).remove(&entry).unwrap();
}

fn take(state: &mut Heap, map: Map<u32, u64>, entry: u32) {
    state.at_mut(&1).map(map).take(&entry).unwrap();
}

fn update_away(state: &mut Heap, map: Map<u32, u64>, entry: u32) {
    let unset = |value: &mut Option<u64>| *value = None;
    state.at_mut(&1).map(map).update(&entry, unset).unwrap();
}

/// Applies the writes to a map of `entries`, one interval for each, and checks every pair of views.
fn check(entries: std::ops::Range<u32>, removed: std::ops::Range<u32>, writes: &[(Write, u32)]) {
    let mut state = Heap::new(KeyGroups::all(4).unwrap());
    state.track_changes(1 << 20).unwrap();
    let map = state.register(MapDescriptor::new("map")).unwrap();
    for entry in entries {
        insert(&mut state, map, entry);
    }
    for entry in removed {
        remove(&mut state, map, entry);
    }
    let mut views = vec![state.freeze().unwrap()];
    for (write, entry) in writes {
        write(&mut state, map, *entry);
        views.push(state.freeze().unwrap());
    }
    for (i, earlier) in views.iter().enumerate() {
        for later in views.iter().skip(i) {
            let mut found = rows::of(earlier);
            let range = later.key_groups().range();
            rows::apply(&mut found, later, earlier.epoch(), range, usize::MAX);
            assert_eq!(
                found,
                rows::of(later),
                "{} to {}",
                earlier.epoch(),
                later.epoch()
            );
        }
    }
}

#[test]
fn a_map_that_becomes_large_has_all_its_entries() {
    for turn in [insert as Write, modify, update] {
        for first in [insert as Write, modify, update] {
            check(0..SMALL, 0..0, &[(first, 0), (turn, SMALL), (first, 1)]);
            check(
                0..SMALL,
                0..0,
                &[(remove, 3), (first, 20), (turn, 21), (first, 1)],
            );
        }
    }
}

#[test]
fn a_map_that_becomes_small_has_no_others() {
    // Large maps turn small when half of what a small one holds is left.
    let left = SMALL / 2;
    for turn in [remove as Write, take, update_away, update] {
        for first in [remove as Write, take, update_away] {
            check(
                0..SMALL + 1,
                left + 2..SMALL + 1,
                &[(first, 0), (turn, 1), (insert, 2)],
            );
            check(
                0..SMALL + 1,
                left + 3..SMALL + 1,
                &[(first, 0), (first, 1), (turn, 2)],
            );
        }
    }
}
