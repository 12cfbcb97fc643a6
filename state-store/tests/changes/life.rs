//! From when on changes are tracked, and what ends it.

use state_api::{
    ErrorKind, MapDescriptor, StateBackend, StateRead, StateView, Value, ValueDescriptor,
};
use state_store::{MemoryStore, StoreBackend};

use crate::rows::{Backend, all, changes, check, open, rows};

fn opened() -> (Backend<u8>, Value<u64>) {
    let mut state = open();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    (state, value)
}

#[test]
fn every_store_tracks_when_it_is_told_to() {
    let (mut state, _) = opened();
    assert!(state.capability().tracks_changes);
    let view = state.freeze().unwrap();
    assert!(!view.tracks_since(0) && !view.tracks_since(1));
    state.confirm(1).unwrap();
}

#[test]
fn from_the_next_freeze_on_once_something_was_written() {
    let (mut state, value) = opened();
    state.at_mut(&1).value(value).put(1).unwrap();
    state.at_mut(&1).value(value).clear().unwrap();
    state.track_changes(usize::MAX).unwrap();
    assert!(!state.freeze().unwrap().tracks_since(0));
    assert!(state.freeze().unwrap().tracks_since(1));
}

#[test]
fn from_the_next_freeze_on_in_a_store_that_holds_rows() {
    let (mut state, value) = opened();
    state.at_mut(&1).value(value).put(1).unwrap();
    let store: MemoryStore = state.store().clone();
    let mut state = StoreBackend::<u8, _>::new(store, state.key_groups()).unwrap();
    state.track_changes(usize::MAX).unwrap();
    assert!(!state.freeze().unwrap().tracks_since(0));
    assert!(state.freeze().unwrap().tracks_since(1));
}

#[test]
fn what_was_cleared_before_a_restore_does_not_clear_it() {
    let mut source = open::<u8>();
    let map = source.register(MapDescriptor::new("map")).unwrap();
    source.at_mut(&1).map(map).insert(1_u8, 1_u64).unwrap();
    let source = source.freeze().unwrap();
    let mut state = open::<u8>();
    state.track_changes(usize::MAX).unwrap();
    let map = state
        .register(MapDescriptor::<u8, u64>::new("map"))
        .unwrap();
    state.at_mut(&1).map(map).clear().unwrap();
    let mut restored = source.clone().into_rows(all()).unwrap();
    state.restore(&source.states(), &mut restored).unwrap();
    let view = state.freeze().unwrap();
    assert_eq!(changes(&view, Some(0), all(), 0).len(), 0);
    check(&view, (0, &rows(&source, all())), all(), 0);
}

#[test]
fn a_restore_behind_a_freeze_is_a_change_of_unknown_rows() {
    let (mut source, value) = opened();
    source.at_mut(&1).value(value).put(1).unwrap();
    let source = source.freeze().unwrap();
    let mut state = open::<u8>();
    state.track_changes(usize::MAX).unwrap();
    state.freeze().unwrap();
    let mut restored = source.clone().into_rows(all()).unwrap();
    state.restore(&source.states(), &mut restored).unwrap();
    let view = state.freeze().unwrap();
    assert!(!view.tracks_since(0) && !view.tracks_since(1) && view.tracks_since(2));
}

#[test]
fn a_dropped_state_makes_a_full_checkpoint_due() {
    let (mut state, value) = opened();
    state.track_changes(usize::MAX).unwrap();
    state.at_mut(&1).value(value).put(1).unwrap();
    let before = state.freeze().unwrap();
    state.drop_state("value").unwrap();
    // Another state takes its table.
    let other = state.register(ValueDescriptor::new("other")).unwrap();
    state.at_mut(&1).value(other).put(1_u64).unwrap();
    assert!(before.tracks_since(0));
    let view = state.freeze().unwrap();
    assert!(!view.tracks_since(0) && !view.tracks_since(1) && view.tracks_since(2));
}

#[test]
fn an_epoch_that_was_never_frozen_is_not_confirmed() {
    let (mut state, _) = opened();
    let refused = |state: &mut Backend<u8>, epoch| {
        let error = state.confirm(epoch).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    };
    refused(&mut state, 1);
    state.track_changes(usize::MAX).unwrap();
    refused(&mut state, 1);
    state.freeze().unwrap();
    state.confirm(1).unwrap();
    refused(&mut state, 2);
}

#[test]
fn an_older_confirmation_brings_nothing_back() {
    let (mut state, value) = opened();
    state.track_changes(usize::MAX).unwrap();
    for epoch in 1..=3 {
        state.at_mut(&1).value(value).put(epoch).unwrap();
        state.freeze().unwrap();
    }
    state.confirm(2).unwrap();
    state.confirm(1).unwrap();
    let view = state.freeze().unwrap();
    assert!(!view.tracks_since(1) && view.tracks_since(2));
    assert_eq!(changes(&view, Some(2), all(), 0).len(), 1);
}
