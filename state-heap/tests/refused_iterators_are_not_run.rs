//! An append or a replacement that is refused asks the iterator for one element at most, so that one without end, or one that
//! panics later, does no harm.
#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use state_api::{
    ErrorKind, KeyGroupRange, KeyGroups, List, ListDescriptor, StateBackend as _, StateRead as _,
};
use state_heap::HeapBackend;

type Heap = HeapBackend<u64>;

fn heap(groups: KeyGroups) -> (Heap, List<u64>) {
    let mut state = Heap::new(groups);
    let list = state.register(ListDescriptor::new("list")).unwrap();
    (state, list)
}

/// What both writes answer, and how many elements each took.
fn refused(state: &mut Heap, list: List<u64>, key: u64, kind: ErrorKind, most: u64) {
    let taken = Cell::new(0);
    let elements = || {
        taken.set(0);
        (0..10).inspect(|n| {
            taken.set(n + 1);
            assert!(*n < 5, "nobody should get here");
        })
    };
    let error = state.at_mut(&key).list(list).extend(elements());
    assert_eq!(error.unwrap_err().kind(), kind);
    assert!(taken.get() <= most);
    let error = state.at_mut(&key).list(list).replace(elements());
    assert_eq!(error.unwrap_err().kind(), kind);
    assert!(taken.get() <= most);
}

#[test]
fn of_a_key_that_is_not_owned() {
    let groups = KeyGroups::new(128, KeyGroupRange::new(0, 0).unwrap()).unwrap();
    let (mut state, list) = heap(groups);
    let mut keys = 0_u64..;
    let foreign = keys.find(|key| state.at_mut(key).list(list).push(1).is_err());
    let own = keys.find(|key| state.at_mut(key).list(list).push(1).is_ok());
    refused(&mut state, list, foreign.unwrap(), ErrorKind::OutOfRange, 1);
    assert_eq!(state.at(&own.unwrap()).list(list).len().unwrap(), 1);
}

#[test]
fn of_a_state_that_is_poisoned() {
    let (mut state, list) = heap(KeyGroups::all(128).unwrap());
    state.at_mut(&1).list(list).push(1).unwrap();
    let elements = (0..3).inspect(|n| assert!(*n < 1, "half-way"));
    let panics = || state.at_mut(&1).list(list).extend(elements);
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    for key in [1, 2] {
        refused(&mut state, list, key, ErrorKind::Poisoned, 0);
    }
}
