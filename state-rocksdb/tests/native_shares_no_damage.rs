//! A shared file that was damaged since the last native checkpoint is not taken into the next one.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::fs;

use state_api::{KeyGroups, NativePlace, StateBackend, StateRead, ValueDescriptor};
use state_rocksdb::RocksdbConfig;

#[test]
fn the_next_checkpoint_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("native");
    let place = |name| NativePlace {
        directory: &root,
        name,
    };
    let open = |name: &str| {
        let groups = KeyGroups::all(8).unwrap();
        state_rocksdb::open::<u64>(dir.path().join(name), groups, &RocksdbConfig::default())
            .unwrap()
    };
    let value = || ValueDescriptor::<u64>::new("value");
    let mut state = open("state");
    let values = state.register(value()).unwrap();
    for key in 0..1000 {
        state.at_mut(&key).value(values).put(key).unwrap();
    }
    state.native_checkpoint(place("one")).unwrap();
    for entry in fs::read_dir(root.join("files")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        let Some(byte) = bytes.last_mut() else {
            continue;
        };
        *byte ^= 1;
        fs::remove_file(&path).unwrap(); // the engine's own stays as it is
        fs::write(&path, bytes).unwrap();
    }
    state.native_checkpoint(place("two")).unwrap();
    let mut restored = open("restored");
    restored.native_restore(&[place("two")]).unwrap();
    let values = restored.register(value()).unwrap();
    assert_eq!(
        restored.at(&999).value(values).get().unwrap().as_deref(),
        Some(&999)
    );
}
