//! States bound on a backend that was chosen when the program ran: the compiler has to find out which tuple
//! was bound, of all backends that it may be.

#![cfg(feature = "heap")]
#![allow(clippy::unwrap_used, reason = "tests")]

use state_backends::{
    BoundStates as _, KeyGroups, Result, StateBackend, StateRead, ValueDescriptor, open,
};

#[test]
fn handles_are_inferred() -> Result<()> {
    let mut backend = open::<u64>("heap:", KeyGroups::all(8).unwrap())?;
    let count = backend.register(ValueDescriptor::<u64>::new("count"))?;
    let (mut bound, (bound_count,)) = backend.bind((count,))?;
    bound
        .at_mut(&7)
        .value(bound_count)
        .modify(0, |count| *count += 1)?;
    assert_eq!(backend.at(&7).value(count).get()?.as_deref(), Some(&1));
    Ok(())
}
