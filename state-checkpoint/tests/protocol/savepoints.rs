//! Savepoints are kept under their names until somebody lets them go.

use std::sync::Arc;

use pollster::block_on;
use state_api::ErrorKind;
use state_checkpoint::{MemoryStorage, Purpose, list, savepoint, savepoints};

use crate::world::World;

#[test]
fn retention_does_not_touch_them() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    for number in 0..6 {
        world.work();
        let name = (number == 1).then_some("before-upgrade");
        let (pending, parts) = world.take(&job, name, true).unwrap();
        world.publish(pending, parts).unwrap();
    }
    world.savepoints.insert("before-upgrade".to_owned(), 2);
    world.retain(&job, 2).unwrap();
    assert_eq!(block_on(list(&storage)).unwrap(), [2, 5, 6]);
    world.check_clean(&storage, "retained");
    world.check(&storage, "retained");
    let manifest = block_on(savepoint(&storage, "before-upgrade")).unwrap();
    assert_eq!(
        manifest.purpose,
        Purpose::Savepoint("before-upgrade".into())
    );

    // Its name is taken; under another the next one is.
    let error = block_on(job.begin_savepoint("before-upgrade")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.context("checkpoint"), Some("2"));

    block_on(job.forget_savepoint("before-upgrade")).unwrap();
    world.savepoints.clear();
    assert_eq!(block_on(savepoints(&storage)).unwrap(), []);
    assert_eq!(block_on(list(&storage)).unwrap(), [5, 6]);
    world.check_clean(&storage, "let go");
    let error = block_on(savepoint(&storage, "before-upgrade")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn of_two_of_one_name_one_is_reported_complete() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    let first = world.take(&job, Some("point"), false).unwrap();
    let second = world.take(&job, Some("point"), false).unwrap();
    let id = world.publish(second.0, second.1).unwrap().checkpoint_id;
    let error = world.publish(first.0, first.1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    world.savepoints.insert("point".to_owned(), id);
    world.check(&storage, "two");
}

#[test]
fn names_that_could_not_be_files_are_refused() {
    let mut world = World::new(Arc::new(MemoryStorage::new()), 5);
    let job = world.open().unwrap();
    for name in ["", ".", "../x", "A", "a/b", &"a".repeat(129)] {
        let error = block_on(job.begin_savepoint(name)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name}");
    }
}
