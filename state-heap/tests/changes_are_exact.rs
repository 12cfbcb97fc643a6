//! What a view tells to have changed is about what did.
#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod rows;

use rows::{Count, Source};
use state_api::{
    KeyGroups, ListDescriptor, Map, MapDescriptor, StateBackend, StateRead, StateView, Value,
    ValueDescriptor,
};
use state_heap::{HeapBackend, HeapView};

type Heap = HeapBackend<u64>;

fn tracking() -> Heap {
    let mut state = Heap::new(KeyGroups::all(16).unwrap());
    state.track_changes(64 << 20).unwrap();
    state
}

/// Counts the changes since an epoch, applied to nothing.
fn count(view: &HeapView<u64>, since: u64, buffer: usize) -> Count {
    let mut rows = rows::Rows::new();
    rows::apply(&mut rows, view, since, view.key_groups().range(), buffer)
}

fn values(state: &mut Heap, keys: u64) -> Value<u64> {
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    for key in 0..keys {
        state.at_mut(&key).value(value).put(key).unwrap();
    }
    value
}

fn large_map(state: &mut Heap, entries: u32) -> Map<u32, u64> {
    let map = state.register(MapDescriptor::new("map")).unwrap();
    for entry in 0..entries {
        state.at_mut(&7).map(map).insert(entry, 0).unwrap();
    }
    map
}

fn confirmed(state: &mut Heap) -> u64 {
    let epoch = state.freeze().unwrap().epoch();
    state.confirm(epoch).unwrap();
    epoch
}

#[test]
fn a_hundredth_of_the_values_is_a_hundredth_of_the_rows() {
    let mut state = tracking();
    let value = values(&mut state, 100_000);
    let epoch = confirmed(&mut state);
    for key in (0..100_000).step_by(100) {
        state
            .at_mut(&key)
            .value(value)
            .modify(0, |n| *n += 1)
            .unwrap();
    }
    let count = count(&state.freeze().unwrap(), epoch, usize::MAX);
    assert_eq!((count.puts, count.deletes, count.ranges), (1000, 0, 0));
}

#[test]
fn a_removed_value_is_one_tombstone_and_one_that_came_back_none() {
    let mut state = tracking();
    let value = values(&mut state, 1000);
    let epoch = confirmed(&mut state);
    state.at_mut(&3).value(value).clear().unwrap();
    state.at_mut(&4).value(value).clear().unwrap();
    state.at_mut(&4).value(value).put(1).unwrap();
    state
        .at_mut(&5)
        .value(value)
        .update(|value| *value = Some(2))
        .unwrap();
    let count = count(&state.freeze().unwrap(), epoch, usize::MAX);
    assert_eq!((count.puts, count.deletes, count.ranges), (2, 1, 0));
}

#[test]
fn what_comes_and_goes_between_two_views_is_no_change() {
    let mut state = tracking();
    let value = values(&mut state, 10);
    let map = large_map(&mut state, 5);
    let list = state.register(ListDescriptor::<u64>::new("list")).unwrap();
    let epoch = confirmed(&mut state);
    for key in 1000..1100 {
        state.at_mut(&key).value(value).put(1).unwrap();
        state.at_mut(&key).value(value).clear().unwrap();
        state.at_mut(&key).map(map).insert(1, 1).unwrap();
        state.at_mut(&key).map(map).remove(&1).unwrap();
        state.at_mut(&key).list(list).extend(0..100).unwrap();
        state.at_mut(&key).list(list).clear().unwrap();
    }
    let found = count(&state.freeze().unwrap(), epoch, usize::MAX);
    assert_eq!(found, Count::default());
}

#[test]
fn clearing_a_map_of_a_million_entries_is_one_change() {
    let mut state = tracking();
    let map = large_map(&mut state, 1_000_000);
    let epoch = confirmed(&mut state);
    state.at_mut(&7).map(map).clear().unwrap();
    let count = count(&state.freeze().unwrap(), epoch, usize::MAX);
    assert_eq!((count.puts, count.deletes, count.ranges), (0, 0, 1));
}

#[test]
fn one_changed_entry_of_a_large_map_is_one_row() {
    let mut state = tracking();
    let map = large_map(&mut state, 10_000);
    let epoch = confirmed(&mut state);
    state.at_mut(&7).map(map).insert(5, 1).unwrap();
    let first = state.freeze().unwrap();
    state
        .at_mut(&7)
        .map(map)
        .modify(&6, 0, |n| *n += 1)
        .unwrap();
    state.at_mut(&7).map(map).remove(&7).unwrap();
    state.at_mut(&7).map(map).remove(&5).unwrap();
    state.at_mut(&7).map(map).insert(5, 2).unwrap();
    let second = state.freeze().unwrap();
    let told = |view, since| {
        let count = count(view, since, usize::MAX);
        (count.puts, count.deletes, count.ranges)
    };
    assert_eq!(told(&first, epoch), (1, 0, 0));
    assert_eq!(told(&second, first.epoch()), (2, 1, 0));
    assert_eq!(told(&second, epoch), (2, 1, 0));
}

#[test]
fn a_map_of_which_most_changed_is_written_whole() {
    let mut state = tracking();
    let map = large_map(&mut state, 10_000);
    let epoch = confirmed(&mut state);
    for entry in 0..6000 {
        state.at_mut(&7).map(map).remove(&entry).unwrap();
    }
    let count = count(&state.freeze().unwrap(), epoch, usize::MAX);
    assert_eq!((count.puts, count.deletes, count.ranges), (4000, 0, 1));
}

