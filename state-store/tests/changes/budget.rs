//! Tracking stays within its budget, and says so when it could not; a full checkpoint later it goes on.

use state_api::{MapDescriptor, StateBackend, StateView, ValueDescriptor};

use crate::rows::{all, changes, open, rows};

const BUDGET: u64 = 100_000;

fn bytes<B: StateBackend>(state: &B) -> u64 {
    state.memory_held().tracking_bytes
}

#[test]
fn an_overflow_falls_back_to_a_full_checkpoint_and_recovers() {
    let mut state = open::<u64>();
    state.track_changes(BUDGET.try_into().unwrap()).unwrap();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    state.at_mut(&0).value(value).put(0).unwrap();
    let first = state.freeze().unwrap();
    let mut most = 0;
    for key in 0..20_000_u64 {
        state.at_mut(&key).value(value).put(key).unwrap();
        most = most.max(bytes(&state));
    }
    assert!((BUDGET / 2..=BUDGET).contains(&most), "{most}");
    assert!(first.tracks_since(0), "a view keeps what it has");
    assert_eq!(changes(&first, Some(0), all(), 0).len(), 1);
    let view = state.freeze().unwrap();
    assert!(!view.tracks_since(0) && !view.tracks_since(1));
    assert_eq!(changes(&view, None, all(), 0).puts, rows(&view, all()));
    // The full checkpoint of view 2 is the one that changes are told since, confirmed or not.
    state.at_mut(&7).value(value).put(0).unwrap();
    let view = state.freeze().unwrap();
    assert!(!view.tracks_since(1) && view.tracks_since(2));
    assert_eq!(changes(&view, Some(2), all(), 0).len(), 1);
    state.confirm(2).unwrap();
    assert!(state.freeze().unwrap().tracks_since(2));
}

#[test]
fn what_views_share_counts_until_they_are_gone() {
    let mut state = open::<u64>();
    state.track_changes(BUDGET.try_into().unwrap()).unwrap();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    let map = state.register(MapDescriptor::new("map")).unwrap();
    for key in 0..300_u64 {
        state.at_mut(&key).value(value).put(key).unwrap();
        state.at_mut(&key).map(map).insert(key, key).unwrap();
        state.at_mut(&key).map(map).clear().unwrap();
    }
    let held = bytes(&state);
    let view = state.freeze().unwrap();
    let shared = bytes(&state);
    assert!(0 < shared && shared <= held, "{shared} of {held}");
    state.confirm(1).unwrap();
    assert_eq!(bytes(&state), shared, "the view has it");
    let source = view.clone().into_changes(Some(0), all(), 0).unwrap();
    drop(view);
    assert_eq!(bytes(&state), shared, "the source has it");
    drop(source);
    assert_eq!(bytes(&state), 0);
}

#[test]
fn the_budget_can_be_changed() {
    let mut state = open::<u64>();
    state.track_changes(0).unwrap();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    assert!(state.freeze().unwrap().tracks_since(0), "nothing changed");
    state.at_mut(&0).value(value).put(0).unwrap();
    assert_eq!(bytes(&state), 0);
    assert!(!state.freeze().unwrap().tracks_since(1));
    state.track_changes(usize::MAX).unwrap();
    state.at_mut(&0).value(value).put(0).unwrap();
    assert!(state.freeze().unwrap().tracks_since(2));
    state.track_changes(10).unwrap();
    assert_eq!(bytes(&state), 0);
    assert!(!state.freeze().unwrap().tracks_since(2));
}
