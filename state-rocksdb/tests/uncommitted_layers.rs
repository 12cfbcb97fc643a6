//! What is not committed is held once: freezes between commits leave no layers behind, and many values are
//! one request of the engine also where some of them are not committed.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::{KeyGroups, StateBackend, StateRead, Value, ValueDescriptor};
use state_rocksdb::rocksdb::statistics::Ticker;
use state_rocksdb::{Mode, RocksdbBackend, RocksdbConfig};

fn state(dir: &tempfile::TempDir) -> (RocksdbBackend<u64>, Value<u64>) {
    let config = RocksdbConfig::default()
        .with_mode(Mode::Durable)
        .with_statistics(true);
    let groups = KeyGroups::all(8).unwrap();
    let mut state = state_rocksdb::open::<u64>(dir.path().join("work"), groups, &config).unwrap();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    for key in 0..200 {
        state.at_mut(&key).value(value).put(key).unwrap();
    }
    state.commit(b"").unwrap();
    (state, value)
}

#[test]
fn freezes_leave_no_layers_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (mut state, value) = state(&dir);
    let held = state.freeze().unwrap();
    for round in 0..2_000 {
        state.at_mut(&(round % 7)).value(value).put(round).unwrap();
        drop(state.freeze().unwrap());
    }
    let bytes = state.memory_held().bytes;
    assert!(bytes < 10_000, "7 rows take {bytes} bytes");
    assert_eq!(
        state.at(&1).value(value).get().unwrap().as_deref(),
        Some(&1996)
    );
    assert_eq!(held.at(&1).value(value).get().unwrap().as_deref(), Some(&1));
}

/// A kill does not tell a commit that waits for the disk from one that does not: the system keeps what was
/// written. The engine's counter does.
#[test]
fn a_commit_waits_for_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let (mut state, value) = state(&dir);
    let syncs = |state: &RocksdbBackend<u64>| state.store().ticker(Ticker::WalFileSynced);
    let before = syncs(&state);
    state.at_mut(&1).value(value).put(2).unwrap();
    assert_eq!(syncs(&state), before);
    state.commit(b"").unwrap();
    assert_eq!(syncs(&state), before + 1);
}

#[test]
fn many_values_are_one_request() {
    let dir = tempfile::tempdir().unwrap();
    let (mut state, value) = state(&dir);
    state.at_mut(&0).value(value).put(5).unwrap();
    state.at_mut(&199).value(value).put(6).unwrap();
    state.at_mut(&100).value(value).clear().unwrap();
    let counters = |state: &RocksdbBackend<u64>| {
        [Ticker::NumberKeysRead, Ticker::NumberMultigetCalls].map(|t| state.store().ticker(t))
    };
    let [gets, requests] = counters(&state);
    let keys: Vec<_> = (0..200).collect();
    let found = state.get_many(value, &keys).unwrap();
    let found: Vec<_> = found
        .into_iter()
        .map(|value| value.map(|value| *value))
        .collect();
    let [more_gets, more_requests] = counters(&state);
    assert_eq!([more_gets - gets, more_requests - requests], [0, 1]);
    let mut expected: Vec<_> = (0..200).map(Some).collect();
    (expected[0], expected[100], expected[199]) = (Some(5), None, Some(6));
    assert_eq!(found, expected);
}
