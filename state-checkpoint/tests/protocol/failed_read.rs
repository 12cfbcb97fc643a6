//! A file that cannot be read ends a collection before anything is removed: what it protects is not known.

use std::sync::Arc;

use pollster::block_on;
use state_api::ErrorKind;
use state_checkpoint::{CheckpointStorage, GcOptions, MemoryStorage, gc};

use crate::refusing::{Refused, Refusing};
use crate::world::{GRACE, World};

#[test]
fn what_is_in_flight_outlives_a_collection_that_cannot_read() {
    for dir in ["catalog/", "pins/", "manifests/"] {
        let storage = MemoryStorage::new();
        let mut world = World::new(Arc::new(storage.clone()), 5);
        let job = world.open().unwrap();
        for _ in 0..2 {
            world.work();
            let (pending, parts) = world.take(&job, None, false).unwrap();
            world.publish(pending, parts).unwrap();
        }
        world.work();
        let (pending, parts) = world.take(&job, None, true).unwrap();
        world.retain(&job, 1).unwrap();

        let before = format!("{storage:?}");
        let refusing = Refusing::new(storage.clone(), Refused::Reads(dir));
        let options = GcOptions::default().with_grace(GRACE).with_delete();
        let error = block_on(gc(&refusing, &*world.clock, &options)).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Io, "refused"));
        assert_eq!(format!("{storage:?}"), before, "{dir}");
        world.publish(pending, parts).unwrap();
        world.check(&storage, dir);
    }
}

#[test]
fn a_file_whose_size_cannot_be_read_stays() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    world.work();
    let (pending, _) = world.take(&job, None, false).unwrap();
    block_on(pending.abort());
    let runs = block_on(storage.list("runs")).unwrap();
    assert!(!runs.is_empty());

    let refusing = Refusing::new(storage.clone(), Refused::Reads("runs/"));
    let options = GcOptions::default().with_grace(GRACE).with_delete();
    let error = block_on(gc(&refusing, &*world.clock, &options)).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Io, "refused"));
    assert_eq!(block_on(storage.list("runs")).unwrap(), runs);
    world.check_clean(&storage, "collected at last");
}
