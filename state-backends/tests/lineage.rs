//! A lineage that is used with another backend than it belongs to makes the next checkpoint full, not
//! wrong.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]
#![cfg(feature = "heap")]

use std::collections::BTreeMap;
use std::sync::Arc;

use pollster::block_on;
use state_backends::checkpoint::{
    Job, JobOptions, Lineage, Manifest, MemoryStorage, Strategy, WriteOptions, restore,
};
use state_backends::heap::HeapBackend;
use state_backends::{
    KeyGroups, StateBackend, StateRead, StateView, SystemClock, Value, ValueDescriptor,
};

type Heap = HeapBackend<u64>;

fn job() -> Job {
    let storage = Arc::new(MemoryStorage::new());
    block_on(Job::open(
        storage,
        Arc::new(SystemClock),
        JobOptions::new(16),
    ))
    .unwrap()
}

fn tracking(groups: KeyGroups) -> (Heap, Value<u64>) {
    let mut state = Heap::new(groups);
    state.track_changes(64 << 20).unwrap();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    (state, value)
}

fn take(job: &Job, state: &mut Heap, lineage: &mut Lineage) -> (Manifest, bool) {
    let pending = block_on(job.begin()).unwrap();
    let task = lineage
        .take(pending.ticket(), state, &Strategy::incremental())
        .unwrap();
    let epoch = task.epoch();
    let written = block_on(task.write(&**job.storage(), &WriteOptions::default())).unwrap();
    let published = pending.publish(vec![written.part], BTreeMap::new());
    let manifest = block_on(published).unwrap();
    lineage.confirm(state, &manifest, epoch).unwrap();
    (manifest, written.incremental)
}

/// The values of a checkpoint, by key.
fn read(job: &Job, manifest: &Manifest) -> BTreeMap<u64, u64> {
    let (mut state, value) = tracking(KeyGroups::all(16).unwrap());
    block_on(restore(&**job.storage(), manifest, "op", &mut state)).unwrap();
    let keys = state.keys(value).unwrap().map(|pair| *pair.unwrap().0);
    keys.map(|key| (key, *state.at(&key).value(value).get().unwrap().unwrap()))
        .collect()
}

#[test]
fn one_that_outlived_its_backend_loses_no_change() {
    let (job, groups) = (job(), KeyGroups::all(16).unwrap());
    let (mut state, value) = tracking(groups);
    state.at_mut(&1).value(value).put(1).unwrap();
    let mut lineage = Lineage::new("op");
    take(&job, &mut state, &mut lineage);
    let (latest, incremental) = take(&job, &mut state, &mut lineage);
    assert!(incremental);

    // The worker fails and is restored, its lineage is kept; others read views of the new backend.
    let (mut state, value) = tracking(groups);
    block_on(restore(&**job.storage(), &latest, "op", &mut state)).unwrap();
    state.at_mut(&1).value(value).put(2).unwrap();
    for _ in 0..5 {
        assert!(state.freeze().unwrap().epoch() > 0);
    }
    let (manifest, incremental) = take(&job, &mut state, &mut lineage);
    assert!(!incremental);
    assert_eq!(read(&job, &manifest), BTreeMap::from([(1, 2)]));
    state.at_mut(&1).value(value).put(3).unwrap();
    let (manifest, incremental) = take(&job, &mut state, &mut lineage);
    assert!(incremental);
    assert_eq!(read(&job, &manifest), BTreeMap::from([(1, 3)]));
}

#[test]
fn a_claim_goes_with_the_backend_that_restored() {
    let (job, groups) = (job(), KeyGroups::all(16).unwrap());
    let (mut state, value) = tracking(groups);
    let all: BTreeMap<u64, u64> = (0..100).map(|key| (key, key)).collect();
    for (key, content) in &all {
        state.at_mut(key).value(value).put(*content).unwrap();
    }
    let (manifest, _) = take(&job, &mut state, &mut Lineage::new("op"));

    let (mut half, _) = tracking(KeyGroups::of_worker(16, 0, 2).unwrap());
    block_on(restore(&**job.storage(), &manifest, "op", &mut half)).unwrap();
    let mut claimed = Lineage::claim(&manifest, "op", &half).unwrap();
    let (mut whole, _) = tracking(groups);
    block_on(restore(&**job.storage(), &manifest, "op", &mut whole)).unwrap();
    let (manifest, incremental) = take(&job, &mut whole, &mut claimed);
    assert!(!incremental);
    assert_eq!(read(&job, &manifest), all);
}
