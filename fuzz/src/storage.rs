//! A whole storage: the catalog, pins, manifests, and names of files.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use state_api::{Error, ErrorKind, ManualClock};
use state_checkpoint::blocking::block_on;
use state_checkpoint::{
    CheckpointStorage, GcOptions, Job, JobOptions, Manifest, MemoryStorage, gc, latest, list, load,
    savepoint, savepoints, verify,
};

use crate::craft::GROUPS;
use crate::input::Input;
use crate::refused::refused;
use crate::seal;

const DIRECTORIES: [&str; 5] = ["catalog", "manifests", "native", "pins", "runs"];

/// What a storage may answer that holds anything.
fn answered(error: &Error) {
    refused(
        error,
        &[
            ErrorKind::Conflict,
            ErrorKind::Corrupt,
            ErrorKind::Invalid,
            ErrorKind::Mismatch,
            ErrorKind::NotFound,
            ErrorKind::Unsupported,
        ],
        &[],
    );
}

fn files(storage: &MemoryStorage) -> BTreeMap<String, u64> {
    let mut files = BTreeMap::new();
    for directory in DIRECTORIES {
        for name in block_on(storage.list(directory)).expect("memory lists") {
            let path = format!("{directory}/{name}");
            let size = block_on(storage.size(&path)).expect("memory knows sizes");
            files.insert(path, size);
        }
    }
    files
}

/// Files behind their lengths: a byte that says how they are sealed, a path on a line of its own, and the
/// content.
fn fill(storage: &MemoryStorage, mut input: Input<'_>) {
    while !input.is_empty() {
        let sealed = input.u8();
        let file = input.long();
        let Some(end) = file.iter().position(|byte| *byte == b'\n') else {
            continue;
        };
        let (path, content) = file.split_at(end);
        let content = content.strip_prefix(b"\n").unwrap_or_default();
        let content = match sealed % 4 {
            0 => content.to_vec(),
            1 => seal::json("record", content),
            2 => seal::json("pin", content),
            _ => seal::json("manifest", content),
        };
        let Ok(path) = std::str::from_utf8(path) else {
            continue;
        };
        if let Err(error) = block_on(storage.put_new(path, &content)) {
            refused(&error, &[ErrorKind::Invalid, ErrorKind::Conflict], &[]);
        }
    }
}

/// Reads all that can be read; what is the latest checkpoint then.
fn look(storage: &MemoryStorage) -> Option<Manifest> {
    match block_on(list(storage)) {
        Ok(ids) => {
            assert!(ids.is_sorted_by(|a, b| a < b));
            for id in ids {
                match block_on(load(storage, id)) {
                    Ok(manifest) => {
                        assert_eq!(manifest.checkpoint_id, id);
                        if let Err(error) = block_on(verify(storage, &manifest)) {
                            answered(&error);
                        }
                    }
                    Err(error) => answered(&error),
                }
            }
        }
        Err(error) => answered(&error),
    }
    match block_on(savepoints(storage)) {
        Ok(found) => {
            for (name, id) in found {
                match block_on(savepoint(storage, &name)) {
                    Ok(manifest) => assert_eq!(manifest.checkpoint_id, id),
                    Err(error) => answered(&error),
                }
            }
        }
        Err(error) => answered(&error),
    }
    match block_on(latest(storage)) {
        Ok(manifest) => manifest,
        Err(error) => {
            answered(&error);
            None
        }
    }
}

/// A storage that holds these files: looked at, collected, and taken over by a job.
pub fn storage(data: &[u8]) {
    let storage = MemoryStorage::new();
    fill(&storage, Input::new(data));
    let latest = look(&storage);

    let clock = ManualClock::new(1 << 50);
    let options = GcOptions::default().with_grace(Duration::from_secs(1));
    let before = files(&storage);
    let planned = block_on(gc(&storage, &clock, &options));
    assert_eq!(files(&storage), before, "a dry run changes nothing");
    let removed = block_on(gc(&storage, &clock, &options.with_delete()));
    match (&planned, &removed) {
        (Ok(planned), Ok(removed)) => assert_eq!(planned.files, removed.files),
        (Err(error), _) => {
            answered(error);
            assert!(removed.is_err());
            assert_eq!(files(&storage), before, "removed by who does not know what");
        }
        (Ok(_), Err(error)) => answered(error),
    }
    assert_eq!(look(&storage), latest, "collection keeps what counts");
    let after = files(&storage);
    for part in latest.iter().flat_map(|manifest| &manifest.parts) {
        for run in &part.runs {
            assert_eq!(before.get(&run.path), after.get(&run.path));
        }
    }

    let job = Job::open(
        Arc::new(storage.clone()),
        Arc::new(clock),
        JobOptions::new(GROUPS),
    );
    match block_on(job) {
        Ok(job) => match block_on(job.begin()) {
            Ok(pending) => {
                let id = pending.id();
                assert!(latest.is_none_or(|latest| latest.checkpoint_id < id));
                match block_on(pending.publish(Vec::new(), BTreeMap::new())) {
                    Ok(manifest) => {
                        assert_eq!(look(&storage), Some(manifest), "what is published counts");
                    }
                    Err(error) => answered(&error),
                }
            }
            Err(error) => answered(&error),
        },
        Err(error) => answered(&error),
    }
}
