//! A checkpoint of a view that was revoked ends with `Revoked` and publishes nothing; the writes go on, and
//! so does the next checkpoint.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]
#![cfg(feature = "sled")]

use std::collections::BTreeMap;
use std::sync::Arc;

use state_backends::checkpoint::{
    Job, JobOptions, MemoryStorage, WriteOptions, checkpoint, restore,
};
use state_backends::{
    ErrorKind, KeyGroups, ManualClock, StateBackend, StateRead, ValueDescriptor, open,
};

#[test]
fn a_revoked_view_publishes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let groups = KeyGroups::all(16).unwrap();
    let url = |name: &str| format!("sled:{}?overlay=256KiB", dir.path().join(name).display());
    let value = || ValueDescriptor::<String>::new("value");
    let text = |round: u64, key: u64| format!("{round:>100} {key}");

    let mut state = open::<u64>(&url("state"), groups).unwrap();
    assert!(state.capability().revocable_views);
    let values = state.register(value()).unwrap();
    let write = |state: &mut state_backends::AnyBackend<u64>, round| {
        for key in 0..5_000 {
            let written = state.at_mut(&key).value(values).put(text(round, key));
            written.unwrap();
        }
    };
    write(&mut state, 0);
    let view = state.freeze().unwrap();
    write(&mut state, 1);
    assert!(
        state.memory_held().bytes < 2 << 20,
        "{:?}",
        state.memory_held()
    );

    let (storage, clock) = (MemoryStorage::new(), ManualClock::default());
    let opened = Job::open(Arc::new(storage), Arc::new(clock), JobOptions::new(16));
    let job = pollster::block_on(opened).unwrap();
    let take = |view| {
        let (metadata, options) = (BTreeMap::new(), WriteOptions::default());
        pollster::block_on(checkpoint(&job, "operator", view, metadata, &options))
    };
    assert_eq!(take(view).unwrap_err().kind(), ErrorKind::Revoked);
    assert!(pollster::block_on(job.latest()).unwrap().is_none());

    let view = state.freeze().unwrap();
    let manifest = take(view).unwrap();
    let mut restored = open::<u64>(&url("restored"), groups).unwrap();
    pollster::block_on(restore(
        &**job.storage(),
        &manifest,
        "operator",
        &mut restored,
    ))
    .unwrap();
    let values = restored.register(value()).unwrap();
    for key in 0..5_000 {
        let at = restored.at(&key);
        assert_eq!(
            at.value(values).get().unwrap().as_deref(),
            Some(&text(1, key))
        );
    }
}
