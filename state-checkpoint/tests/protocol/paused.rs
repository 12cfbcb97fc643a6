//! A publisher that is paused at any operation, for longer than the grace period, while others publish,
//! retain and collect: no checkpoint that counts ever lacks a file.

use std::sync::{Arc, Mutex};

use pollster::block_on;
use state_api::{ErrorKind, Result};
use state_checkpoint::{Job, MemoryStorage, Part, Pending};
use state_conformance::fault::{Faults, FaultyStorage};

use crate::world::{GRACE, World};

/// What others do while the publisher is paused.
#[derive(Clone, Copy, Debug)]
enum Others {
    /// Collect.
    Collect,
    /// The same job publishes, retains and collects.
    Advance,
    /// Another job takes over, publishes, retains and collects.
    TakeOver,
}

/// Takes five checkpoints, the later ones on top of the earlier, and two in flight at once.
fn publish_some(world: &mut World, job: &Job) {
    let mut late = None;
    for number in 0..5 {
        world.work();
        let name = (number == 2).then_some("point");
        let Ok((pending, parts)) = world.take(job, name, true) else {
            continue;
        };
        if number == 3 {
            late = Some((pending, parts));
            continue;
        }
        publish(world, pending, parts);
    }
    if let Some((pending, parts)) = late {
        publish(world, pending, parts);
    }
}

/// A publisher may come too late, but what it reuses was checked when it began.
fn publish(world: &mut World, pending: Pending, parts: Vec<Part>) {
    if let Err(error) = world.publish(pending, parts) {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    }
}

/// Returns the fence of who took over, and the checkpoint that it went on from.
fn interfere(world: &mut World, job: Option<&Job>, others: Others) -> Result<(u64, u64)> {
    let mut found = (0, 0);
    let taken_over;
    let job = match (others, job) {
        (Others::Collect, _) | (Others::Advance, None) => None,
        (Others::Advance, job) => job,
        (Others::TakeOver, _) => {
            taken_over = world.open()?;
            let latest = block_on(taken_over.latest())?;
            found = (
                taken_over.fence(),
                latest.map_or(0, |manifest| manifest.checkpoint_id),
            );
            Some(&taken_over)
        }
    };
    if let Some(job) = job {
        world.work();
        let (pending, parts) = world.take(job, None, false)?;
        world.publish(pending, parts)?;
        world.retain(job, 1)?;
    }
    world
        .clock
        .advance(2 * u64::try_from(GRACE.as_millis()).unwrap());
    world.collect()?;
    Ok(found)
}

/// Whether the publisher came to operation `at`.
fn run(at: usize, others: Others) -> bool {
    let inner = MemoryStorage::new();
    let mut world = World::new(Arc::new(inner.clone()), 1);
    let job: Arc<Mutex<Option<Job>>> = Arc::default();
    let other = {
        let mut other = World::new(Arc::new(inner.clone()), 2);
        other.clock = Arc::clone(&world.clock);
        Arc::new(Mutex::new(other))
    };
    let found = Arc::new(Mutex::new((0, 0)));
    let hook = {
        let (job, other, found) = (Arc::clone(&job), Arc::clone(&other), Arc::clone(&found));
        move || {
            let job = job.lock().unwrap().clone();
            let from = interfere(&mut other.lock().unwrap(), job.as_ref(), others).unwrap();
            *found.lock().unwrap() = from;
        }
    };
    let sim = FaultyStorage::new(inner.clone(), Faults::hooked(at, hook));
    world.storage = Arc::new(sim.clone());
    if let Ok(opened) = world.open() {
        *job.lock().unwrap() = Some(opened.clone());
        publish_some(&mut world, &opened);
    }
    let what = format!("{others:?} at {at}");
    // Whoever takes over goes on from what was reported complete.
    let (fence, found) = *found.lock().unwrap();
    let is_older = job
        .lock()
        .unwrap()
        .as_ref()
        .is_some_and(|job| job.fence() < fence);
    assert!(
        !is_older || world.acknowledged <= found,
        "{what}: {} was reported complete, {found} was found",
        world.acknowledged
    );
    // What the others retained or took over, they may have taken from this job.
    let other = other.lock().unwrap();
    world.content.extend(other.content.clone());
    world.acknowledged = world.acknowledged.max(other.acknowledged);
    world.required.clear();
    world.check(&inner, &what);
    world.check_clean(&inner, &what);
    world.check(&inner, &what);
    sim.faults().has_happened()
}

fn at_every_operation(others: Others) {
    let mut at = 0;
    while run(at, others) {
        at += 1;
    }
    assert!(at > 100, "only {at} operations");
}

#[test]
fn while_others_collect() {
    at_every_operation(Others::Collect);
}

#[test]
fn while_newer_checkpoints_are_published_retained_and_collected() {
    at_every_operation(Others::Advance);
}

#[test]
fn while_another_job_takes_over_retains_and_collects() {
    at_every_operation(Others::TakeOver);
}

#[test]
fn a_publisher_that_comes_too_late_is_told_so() {
    let storage = MemoryStorage::new();
    let mut world = World::new(Arc::new(storage.clone()), 1);
    let job = world.open().unwrap();
    world.work();
    let (pending, parts) = world.take(&job, None, false).unwrap();
    // Its own clock tells.
    let (other, other_parts) = world.take(&job, None, false).unwrap();
    world
        .clock
        .advance(u64::try_from(GRACE.as_millis()).unwrap() + 1);
    let error = world.publish(pending, parts).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("grace"), "{error}");
    // Where it does not, the id that collection gave up does.
    world.collect().unwrap();
    world.clock.set(1_000_000);
    let error = world.publish(other, other_parts).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("given up"), "{error}");
    assert!(block_on(job.latest()).unwrap().is_none());
    world.check_clean(&storage, "late");
}
