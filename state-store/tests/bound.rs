//! States bound on a backend whose type is known, beside those of generic code.

#![allow(clippy::unwrap_used, reason = "tests")]

use state_api::{
    BoundStates as _, KeyGroups, ListDescriptor, Result, StateBackend, StateRead, ValueDescriptor,
};
use state_store::{MemoryStore, StoreBackend};

/// The compiler has to find out which tuple was bound. It could not once: the type of the bound states did
/// not say it, and nothing compiled but in code that is generic over the backend.
#[test]
fn handles_are_inferred_on_a_known_backend() -> Result<()> {
    let mut backend = StoreBackend::<u64, _>::new(MemoryStore::new(), KeyGroups::all(8).unwrap())?;
    let count = backend.register(ValueDescriptor::<u64>::new("count"))?;
    let seen = backend.register(ListDescriptor::<u64>::new("seen"))?;
    let (mut bound, (bound_count, bound_seen)) = backend.bind((count, seen))?;
    for record in 0..3 {
        let mut at = bound.at_mut(&7);
        at.value(bound_count).modify(0, |count| *count += 1)?;
        at.list(bound_seen).push(record)?;
    }
    assert_eq!(backend.at(&7).value(count).get()?.as_deref(), Some(&3));
    assert_eq!(backend.at(&7).list(seen).len()?, 3);
    Ok(())
}
