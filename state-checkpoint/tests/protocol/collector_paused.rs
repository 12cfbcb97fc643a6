//! A collection that is paused at any operation, while others begin, publish and retain: it never
//! takes a file of a checkpoint that counts.

use std::sync::{Arc, Mutex};

use pollster::block_on;
use state_checkpoint::{GcOptions, Job, MemoryStorage, Part, Pending, gc};
use state_conformance::fault::{Faults, FaultyStorage};

use crate::world::{GRACE, World};

/// What others do while the collection is paused.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each of them with each other"
)]
struct Others {
    /// They publish what was begun before the collection.
    publish: bool,
    /// They retain one checkpoint.
    retain: bool,
    /// They begin another one, on top of the last.
    begin: bool,
    /// And publish it.
    publish_that: bool,
    /// What is begun before the collection builds on a checkpoint that was retired since.
    retained_before: bool,
    /// The collection takes what was begun before it for given up.
    expired: bool,
}

struct Scene {
    world: World,
    job: Job,
    begun: Option<(Pending, Vec<Part>)>,
    later: Option<(Pending, Vec<Part>)>,
}

/// A collection that is paused before operation `at`; whether it came to that.
fn run(at: usize, others: Others) -> bool {
    let inner = MemoryStorage::new();
    let mut world = World::new(Arc::new(inner.clone()), 7);
    let job = world.open().unwrap();
    for _ in 0..3 {
        world.work();
        let (pending, parts) = world.take(&job, None, true).unwrap();
        world.publish(pending, parts).unwrap();
    }
    // Something is to be collected: an aborted one.
    let (aborted, _) = world.take(&job, None, true).unwrap();
    block_on(aborted.abort());
    // Without changes it writes no file of its own, by which it would be found.
    if !others.retained_before {
        world.work();
    }
    // The workers have not heard of a full one, which is all that is retained before the collection: the
    // one that is begun builds on what does not count any more.
    if others.retained_before {
        world.unheard(|world| {
            let (pending, parts) = world.take(&job, None, false).unwrap();
            world.publish(pending, parts).unwrap();
        });
    }
    let begun = world.take(&job, None, true).unwrap();
    if others.retained_before {
        world.retain(&job, 1).unwrap();
    }
    let clock = Arc::clone(&world.clock);
    let scene = Arc::new(Mutex::new(Scene {
        world,
        job,
        begun: Some(begun),
        later: None,
    }));

    let hook = {
        let scene = Arc::clone(&scene);
        move || interfere(&mut scene.lock().unwrap(), others)
    };
    let sim = FaultyStorage::new(inner.clone(), Faults::hooked(at, hook));
    // By the collector's clock, or by ours: a publisher's clock does not say that it is late.
    let grace = if others.expired {
        clock.advance(1);
        std::time::Duration::ZERO
    } else {
        GRACE
    };
    let options = GcOptions::default().with_delete().with_grace(grace);
    block_on(gc(&sim, &*clock, &options)).unwrap();

    let mut scene = scene.lock().unwrap();
    let what = format!("{others:?} at {at}");
    scene.world.check(&inner, &what);
    // What is still in flight gets through, or is told that it was given up.
    let left = [scene.begun.take(), scene.later.take()];
    for (pending, parts) in left.into_iter().flatten() {
        let published = scene.world.publish(pending, parts);
        assert!(published.is_ok() || others.expired, "{what}: {published:?}");
    }
    scene.world.check(&inner, &what);
    scene.world.check_clean(&inner, &what);
    sim.faults().has_happened()
}

fn interfere(scene: &mut Scene, others: Others) {
    let Scene {
        world,
        job,
        begun,
        later,
    } = scene;
    if others.publish {
        let (pending, parts) = begun.take().unwrap();
        let published = world.publish(pending, parts);
        assert!(published.is_ok() || others.expired, "{published:?}");
    }
    if others.retain {
        world.retain(job, 1).unwrap();
    }
    if others.begin {
        world.work();
        let (pending, parts) = world.take(job, None, true).unwrap();
        if others.publish_that {
            world.publish(pending, parts).unwrap();
        } else {
            *later = Some((pending, parts));
        }
    }
}

#[test]
fn while_others_begin_publish_and_retain() {
    for choice in 0..64_u8 {
        let bit = |bit: u8| choice >> bit & 1 == 1;
        let others = Others {
            publish: bit(0),
            retain: bit(1),
            begin: bit(2),
            publish_that: bit(3),
            expired: bit(4),
            retained_before: bit(5),
        };
        let mut at = 0;
        while run(at, others) {
            at += 1;
        }
        assert!(at > 15, "only {at} operations");
    }
}
