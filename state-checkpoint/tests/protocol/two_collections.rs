//! Two collections at once: what the one has removed, the other takes for gone, and neither fails.

use std::sync::Arc;

use pollster::block_on;
use state_checkpoint::{GcOptions, MemoryStorage, gc};
use state_conformance::fault::{Faults, FaultyStorage};

use crate::world::{GRACE, World};

/// A collection before whose operation `at` another one runs to its end; whether it came to that.
fn run(at: usize) -> bool {
    let inner = MemoryStorage::new();
    let mut world = World::new(Arc::new(inner.clone()), 3);
    // All that a collection removes: runs, manifests, the pin of what took too long, records.
    for _ in 0..32 {
        world.open().unwrap();
    }
    let job = world.open().unwrap();
    for _ in 0..3 {
        world.work();
        let (pending, parts) = world.take(&job, None, false).unwrap();
        world.publish(pending, parts).unwrap();
    }
    world.retain(&job, 1).unwrap();
    world.work();
    drop(world.take(&job, None, false).unwrap());
    world
        .clock
        .advance(2 * u64::try_from(GRACE.as_millis()).unwrap());

    let options = GcOptions::default().with_grace(GRACE).with_delete();
    let hook = {
        let (inner, clock) = (inner.clone(), Arc::clone(&world.clock));
        move || drop(block_on(gc(&inner, &*clock, &options)).unwrap())
    };
    let sim = FaultyStorage::new(inner.clone(), Faults::hooked(at, hook));
    let report = block_on(gc(&sim, &*world.clock, &options));
    let report = report.unwrap_or_else(|e| panic!("at {at}: {e}"));
    let is_alone = !sim.faults().has_happened();
    let removed = (report.files.len(), report.manifests.len(), report.other);
    assert!(!is_alone || removed == (6, 2, 4), "{report:?}");
    world.check(&inner, &format!("at {at}"));
    world.check_clean(&inner, &format!("at {at}"));
    !is_alone
}

#[test]
fn one_runs_at_any_operation_of_the_other() {
    let mut at = 0;
    while run(at) {
        at += 1;
    }
    assert!(at > 30, "only {at} operations");
}
