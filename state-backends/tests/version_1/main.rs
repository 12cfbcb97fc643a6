//! Checkpoints of format version 1 restore, for ever: those in `tests/fixtures/v1`, which workers on the heap
//! and on redb took.
//!
//! A base, two deltas and a savepoint, with tombstones and range tombstones; states of all kinds, with and without
//! namespaces. What they hold is in `tests/fixtures/v1.json`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may panic, in their helpers too"
)]
#![cfg(feature = "heap")]

mod content;
#[cfg(feature = "redb")]
mod make;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use content::{Content, Handles, MAX_PARALLELISM, read};
use pollster::block_on;
use state_backends::any::SCHEMES;
use state_backends::checkpoint::run::RunFile;
use state_backends::checkpoint::{
    ChainPolicy, CheckpointStorage, Job, JobOptions, Lineage, LocalStorage, Manifest, RunKind,
    Strategy, WriteOptions, list, load, restore, savepoint, verify,
};
use state_backends::{AnyBackend, KeyGroups, RowChange, StateBackend, SystemClock, open};

const OPERATOR: &str = "orders";
const SAVEPOINT: &str = "before-upgrade";
const EXPECTED: &str = "v1.json";

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

/// What each checkpoint holds.
fn expected() -> BTreeMap<u64, Content> {
    let text = fs::read_to_string(fixture().with_file_name(EXPECTED)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A copy of the fixture: nothing may change the original.
fn storage(dir: &Path) -> Arc<LocalStorage> {
    copy(&fixture(), dir);
    Arc::new(LocalStorage::open(dir).unwrap())
}

fn restored(
    storage: &dyn CheckpointStorage,
    manifest: &Manifest,
    url: &str,
    groups: KeyGroups,
) -> (AnyBackend<String>, Handles) {
    let mut backend = open::<String>(url, groups).unwrap();
    let tracks = backend.capability().tracks_changes;
    if tracks {
        backend.track_changes(usize::MAX).unwrap();
    }
    block_on(restore(storage, manifest, OPERATOR, &mut backend)).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    (backend, handles)
}

fn url(scheme: &str, place: &Path) -> String {
    match scheme {
        "heap" => "heap:".to_owned(),
        _ => format!("{scheme}:{}", place.display()),
    }
}

#[test]
fn every_checkpoint_restores_into_every_backend() {
    let dir = tempfile::tempdir().unwrap();
    let storage = storage(&dir.path().join("storage"));
    let expected = expected();
    let ids: Vec<_> = expected.keys().copied().collect();
    assert_eq!(block_on(list(&*storage)).unwrap(), ids);
    let mut place = 0;
    for scheme in SCHEMES.iter().filter(|scheme| scheme.is_enabled()) {
        for (id, expected) in &expected {
            let manifest = block_on(load(&*storage, *id)).unwrap();
            for parallelism in [1, 3] {
                let mut content = Content::default();
                for index in 0..parallelism {
                    place += 1;
                    let url = url(scheme.name(), &dir.path().join(place.to_string()));
                    let groups = KeyGroups::of_worker(MAX_PARALLELISM, index, parallelism);
                    let (backend, handles) = restored(&*storage, &manifest, &url, groups.unwrap());
                    read(&backend, handles, &mut content).unwrap();
                    backend.destroy().unwrap();
                }
                assert!(
                    content == *expected,
                    "{scheme:?}, checkpoint {id}, {parallelism} workers: {content:?}"
                );
            }
        }
    }
}

#[test]
fn it_holds_all_that_the_format_has() {
    let dir = tempfile::tempdir().unwrap();
    let storage = storage(dir.path());
    let mut seen = BTreeSet::new();
    for id in block_on(list(&*storage)).unwrap() {
        let manifest = block_on(load(&*storage, id)).unwrap();
        block_on(verify(&*storage, &manifest)).unwrap();
        assert_eq!(manifest.parts.len(), 2);
        let offset = 100 * (id - 1);
        assert_eq!(manifest.metadata["offset"], offset);
        for part in &manifest.parts {
            let bases = part.runs.iter().filter(|run| run.kind == RunKind::Base);
            assert!(bases.count() >= 1 && part.runs.len() as u64 >= id);
            for run in &part.runs {
                let mut reader = block_on(RunFile::open(&*storage, run))
                    .unwrap()
                    .read(run.clip);
                while let Some(change) = reader.next_op().unwrap() {
                    seen.insert(match change {
                        RowChange::DeleteRange(_) => "range tombstone",
                        RowChange::Put(_) => "row",
                        RowChange::Delete { .. } => "tombstone",
                    });
                }
            }
        }
    }
    let all = ["range tombstone", "row", "tombstone"];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
    let kept = block_on(savepoint(&*storage, SAVEPOINT)).unwrap();
    assert_eq!(kept.checkpoint_id, 3);
}

#[test]
fn a_job_of_today_goes_on_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let storage = storage(&dir.path().join("storage"));
    let options = JobOptions::new(MAX_PARALLELISM);
    let job = block_on(Job::open(storage, Arc::new(SystemClock), options)).unwrap();
    let storage = job.storage();
    let mut last = block_on(job.latest()).unwrap().unwrap();
    let mut expected = expected().remove(&4).unwrap();
    // The deltas of the fixture are larger than its base.
    let policy = ChainPolicy::default().with_max_ratio(100.0);
    let strategy = Strategy::Incremental(policy);
    for (round, scheme) in (0..).zip(SCHEMES.iter().filter(|scheme| scheme.is_enabled())) {
        let url = url(scheme.name(), &dir.path().join(scheme.name()));
        let groups = KeyGroups::all(MAX_PARALLELISM).unwrap();
        let (mut backend, handles) = restored(&**storage, &last, &url, groups);
        let mut lineage = Lineage::claim(&last, OPERATOR, &backend).unwrap();
        let mut content = Content::default();
        read(&backend, handles, &mut content).unwrap();
        assert!(content == expected, "{scheme:?}: {content:?}");
        // A key that has much, and one that had something cleared.
        for key in ["key 7", "key 1"].map(str::to_owned) {
            let mut at = backend.at_mut(&key);
            at.list(handles.events).push(round).unwrap();
            expected.events.entry(key.clone()).or_default().push(round);
            at.map(handles.scores).clear().unwrap();
            at.map(handles.scores).insert(round, 1.0).unwrap();
            let scores = [(round, 1.0_f64.to_bits())].into();
            expected.scores.insert(key, scores);
        }
        let pending = block_on(job.begin()).unwrap();
        let task = lineage
            .take(pending.ticket(), &mut backend, &strategy)
            .unwrap();
        assert_eq!(task.is_incremental(), backend.capability().tracks_changes);
        let epoch = task.epoch();
        let part = block_on(task.write(&**storage, &WriteOptions::default()))
            .unwrap()
            .part;
        last = block_on(pending.publish(vec![part], BTreeMap::new())).unwrap();
        lineage.confirm(&mut backend, &last, epoch).unwrap();
        backend.destroy().unwrap();
    }
    let (backend, handles) = restored(
        &**storage,
        &last,
        "heap:",
        KeyGroups::all(MAX_PARALLELISM).unwrap(),
    );
    let mut content = Content::default();
    read(&backend, handles, &mut content).unwrap();
    assert!(content == expected, "{content:?}");
}
