//! Rows of a state whose write panicked are found by nobody, but count until they are released, with the state.
#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::cell::Cell;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize, Serializer};
use state_api::{
    BoundStates as _, ErrorKind, KeyGroups, MapDescriptor, Result, StateBackend as _, StateKey,
    StateRead as _, StateView as _, ValueDescriptor,
};
use state_heap::HeapBackend;

fn refused<R: Debug>(result: Result<R>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Poisoned);
    assert!(
        error.to_string().contains("sum"),
        "names the state: {error}"
    );
}

#[test]
fn none_is_found_and_all_count() {
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(128).unwrap());
    let sum = state.register(ValueDescriptor::<u64>::new("sum")).unwrap();
    for key in 0..10_000 {
        state.at_mut(&key).value(sum).put(key).unwrap();
    }
    let before = state.memory_held();

    let (mut bound, (of,)) = state.bind((sum,)).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        bound.at_mut(&7).value(of).modify(0, |_| panic!("half-way"))
    }));
    assert!(panicked.is_err());
    // What was there, and what was not.
    for key in [7, 8, 20_000] {
        refused(bound.at_mut(&key).value(of).get());
        refused(bound.at_mut(&key).value(of).put(1));
        refused(bound.at_mut(&key).value(of).modify(0, |n| *n += 1));
    }

    refused(state.at(&8).value(sum).get());
    refused(state.keys(sum).map(Iterator::count));
    refused(state.key_count(sum));
    let after = state.memory_held();
    assert_eq!(after.entries, before.entries);
    let more = after.bytes.checked_sub(before.bytes).unwrap();
    assert!(more < 1024, "{more} bytes more, for an empty table");
}

thread_local! {
    static FAILS: Cell<bool> = const { Cell::new(false) };
}

/// Its `Serialize` panics for 0 if it is asked to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Touchy(u64);

impl StateKey for Touchy {}

impl Serialize for Touchy {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        assert!(self.0 > 0 || !FAILS.get(), "as it was asked to");
        self.0.serialize(serializer)
    }
}

/// A removal hashes the rows that stay when they get fewer buckets. It dropped those that it had not come to, and the state
/// went on without them.
#[test]
fn a_key_that_panics_while_others_are_removed_poisons() {
    let mut state = HeapBackend::<Touchy>::new(KeyGroups::all(128).unwrap());
    let sum = state.register(ValueDescriptor::<u64>::new("sum")).unwrap();
    for key in 0..1000 {
        state.at_mut(&Touchy(key)).value(sum).put(key).unwrap();
    }
    FAILS.set(true);
    let remove = || {
        for key in 1..1000 {
            state.at_mut(&Touchy(key)).value(sum).clear().unwrap();
        }
    };
    assert!(catch_unwind(AssertUnwindSafe(remove)).is_err());
    FAILS.set(false);
    for key in [0, 1, 999] {
        refused(state.at(&Touchy(key)).value(sum).get());
    }
}

#[test]
fn a_restore_is_refused_before_it_takes_a_row() {
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(128).unwrap());
    let sum = state.register(ValueDescriptor::<u64>::new("sum")).unwrap();
    let modify = || {
        state
            .at_mut(&7)
            .value(sum)
            .modify(0, |_| panic!("half-way"))
    };
    assert!(catch_unwind(AssertUnwindSafe(modify)).is_err());
    let empty = HeapBackend::<u64>::new(KeyGroups::all(128).unwrap());
    let states = empty.states();
    let groups = KeyGroups::all(128).unwrap();
    let mut rows = { empty }
        .freeze()
        .unwrap()
        .into_rows(groups.range())
        .unwrap();
    refused(state.restore(&states, &mut rows));
}

#[test]
fn keys_of_map_entries_that_own_memory_are_an_estimate() {
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(128).unwrap());
    let by_number = MapDescriptor::<u64, u64>::new("by number");
    state.register(by_number).unwrap();
    assert!(!state.memory_held().estimated);
    let by_name = MapDescriptor::<String, u64>::new("by name");
    state.register(by_name).unwrap();
    assert!(state.memory_held().estimated);
}
