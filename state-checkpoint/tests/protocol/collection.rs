//! Collection is a dry run unless told otherwise, and leaves alone what is in flight.

use std::sync::Arc;

use pollster::block_on;
use state_checkpoint::{CheckpointStorage, GcOptions, MemoryStorage, gc};

use crate::world::{GRACE, World};

#[test]
fn a_dry_run_says_what_would_go_and_changes_nothing() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    for _ in 0..3 {
        world.work();
        let (pending, parts) = world.take(&job, None, false).unwrap();
        world.publish(pending, parts).unwrap();
    }
    drop(world.take(&job, None, false).unwrap());
    world.retain(&job, 1).unwrap();
    world
        .clock
        .advance(2 * u64::try_from(GRACE.as_millis()).unwrap());

    let before = format!("{storage:?}");
    let options = GcOptions::default().with_grace(GRACE);
    let dry = block_on(job.gc(&options)).unwrap();
    assert_eq!(format!("{storage:?}"), before);
    assert!(dry.dry_run);
    // Two checkpoints of two workers, and what was never published.
    assert_eq!((dry.files.len(), dry.kept, dry.other), (6, 2, 1));
    assert_eq!(
        (&dry.manifests[..], &dry.given_up[..]),
        (&[1, 2][..], &[4][..])
    );
    let size = |path: &String| block_on(storage.size(path)).unwrap();
    assert_eq!(dry.bytes, dry.files.iter().map(size).sum::<u64>());

    let real = block_on(job.gc(&options.with_delete())).unwrap();
    let mut expected = dry;
    expected.dry_run = false;
    assert_eq!(real, expected);
    world.check(&storage, "collected");
    world.check_clean(&storage, "collected");
}

#[test]
fn what_is_in_flight_stays_until_the_grace_period_is_over() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    world.work();
    let (pending, parts) = world.take(&job, None, false).unwrap();
    world
        .clock
        .advance(u64::try_from(GRACE.as_millis()).unwrap());
    world.collect().unwrap();
    world.publish(pending, parts).unwrap();
    world.check(&storage, "in time");
}

#[test]
fn what_is_in_flight_keeps_its_parents_however_often_is_collected() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    world.work();
    let (pending, parts) = world.take(&job, None, false).unwrap();
    let first = world.publish(pending, parts).unwrap();
    let (full, full_parts) = world.take(&job, None, false).unwrap();
    world.work();
    let (pending, parts) = world.take(&job, None, true).unwrap();
    assert_eq!(parts[0].runs[0], first.parts[0].runs[0]);
    world.publish(full, full_parts).unwrap();
    world.retain(&job, 1).unwrap();
    // The first one must not remove what tells the second one which files are its parent's.
    world.collect().unwrap();
    world.collect().unwrap();
    world.publish(pending, parts).unwrap();
    world.check(&storage, "collected twice");
}

#[test]
fn the_runs_of_an_aborted_checkpoint_go_without_a_wait() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    let job = world.open().unwrap();
    world.work();
    let (pending, _) = world.take(&job, None, false).unwrap();
    block_on(pending.abort());
    assert!(!block_on(storage.list("runs")).unwrap().is_empty());
    world.collect().unwrap();
    assert!(block_on(storage.list("runs")).unwrap().is_empty());
}

#[test]
fn an_old_catalog_is_thinned_out() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 5);
    for _ in 0..80 {
        world.open().unwrap();
    }
    let before = block_on(storage.list("catalog")).unwrap().len();
    let options = GcOptions::default().with_grace(GRACE).with_delete();
    let report = block_on(gc(&storage, &*world.clock, &options)).unwrap();
    let records = block_on(world.storage.list("catalog")).unwrap();
    assert_eq!(records.len(), 64);
    assert_eq!(report.other, before as u64 - 64);
    let job = world.open().unwrap();
    let (pending, parts) = world.take(&job, None, false).unwrap();
    world.publish(pending, parts).unwrap();
    world.check(&storage, "thinned");
}
