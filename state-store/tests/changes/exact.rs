//! No more is told than what changed: once for each row, and once for what was cleared.

use state_api::{ListDescriptor, MapDescriptor, StateBackend, StateView, ValueDescriptor};

use crate::rows::{all, changes, check, open, rows};

const BUFFER: usize = 1 << 20;

#[test]
fn one_in_a_hundred_rows() {
    let mut state = open::<u64>();
    state.track_changes(usize::MAX).unwrap();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    for key in 0..100_000_u64 {
        state.at_mut(&key).value(value).put(key).unwrap();
    }
    let before = state.freeze().unwrap();
    assert_eq!(changes(&before, Some(0), all(), BUFFER).len(), 100_000);
    state.confirm(1).unwrap();
    for key in (0..100_000).step_by(100) {
        state.at_mut(&key).value(value).put(key + 1).unwrap();
    }
    let view = state.freeze().unwrap();
    for buffer in [0, BUFFER] {
        let found = changes(&view, Some(1), all(), buffer);
        assert_eq!(found.puts.len(), 1000);
        assert_eq!(found.len(), 1000);
    }
    check(&view, (1, &rows(&before, all())), all(), BUFFER);
}

#[test]
fn a_cleared_map_is_one_change() {
    let mut state = open::<u8>();
    state.track_changes(usize::MAX).unwrap();
    let map = state.register(MapDescriptor::new("map")).unwrap();
    for i in 0..1_000_000_u32 {
        state.at_mut(&255).map(map).insert(i, i).unwrap();
    }
    state.freeze().unwrap();
    state.confirm(1).unwrap();
    state.at_mut(&255).map(map).clear().unwrap();
    let view = state.freeze().unwrap();
    let found = changes(&view, Some(1), all(), BUFFER);
    assert_eq!((found.len(), found.ranges.len()), (1, 1));
    // Written again before it is confirmed: the new rows, over the same range.
    state.at_mut(&255).map(map).insert(7, 7).unwrap();
    let view = state.freeze().unwrap();
    let found = changes(&view, Some(1), all(), BUFFER);
    assert_eq!((found.ranges.len(), found.puts.len()), (1, 1));
    assert!(found.deletes.is_empty());
}

#[test]
fn what_came_and_went_within_an_interval_is_one_change() {
    let mut state = open::<u8>();
    state.track_changes(usize::MAX).unwrap();
    let map = state.register(MapDescriptor::new("map")).unwrap();
    let list = state.register(ListDescriptor::new("list")).unwrap();
    for i in 0..10_000_u32 {
        state.at_mut(&1).map(map).insert(i, i).unwrap();
    }
    state.at_mut(&1).map(map).clear().unwrap();
    state.at_mut(&1).map(map).clear().unwrap();
    let view = state.freeze().unwrap();
    assert_eq!(changes(&view, Some(0), all(), BUFFER).len(), 1);
    for _ in 0..100 {
        state.at_mut(&1).list(list).replace(0..1000_u64).unwrap();
    }
    let view = state.freeze().unwrap();
    let found = changes(&view, Some(1), all(), BUFFER);
    assert_eq!((found.ranges.len(), found.deletes.len()), (1, 0));
    assert_eq!(found.puts, rows(&view, all()));
}

#[test]
fn a_hot_key_is_one_change_and_no_memory() {
    let mut state = open::<u64>();
    state.track_changes(10_000).unwrap();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    state.at_mut(&1).value(value).put(0).unwrap();
    let before = state.memory_held().tracking_bytes;
    for i in 0..1_000_000_u64 {
        state.at_mut(&1).value(value).put(i).unwrap();
    }
    assert_eq!(state.memory_held().tracking_bytes, before);
    let view = state.freeze().unwrap();
    assert_eq!(changes(&view, Some(0), all(), BUFFER).len(), 1);
}

#[test]
fn a_state_with_one_key_is_a_key_group() {
    let mut state = open::<()>();
    state.track_changes(usize::MAX).unwrap();
    let map = state.register(MapDescriptor::new("map")).unwrap();
    for i in 0..100_u8 {
        state.at_mut(&()).map(map).insert(i, i).unwrap();
    }
    let before = rows(&state.freeze().unwrap(), all());
    state.at_mut(&()).map(map).clear().unwrap();
    let view = state.freeze().unwrap();
    let found = changes(&view, Some(1), all(), BUFFER);
    assert_eq!((found.len(), found.ranges.len()), (1, 1));
    check(&view, (1, &before), all(), BUFFER);
    assert!(view.tracks_since(2));
    assert_eq!(changes(&view, Some(2), all(), BUFFER).len(), 0);
}
