//! `kill -9`, for real: the process that owns the backend is killed at some moment.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pollster::block_on;
use state_api::{ManualClock, Result, StateBackend};
use state_checkpoint::{
    CheckpointStorage, Job as Coordinator, JobOptions, LocalStorage, Manifest, WriteOptions,
    checkpoint, latest, restore,
};

use crate::crash::{Job, Tally, child_root, largest, run_and_kill, say};
use crate::factory::BackendFactory;
use crate::site::{Site, all_groups};

const OPERATOR: &str = "crash";

/// Key of the number of records in a checkpoint's metadata.
const RECORDS: &str = "records";

/// Records from one checkpoint to the next.
const BATCH: u64 = 300;

/// Kills of a process that writes, checkpoints and restores.
const KILLS: usize = 21;

/// However a process is killed - while it writes, while a checkpoint is written and published, while
/// it restores -, the latest checkpoint is one that it had published or was about to, and restores
/// exactly. The next process goes on from there.
pub fn the_last_checkpoint_survives_kills<F: BackendFactory>(factory: &F) {
    if let Some(root) = child_root() {
        work_until_killed(factory, &root).unwrap();
    }
    let site = Site::new(factory);
    let root = site.dir();
    std::fs::create_dir_all(&root).unwrap();
    let mut published = 0;
    for round in 0..KILLS {
        // Each phase in turn; the delays sweep over what follows.
        let (at, nth) = [("restoring", 1), ("checkpoint", 2), ("published", 2)][round % 3];
        let delay = Duration::from_micros(700 * (round as u64 / 3));
        let said = run_and_kill(&root, at, nth, delay);
        published = largest(&said, "published ").unwrap_or(published);
        let begun = largest(&said, "checkpoint ").unwrap_or(published);

        let storage = LocalStorage::open(root.join("checkpoints")).unwrap();
        let found = block_on(latest(&storage)).unwrap();
        let id = found.as_ref().map_or(0, |manifest| manifest.checkpoint_id);
        assert!(
            published <= id,
            "checkpoint {id} is the latest, {published} was published, {begun} begun; {said:?}"
        );
        published = id;
        let mut backend = site.open::<u64>();
        let records = bring_back(&storage, found.as_ref(), &mut backend).unwrap();
        let job = Job::register(&mut backend).unwrap();
        job.compare(&backend, &Tally::of(records)).unwrap();
        backend.destroy().unwrap();
    }
    assert!(
        published > 7,
        "only {published} checkpoints in {KILLS} lives"
    );
}

/// Restores a checkpoint if there is one; returns the number of records that it has.
fn bring_back<B: StateBackend<Key = u64>>(
    storage: &dyn CheckpointStorage,
    found: Option<&Manifest>,
    backend: &mut B,
) -> Result<u64> {
    let Some(manifest) = found else {
        return Ok(0);
    };
    block_on(restore(storage, manifest, OPERATOR, backend))?;
    Ok(manifest
        .metadata
        .get(RECORDS)
        .and_then(serde_json::Value::as_u64)
        .unwrap())
}

fn work_until_killed<F: BackendFactory>(factory: &F, root: &Path) -> Result<()> {
    let storage = Arc::new(LocalStorage::open(root.join("checkpoints"))?);
    // What a kill left is not used again.
    let dir = root.join(format!("work-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let mut backend: F::Backend<u64> = factory.open(&dir, all_groups())?;
    let options = JobOptions::new(all_groups().max_parallelism());
    let coordinator = block_on(Coordinator::open(
        storage,
        Arc::new(ManualClock::default()),
        options,
    ))?;
    let found = block_on(coordinator.latest())?;
    let mut id = found.as_ref().map_or(0, |manifest| manifest.checkpoint_id);
    say(format_args!("restoring"));
    let mut records = bring_back(&**coordinator.storage(), found.as_ref(), &mut backend)?;
    let job = Job::register(&mut backend)?;
    let mut work = |backend: &mut F::Backend<u64>| -> Result<u64> {
        for _ in 0..BATCH {
            job.apply(backend, records)?;
            records += 1;
        }
        Ok(records)
    };
    loop {
        let records = work(&mut backend)?;
        id += 1;
        say(format_args!("checkpoint {id}"));
        let view = backend.freeze()?;
        let metadata = BTreeMap::from([(RECORDS.to_owned(), records.into())]);
        std::thread::scope(|scope| {
            let written = scope.spawn(|| {
                let options = WriteOptions::default();
                block_on(checkpoint(&coordinator, OPERATOR, view, metadata, &options))
            });
            work(&mut backend)?; // meanwhile
            let manifest = written.join().unwrap()?;
            id = manifest.checkpoint_id;
            block_on(coordinator.retain(2)).map(drop)
        })?;
        say(format_args!("published {id}"));
    }
}
