//! Whoever is paused for so long that the record it read was collected looks again: it neither fails, nor takes a
//! change that came too late for one that holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use pollster::block_on;
use state_api::ErrorKind;
use state_checkpoint::{Job, MemoryStorage, savepoints};
use state_conformance::fault::{Faults, FaultyStorage};

use crate::world::World;

/// Changes the catalog more often than old records are kept, and collects them.
fn change_and_collect(world: &World, job: &Job) {
    for _ in 0..35 {
        let pending = block_on(job.begin_savepoint("other")).unwrap();
        block_on(pending.publish(Vec::new(), BTreeMap::new())).unwrap();
        block_on(job.forget_savepoint("other")).unwrap();
    }
    world.collect().unwrap();
    let records = block_on(world.storage.list("catalog")).unwrap();
    assert_eq!(records.len(), 64);
}

/// Lets a savepoint go, which the job is paused in before operation `at`. Returns the numbers of operations before
/// and after.
fn run(at: usize) -> (usize, usize) {
    let inner = MemoryStorage::new();
    let mut world = World::new(Arc::new(inner.clone()), 4);
    let job: Arc<Mutex<Option<Job>>> = Arc::default();
    let hook = {
        let (job, world) = (Arc::clone(&job), World::new(Arc::new(inner.clone()), 5));
        move || {
            let job = job.lock().unwrap().clone();
            change_and_collect(&world, &job.unwrap());
        }
    };
    let sim = FaultyStorage::new(inner.clone(), Faults::hooked(at, hook));
    world.storage = Arc::new(sim.clone());
    let opened = world.open().unwrap();
    *job.lock().unwrap() = Some(opened.clone());
    let (pending, parts) = world.take(&opened, Some("point"), false).unwrap();
    world.publish(pending, parts).unwrap();

    let before = sim.faults().calls();
    // Where it was let go before the pause, there is none of that name when the job looks again.
    if let Err(error) = block_on(opened.forget_savepoint("point")) {
        assert_eq!(error.kind(), ErrorKind::NotFound, "at {at}: {error}");
    }
    assert_eq!(block_on(savepoints(&inner)).unwrap(), [], "at {at}");
    (before, sim.faults().calls())
}

#[test]
fn a_change_that_is_paused_at_any_operation_holds_or_is_made_again() {
    let (before, after) = run(usize::MAX);
    for at in before..after {
        run(at);
    }
    assert!(after - before >= 4, "only {} operations", after - before);
}
