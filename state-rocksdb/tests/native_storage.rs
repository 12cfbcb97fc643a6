//! Native checkpoints in a storage: only new files are written, they are retained and collected like any
//! other, and restore at another parallelism.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pollster::block_on;
use state_api::{
    ErrorKind, KeyGroups, KeyHash, ManualClock, StateBackend, StateRead, ValueDescriptor,
};
use state_checkpoint::{
    CheckpointStorage, GcOptions, Job, JobOptions, Lineage, Manifest, MemoryStorage,
    RestoreOptions, Strategy, WriteOptions, open_restore, restore_native, verify,
};
use state_rocksdb::{RocksdbBackend, RocksdbConfig, open};

const OPERATOR: &str = "op";
const KEYS: u64 = 20_000;

struct Scene {
    dir: tempfile::TempDir,
    storage: MemoryStorage,
    job: Job,
}

impl Scene {
    fn new() -> Self {
        let storage = MemoryStorage::new();
        let clock = Arc::new(ManualClock::default());
        let job = Job::open(Arc::new(storage.clone()), clock, JobOptions::new(16));
        Self {
            dir: tempfile::tempdir().unwrap(),
            storage,
            job: block_on(job).unwrap(),
        }
    }

    fn open(&self, name: &str, groups: KeyGroups) -> RocksdbBackend<u64> {
        open(
            self.dir.path().join(name),
            groups,
            &RocksdbConfig::default(),
        )
        .unwrap()
    }

    /// Takes a checkpoint; returns it, and the bytes that were written.
    fn take(&self, state: &mut RocksdbBackend<u64>, lineage: &mut Lineage) -> (Manifest, u64) {
        let strategy = Strategy::Native(self.dir.path().join("staging"));
        let pending = block_on(self.job.begin()).unwrap();
        let task = lineage.take(pending.ticket(), state, &strategy).unwrap();
        let epoch = task.epoch();
        let written = block_on(task.write(&self.storage, &WriteOptions::default())).unwrap();
        let bytes = written.bytes;
        let manifest = block_on(pending.publish(vec![written.part], BTreeMap::new())).unwrap();
        lineage.confirm(state, &manifest, epoch).unwrap();
        (manifest, bytes)
    }

    fn restore(
        &self,
        manifest: &Manifest,
        state: &mut RocksdbBackend<u64>,
    ) -> state_api::Result<()> {
        let (dir, options) = (self.dir.path().join("restoring"), RestoreOptions::default());
        let restored = restore_native(&self.storage, manifest, OPERATOR, state, &dir, &options);
        let restored = block_on(restored);
        assert!(is_empty(&dir), "what was copied is removed again");
        restored
    }
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

fn write(state: &mut RocksdbBackend<u64>, keys: std::ops::Range<u64>, round: u64) {
    let value = state
        .register(ValueDescriptor::<String>::new("value"))
        .unwrap();
    for key in keys {
        let text = format!(
            "{round} {key} {:x}",
            key.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        );
        state.at_mut(&key).value(value).put(text.repeat(3)).unwrap();
    }
}

fn count(state: &mut RocksdbBackend<u64>, round_of: impl Fn(u64) -> u64) -> u64 {
    let value = state
        .register(ValueDescriptor::<String>::new("value"))
        .unwrap();
    let mut found = 0;
    for key in 0..KEYS {
        if !state.key_groups().owns(KeyHash::of(&key).unwrap()) {
            continue;
        }
        let at = state.at(&key);
        let text = at.value(value).get().unwrap().unwrap();
        assert!(text.starts_with(&format!("{} {key} ", round_of(key))));
        found += 1;
    }
    found
}

#[test]
fn only_new_files_are_written_and_old_ones_collected() {
    let scene = Scene::new();
    let mut state = scene.open("state", KeyGroups::all(16).unwrap());
    let mut lineage = Lineage::new(OPERATOR);
    write(&mut state, 0..KEYS, 1);
    let (first, first_bytes) = scene.take(&mut state, &mut lineage);
    write(&mut state, 0..200, 2);
    let (second, second_bytes) = scene.take(&mut state, &mut lineage);
    assert!(
        second_bytes * 10 < first_bytes,
        "{second_bytes} of {first_bytes}"
    );
    assert!(is_empty(&scene.dir.path().join("staging")));
    block_on(verify(&scene.storage, &first)).unwrap();

    // The files that both have stay when the first one goes.
    let files = |storage: &MemoryStorage| block_on(storage.list("native")).unwrap().len();
    let before = files(&scene.storage);
    block_on(scene.job.retain(1)).unwrap();
    block_on(scene.job.gc(&GcOptions::default().with_delete())).unwrap();
    assert!(files(&scene.storage) < before);
    block_on(verify(&scene.storage, &second)).unwrap();

    // Two workers take it over.
    let mut total = 0;
    for index in 0..2 {
        let groups = KeyGroups::of_worker(16, index, 2).unwrap();
        let mut half = scene.open(&format!("half-{index}"), groups);
        scene.restore(&second, &mut half).unwrap();
        total += count(&mut half, |key| if key < 200 { 2 } else { 1 });
        half.destroy().unwrap();
    }
    assert_eq!(total, KEYS);
}

#[test]
fn a_claimed_checkpoint_is_built_on() {
    let scene = Scene::new();
    let all = KeyGroups::all(16).unwrap();
    let mut state = scene.open("state", all);
    write(&mut state, 0..KEYS, 1);
    let (first, first_bytes) = scene.take(&mut state, &mut Lineage::new(OPERATOR));
    state.destroy().unwrap();

    let mut next = scene.open("next", all);
    scene.restore(&first, &mut next).unwrap();
    let mut lineage = Lineage::claim(&first, OPERATOR, &next).unwrap();
    write(&mut next, 0..200, 2);
    let (second, bytes) = scene.take(&mut next, &mut lineage);
    assert!(bytes * 10 < first_bytes, "{bytes} of {first_bytes}");
    let mut last = scene.open("last", all);
    scene.restore(&second, &mut last).unwrap();
    assert_eq!(count(&mut last, |key| if key < 200 { 2 } else { 1 }), KEYS);
}

#[test]
fn damage_and_portable_readers_are_refused() {
    let scene = Scene::new();
    let all = KeyGroups::all(16).unwrap();
    let mut state = scene.open("state", all);
    write(&mut state, 0..2_000, 1);
    let (manifest, _) = scene.take(&mut state, &mut Lineage::new(OPERATOR));
    let error = block_on(open_restore(&scene.storage, &manifest, OPERATOR, all)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.context("backend"), Some("rocksdb"));

    let native = manifest.parts.first().unwrap().native.clone().unwrap();
    for file in native.files.iter().filter(|file| file.size > 0) {
        let whole = block_on(scene.storage.read(&file.path, 0..file.size)).unwrap();
        let mut bytes = whole.clone();
        *bytes.last_mut().unwrap() ^= 1;
        block_on(scene.storage.delete(&file.path)).unwrap();
        block_on(scene.storage.put_new(&file.path, &bytes)).unwrap();
        let mut other = scene.open("other", all);
        let error = scene.restore(&manifest, &mut other).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{}: {error}", file.name);
        assert_eq!(error.context("file"), Some(file.path.as_str()));
        assert!(block_on(verify(&scene.storage, &manifest)).is_err());
        other.destroy().unwrap();
        block_on(scene.storage.delete(&file.path)).unwrap();
        block_on(scene.storage.put_new(&file.path, &whole)).unwrap();
    }
    block_on(verify(&scene.storage, &manifest)).unwrap();
}
