//! Two ways in which poison was once undone: an accessor that was resolved before a panic went on
//! and cleared the mark, and a restore that failed half-way left a backend that passed for whole.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use state_api::{
    Error, ErrorKind, KeyGroups, ListDescriptor, Result, RowRef, RowSource, StateBackend,
    StateRead, StateView, ValueDescriptor,
};
use state_store::{MemoryStore, StoreBackend};

fn groups() -> KeyGroups {
    KeyGroups::all(8).unwrap()
}

#[test]
fn a_held_accessor_stays_refused_after_a_panic() {
    let mut state = StoreBackend::<u64, _>::new(MemoryStore::new(), groups()).unwrap();
    let value = state
        .register(ValueDescriptor::<u64>::new("value"))
        .unwrap();
    state.at_mut(&1).value(value).put(41).unwrap();
    {
        let mut at = state.at_mut(&1);
        let mut held = at.value(value);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            held.update(|_| panic!("as a user's closure may"))
        }));
        assert!(panicked.is_err());
        assert_eq!(
            held.modify(0, |n| *n += 1).unwrap_err().kind(),
            ErrorKind::Poisoned
        );
        assert_eq!(held.put(1).unwrap_err().kind(), ErrorKind::Poisoned);
        assert_eq!(held.take().unwrap_err().kind(), ErrorKind::Poisoned);
    }
    assert_eq!(state.freeze().unwrap_err().kind(), ErrorKind::Poisoned);
}

/// Gives the rows of another source, but an error in place of the second.
struct Breaks<S>(S, u32);

impl<S: RowSource> RowSource for Breaks<S> {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        self.1 += 1;
        if self.1 == 2 {
            return Err(Error::new(ErrorKind::Io, "the source broke"));
        }
        self.0.next_row()
    }
}

#[test]
fn a_restore_that_failed_half_way_is_not_used() {
    let mut from = StoreBackend::<u64, _>::new(MemoryStore::new(), groups()).unwrap();
    let list = from.register(ListDescriptor::<u64>::new("list")).unwrap();
    for key in 0..10 {
        from.at_mut(&key).list(list).push(key).unwrap();
    }
    let view = from.freeze().unwrap();
    let states = view.states();
    let rows = || view.clone().into_rows(groups().range()).unwrap();

    let mut state = StoreBackend::<u64, _>::new(MemoryStore::new(), groups()).unwrap();
    let list = state.register(ListDescriptor::<u64>::new("list")).unwrap();
    let failed = state.restore(&states, &mut Breaks(rows(), 0)).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Io);
    let again = state.restore(&states, &mut rows()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Poisoned);
    assert_eq!(
        state.at(&1).list(list).len().unwrap_err().kind(),
        ErrorKind::Poisoned
    );
    assert_eq!(state.freeze().unwrap_err().kind(), ErrorKind::Poisoned);
}
