//! A crash at every operation of the storage, in three ways: what was reported complete is found again,
//! nothing partial is visible, nothing referred to is ever removed, nothing is left after collection.

use std::sync::Arc;

use pollster::block_on;
use state_api::Result;
use state_checkpoint::{Job, MemoryStorage, Pending};
use state_conformance::fault::{Fault, Faults, FaultyStorage};

use crate::world::{GRACE, World, skipped};

const SEEDS: u64 = 5;
const STEPS: usize = 8;

/// A life of a job: some steps, which the seed chooses. Stops at a crash; other errors it survives.
fn live(world: &mut World, sim: &FaultyStorage<MemoryStorage>) -> Result<()> {
    let mut job = world.open()?;
    let mut zombies: Vec<(Pending, Vec<state_checkpoint::Part>)> = Vec::new();
    for number in 0..STEPS {
        world.work();
        let step = world.rng.below(12);
        let done = act(world, &mut job, &mut zombies, step, number);
        if sim.faults().has_crashed() {
            return done;
        }
    }
    Ok(())
}

fn act(
    world: &mut World,
    job: &mut Job,
    zombies: &mut Vec<(Pending, Vec<state_checkpoint::Part>)>,
    step: u64,
    number: usize,
) -> Result<()> {
    match step {
        0 => {
            let (pending, parts) = world.take(job, None, false)?;
            world.publish(pending, parts).map(drop)
        }
        1..4 => {
            let (pending, parts) = world.take(job, None, true)?;
            world.publish(pending, parts).map(drop)
        }
        4 => {
            // Two in flight; the later one is first.
            let first = world.take(job, None, true)?;
            world.work();
            let second = world.take(job, None, true)?;
            let published = world.publish(second.0, second.1);
            world.publish(first.0, first.1)?;
            published.map(drop)
        }
        5 => {
            let (pending, _) = world.take(job, None, true)?;
            block_on(pending.abort());
            Ok(())
        }
        6 => world.take(job, None, true).map(drop),
        7 => {
            let name = format!("point-{number}");
            let (pending, parts) = world.take(job, Some(&name), true)?;
            let id = pending.id();
            world.publish(pending, parts)?;
            world.savepoints.insert(name, id);
            Ok(())
        }
        8 => {
            let count = usize::try_from(1 + world.rng.below(2)).unwrap();
            world.retain(job, count)
        }
        9 => {
            world
                .clock
                .advance(world.rng.below(2) * u64::try_from(2 * GRACE.as_millis()).unwrap());
            world.collect()
        }
        10 => {
            let (name, _) = world.savepoints.pop_first().ok_or_else(skipped)?;
            block_on(job.forget_savepoint(&name))
        }
        _ => {
            // Somebody else takes over; what the old one had begun must not count any more.
            let zombie = world.take(job, None, true)?;
            *job = world.open()?;
            zombies.push(zombie);
            let (pending, parts) = world.take(job, None, true)?;
            let published = world.publish(pending, parts);
            for (pending, parts) in zombies.drain(..) {
                let late = block_on(pending.publish(parts, std::collections::BTreeMap::new()));
                assert!(late.is_err(), "a job that was taken over has published");
            }
            published.map(drop)
        }
    }
}

/// Runs a life with an event at operation `at`, then checks and goes on. Whether the event came.
fn run(seed: u64, at: usize, event: Fault) -> bool {
    let inner = MemoryStorage::new();
    let sim = FaultyStorage::new(inner.clone(), Faults::at(at, event));
    let mut world = World::new(Arc::new(sim.clone()), seed);
    let what = format!("seed {seed}, {event:?} at {at}");
    let lived = live(&mut world, &sim);
    assert!(
        lived.is_ok() || sim.faults().has_happened(),
        "{what}: {lived:?}"
    );
    world.check(&inner, &what);
    sim.faults().free();

    // The next one goes on: takes over, takes a checkpoint, retains, collects.
    world.storage = Arc::new(inner.clone());
    let job = world.open().unwrap();
    for _ in 0..2 {
        world.work();
        let (pending, parts) = world.take(&job, None, true).unwrap();
        world.publish(pending, parts).unwrap();
    }
    world.collect().unwrap();
    world.check(&inner, &what);
    world.retain(&job, 1).unwrap();
    world.check_clean(&inner, &what);
    world.check(&inner, &what);
    sim.faults().has_happened()
}

fn every_operation(event: Fault) {
    for seed in 0..SEEDS {
        let mut at = 0;
        while run(seed, at, event) {
            at += 1;
        }
        assert!(at > 100, "only {at} operations");
    }
}

#[test]
fn a_crash_before_any_operation_loses_nothing_that_was_reported() {
    every_operation(Fault::CrashBefore);
}

#[test]
fn a_crash_after_any_operation_loses_nothing_that_was_reported() {
    every_operation(Fault::CrashAfter);
}

#[test]
fn a_lost_answer_to_any_operation_loses_nothing_that_was_reported() {
    every_operation(Fault::Lost);
}

#[test]
fn a_disk_that_is_full_at_any_operation_leaves_the_old_checkpoints() {
    every_operation(Fault::Full);
}
