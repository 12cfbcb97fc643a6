//! A job that takes over makes an older one harmless.

use std::collections::BTreeMap;
use std::sync::Arc;

use pollster::block_on;
use state_api::ErrorKind;
use state_checkpoint::{MemoryStorage, list};

use crate::world::World;

#[test]
fn an_older_job_cannot_begin_publish_or_retain() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 1);
    let old = world.open().unwrap();
    world.work();
    let (pending, parts) = world.take(&old, None, false).unwrap();
    world.publish(pending, parts).unwrap();
    let (begun, parts) = world.take(&old, None, true).unwrap();

    let new = world.open().unwrap();
    assert!(new.fence() > old.fence());
    let errors = [
        block_on(old.begin()).unwrap_err(),
        block_on(old.begin_savepoint("s")).unwrap_err(),
        block_on(old.forget_savepoint("s")).unwrap_err(),
        block_on(begun.publish(parts, BTreeMap::new())).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.message().contains("taken over"), "{error}");
    }
    assert_eq!(block_on(list(&storage)).unwrap(), [1]);
    world.check(&storage, "fenced");
}

#[test]
fn what_an_older_job_still_publishes_does_not_count() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 1);
    let old = world.open().unwrap();
    world.work();
    let (pending, parts) = world.take(&old, None, false).unwrap();
    let new = world.open().unwrap();
    // As if it had looked before the other one took over, and written its manifest after.
    let checkpoint = state_checkpoint::Checkpoint {
        max_parallelism: crate::world::GROUPS,
        fence: old.fence(),
        purpose: state_checkpoint::Purpose::Checkpoint,
        parts,
        metadata: BTreeMap::new(),
        created_ms: 0,
    };
    let published = state_checkpoint::publish(&storage, pending.ticket(), checkpoint);
    let id = block_on(published).unwrap().checkpoint_id;
    assert!(block_on(list(&storage)).unwrap().is_empty());
    world.check(&storage, "late");

    let (pending, parts) = world.take(&new, None, false).unwrap();
    assert!(pending.id() > id);
    world.publish(pending, parts).unwrap();
    world.check(&storage, "new");
}

#[test]
fn another_max_parallelism_is_refused() {
    let storage = Arc::new(MemoryStorage::new());
    let mut world = World::new(storage.clone(), 1);
    let job = world.open().unwrap();
    let (pending, parts) = world.take(&job, None, false).unwrap();
    world.publish(pending, parts).unwrap();
    let options = state_checkpoint::JobOptions::new(7);
    let opened = state_checkpoint::Job::open(storage, Arc::new(state_api::SystemClock), options);
    let error = block_on(opened).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(error.context("given"), Some("7"));
}

#[test]
fn an_id_that_a_manifest_without_a_fence_has_stays_taken() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 1);
    let job = world.open().unwrap();
    world.work();
    let (pending, parts) = world.take(&job, None, false).unwrap();
    // Somebody with an older fence has the id; that manifest does not count.
    let ticket = state_checkpoint::Ticket::unpinned(pending.id()).unwrap();
    let checkpoint = state_checkpoint::Checkpoint {
        max_parallelism: crate::world::GROUPS,
        fence: 0,
        purpose: state_checkpoint::Purpose::Checkpoint,
        parts: Vec::new(),
        metadata: BTreeMap::new(),
        created_ms: 0,
    };
    block_on(state_checkpoint::publish(&storage, &ticket, checkpoint)).unwrap();
    // The files of the one in flight go, since its id is decided; so it must not get through.
    world.collect().unwrap();
    world.collect().unwrap();
    let error = world.publish(pending, parts).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    world.check(&storage, "taken");
}
