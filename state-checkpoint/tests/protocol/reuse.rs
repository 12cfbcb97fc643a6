//! Files are reused only from checkpoints that count, and only as they were.

use std::collections::BTreeMap;
use std::sync::Arc;

use pollster::block_on;
use state_api::{ErrorKind, KeyGroupRange};
use state_checkpoint::{MemoryStorage, Part};

use crate::world::World;

/// The error of publishing what `bend` makes of parts that reuse checkpoint 1.
#[track_caller]
fn refused(bend: impl FnOnce(&mut Vec<Part>)) {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 3);
    let job = world.open().unwrap();
    world.work();
    let (pending, parts) = world.take(&job, None, false).unwrap();
    world.publish(pending, parts).unwrap();
    world.work();
    let (pending, mut parts) = world.take(&job, None, true).unwrap();
    bend(&mut parts);
    let error = block_on(pending.publish(parts, BTreeMap::new())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    world.check(&storage, "refused");
}

#[test]
fn a_file_that_no_parent_has_is_refused() {
    refused(|parts| parts[0].runs[0].path = format!("runs/{:032x}.run", 7));
}

#[test]
fn a_file_with_other_facts_is_refused() {
    refused(|parts| parts[0].runs[0].size += 1);
}

#[test]
fn more_of_a_file_than_the_parent_had_is_refused() {
    refused(|parts| {
        // The file of worker 1, for all key groups.
        let mut run = parts[1].runs[0].clone();
        run.clip = KeyGroupRange::new(0, 3).unwrap();
        parts.truncate(1);
        parts[0].key_groups = run.clip;
        parts[0].runs = vec![run];
    });
}

#[test]
fn parts_that_leave_out_key_groups_are_refused() {
    refused(|parts| parts.truncate(1));
}

#[test]
fn a_checkpoint_that_does_not_count_any_more_is_no_parent() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 3);
    let job = world.open().unwrap();
    for _ in 0..3 {
        world.work();
        let (pending, parts) = world.take(&job, None, false).unwrap();
        world.publish(pending, parts).unwrap();
    }
    let before = block_on(job.begin()).unwrap();
    assert_eq!(before.ticket().parents(), [1, 2, 3]);
    world.retain(&job, 1).unwrap();
    let after = block_on(job.begin()).unwrap();
    assert_eq!(after.ticket().parents(), [3]);
    // The files of 1 and 2 are pinned by the one that was begun before.
    world.collect().unwrap();
    assert_eq!(block_on(job.storage().list("runs")).unwrap().len(), 6);
    block_on(before.abort());
    world.collect().unwrap();
    assert_eq!(block_on(job.storage().list("runs")).unwrap().len(), 2);
    world.check(&storage, "retained");
}