#[test]
fn an_append_to_a_long_list_is_its_last_chunks() {
    let mut state = tracking();
    let list = state.register(ListDescriptor::<u64>::new("list")).unwrap();
    state.at_mut(&1).list(list).extend(0..100_000).unwrap();
    let epoch = confirmed(&mut state);
    state.at_mut(&1).list(list).push(1).unwrap();
    let first = state.freeze().unwrap();
    state.at_mut(&1).list(list).extend(0..3000).unwrap();
    let second = state.freeze().unwrap();
    assert_eq!(count(&first, epoch, usize::MAX).puts, 1);
    let puts = count(&second, epoch, usize::MAX).puts;
    assert!((3..=4).contains(&puts), "{puts} chunks");
}

#[test]
fn a_restored_list_is_written_whole_only_where_another_backend_cut_it() {
    let mut state = tracking();
    let list = ListDescriptor::<u64>::new("list");
    let handle = state.register(list.clone()).unwrap();
    state.at_mut(&1).list(handle).extend(0..10_000).unwrap();
    let view = state.freeze().unwrap();
    let (ours, states) = (rows::of(&view), view.states());
    let theirs = rows::recut(&ours, &states, 20, 900);
    for (rows, all) in [(ours, false), (theirs, true)] {
        let mut state = tracking();
        let handle = state.register(list.clone()).unwrap();
        state
            .restore(&states, &mut Source::new(&rows, &states))
            .unwrap();
        let view = state.freeze().unwrap();
        assert_eq!(
            count(&view, 0, usize::MAX),
            Count::default(),
            "nothing was written"
        );
        state.at_mut(&1).list(handle).push(1).unwrap();
        let view = state.freeze().unwrap();
        let found = count(&view, 0, usize::MAX);
        let whole = rows::of(&view).len();
        let expected = if all { (1, whole) } else { (0, 1) };
        assert_eq!((found.ranges, found.puts), expected);
        state.at_mut(&1).list(handle).push(1).unwrap();
        let later = state.freeze().unwrap();
        assert_eq!(
            count(&later, view.epoch(), usize::MAX).puts,
            1,
            "once is enough"
        );
    }
}

#[test]
fn runs_are_cut_at_the_buffer() {
    let mut state = tracking();
    let value = values(&mut state, 20_000);
    let epoch = confirmed(&mut state);
    for key in 0..20_000 {
        state.at_mut(&key).value(value).put(1).unwrap();
    }
    large_map(&mut state, 20_000);
    let count = count(&state.freeze().unwrap(), epoch, 64 << 10);
    assert_eq!(count.puts, 40_000);
    assert!(count.runs > 10 && count.largest <= 66 << 10, "{count:?}");
}

#[test]
fn beyond_the_budget_a_full_checkpoint_is_due_and_then_no_more() {
    let mut state = Heap::new(KeyGroups::all(16).unwrap());
    state.track_changes(200_000).unwrap();
    let value = values(&mut state, 50_000);
    let epoch = confirmed(&mut state);
    for key in 0..30_000 {
        state.at_mut(&key).value(value).clear().unwrap();
        assert!(state.memory_held().tracking_bytes <= 200_000);
    }
    let over = state.freeze().unwrap();
    assert!(!over.tracks_since(epoch));
    // Not yet confirmed: still full.
    state.at_mut(&40_000).value(value).put(1).unwrap();
    let next = state.freeze().unwrap();
    assert!(!next.tracks_since(epoch) && next.tracks_since(over.epoch()));
    assert_eq!(count(&next, over.epoch(), usize::MAX).puts, 1);
    state.confirm(over.epoch()).unwrap();
    state.at_mut(&40_001).value(value).put(1).unwrap();
    state.at_mut(&40_002).value(value).clear().unwrap();
    let last = state.freeze().unwrap();
    let found = count(&last, over.epoch(), usize::MAX);
    assert_eq!((found.puts, found.deletes), (2, 1));
}

#[test]
fn a_dropped_state_makes_a_full_checkpoint_due() {
    let mut state = tracking();
    values(&mut state, 10);
    let empty = ValueDescriptor::<u64>::new("empty");
    state.register(empty).unwrap();
    let epoch = confirmed(&mut state);
    // Also one that never had rows: older checkpoints list it.
    state.drop_state("empty").unwrap();
    let view = state.freeze().unwrap();
    assert!(!view.tracks_since(epoch));
    state.confirm(view.epoch()).unwrap();
    let epoch = view.epoch();
    state.drop_state("value").unwrap();
    let view = state.freeze().unwrap();
    assert!(!view.tracks_since(epoch));
    let map = large_map(&mut state, 30);
    state.at_mut(&7).map(map).remove(&3).unwrap();
    let next = state.freeze().unwrap();
    assert!(!next.tracks_since(epoch) && next.tracks_since(view.epoch()));
}

#[test]
fn tracking_that_begins_late_begins_at_the_next_view() {
    let mut state = Heap::new(KeyGroups::all(16).unwrap());
    let value = values(&mut state, 10);
    let before = state.freeze().unwrap();
    assert!(!before.tracks_since(0) && !before.tracks_since(before.epoch()));
    assert_eq!(state.memory_held().tracking_bytes, 0);
    state.track_changes(1 << 20).unwrap();
    let first = state.freeze().unwrap();
    state.at_mut(&1).value(value).put(1).unwrap();
    let second = state.freeze().unwrap();
    assert!(!second.tracks_since(0) && !second.tracks_since(before.epoch()));
    assert_eq!(count(&second, first.epoch(), usize::MAX).puts, 1);
    assert!(state.memory_held().tracking_bytes > 0);
    assert!(state.confirm(second.epoch() + 1).is_err(), "never frozen");
    state.confirm(second.epoch()).unwrap();
    state.confirm(first.epoch()).unwrap();
    assert!(!state.freeze().unwrap().tracks_since(first.epoch()));
}
