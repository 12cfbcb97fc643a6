//! A restore of much state goes into the engine as table files, several of each state, and is all there;
//! nothing of the load is left behind.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::{KeyGroups, ListDescriptor, StateBackend, StateRead, StateView, ValueDescriptor};
use state_rocksdb::{RocksdbBackend, RocksdbConfig};

const KEYS: u64 = 60_000;

#[test]
fn a_large_restore_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let groups = KeyGroups::all(128).unwrap();
    let mut config = RocksdbConfig::default().with_cache_bytes(64 << 20);
    config.target_file_bytes = 1 << 20;
    config.compression = Vec::new();
    let open = |name: &str| -> RocksdbBackend<u64> {
        state_rocksdb::open(dir.path().join(name), groups, &config).unwrap()
    };
    let (value, list) = (
        || ValueDescriptor::<String>::new("value"),
        || ListDescriptor::<u64>::new("list"),
    );
    let text = |key: u64| format!("{key:>100}");

    let mut source = open("source");
    let (values, lists) = (
        source.register(value()).unwrap(),
        source.register(list()).unwrap(),
    );
    for key in 0..KEYS {
        let mut at = source.at_mut(&key);
        at.value(values).put(text(key)).unwrap();
        at.list(lists).extend([key, key + 1]).unwrap();
    }
    let view = source.freeze().unwrap();
    let states = view.states();
    let mut rows = view.into_rows(groups.range()).unwrap();

    let mut target = open("target");
    target.restore(&states, &mut rows).unwrap();
    let (values, lists) = (
        target.register(value()).unwrap(),
        target.register(list()).unwrap(),
    );
    for key in 0..KEYS {
        let at = target.at(&key);
        assert_eq!(at.value(values).get().unwrap().as_deref(), Some(&text(key)));
        let elements = at.list(lists).iter().unwrap().map(|e| *e.unwrap());
        assert_eq!(elements.collect::<Vec<_>>(), [key, key + 1]);
    }
    assert_eq!(target.key_count(values).unwrap(), KEYS);
    // Nothing of it lies in write buffers, but for the first batch.
    let metrics = target.store().metrics().unwrap();
    assert!(metrics.file_bytes > 6 << 20, "{metrics:?}");
    assert!(!dir.path().join("target/load").exists());
    // Lists go on behind the largest chunk number.
    target.at_mut(&1).list(lists).push(9).unwrap();
    let elements = target
        .at(&1)
        .list(lists)
        .iter()
        .unwrap()
        .map(|e| *e.unwrap());
    assert_eq!(elements.collect::<Vec<_>>(), [1, 2, 9]);
}
