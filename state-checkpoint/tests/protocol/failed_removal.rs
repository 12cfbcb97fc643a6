//! A file that cannot be removed is asked for a few times, and the collection then says so: it does not ask for ever.

use std::sync::Arc;

use pollster::block_on;
use state_api::ErrorKind;
use state_checkpoint::{GcOptions, MemoryStorage, gc};

use crate::refusing::{Refused, Refusing};
use crate::world::{GRACE, World};

#[test]
fn a_removal_that_fails_for_good_ends_the_collection() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    for _ in 0..2 {
        world.work();
        let (pending, parts) = world.take(&job, None, false).unwrap();
        world.publish(pending, parts).unwrap();
    }
    world.retain(&job, 1).unwrap();

    let options = GcOptions::default().with_grace(GRACE).with_delete();
    // The answer to a failed call may have been lost, not the work; any other error would come again.
    for (kind, times) in [(ErrorKind::Io, 3), (ErrorKind::Invalid, 1)] {
        let refusing = Refusing::new(storage.clone(), Refused::Removals(kind));
        let error = block_on(gc(&refusing, &*world.clock, &options)).unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, "refused"));
        assert_eq!(refusing.times(), times, "{kind:?}");
    }
    world.check(&storage, "not collected");
    world.check_clean(&storage, "collected at last");
}
