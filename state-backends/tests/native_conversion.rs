//! A native checkpoint is read without its engine's backend, and restores into every kind, at another
//! parallelism.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]
#![cfg(feature = "full")]

use std::path::Path;

use state_backends::rocksdb::{RocksdbConfig, native_view};
use state_backends::{
    AnyBackend, ErrorKind, KeyGroups, KeyHash, ListDescriptor, MapDescriptor, NativePlace,
    StateBackend, StateRead, StateView, ValueDescriptor, open,
};

const KEYS: u64 = 200;

fn backend(url: &str, groups: KeyGroups) -> AnyBackend<u64> {
    open::<u64>(url, groups).unwrap()
}

fn take(root: &Path, place: NativePlace<'_>) {
    let url = format!("rocksdb:{}", root.join("source").display());
    let mut source = backend(&url, KeyGroups::all(16).unwrap());
    let count = source
        .register(ValueDescriptor::<u64>::new("count"))
        .unwrap();
    let list = source.register(ListDescriptor::<u64>::new("list")).unwrap();
    let map = source
        .register(MapDescriptor::<u8, u64>::new("map"))
        .unwrap();
    for key in 0..KEYS {
        let mut at = source.at_mut(&key);
        at.value(count).put(key * 2).unwrap();
        at.list(list).extend([key, 7]).unwrap();
        at.map(map).insert(3, key).unwrap();
    }
    source.native_checkpoint(place).unwrap();
    source.destroy().unwrap();
}

#[test]
fn a_native_checkpoint_converts_into_every_backend() {
    let dir = tempfile::tempdir().unwrap();
    let native = dir.path().join("native");
    let place = NativePlace {
        directory: &native,
        name: "one",
    };
    take(dir.path(), place);
    for scheme in ["heap", "redb", "rocksdb", "sled"] {
        let mut found = 0;
        for worker in 0..3 {
            let groups = KeyGroups::of_worker(16, worker, 3).unwrap();
            let path = dir.path().join(format!("{scheme}-{worker}"));
            let url = match scheme {
                "heap" => "heap:".to_owned(),
                _ => format!("{scheme}:{}", path.display()),
            };
            let mut target = backend(&url, groups);
            let view = native_view::<u64>(place, &RocksdbConfig::default()).unwrap();
            let states = view.states();
            let mut rows = view.into_rows(groups.range()).unwrap();
            target.restore(&states, &mut rows).unwrap();
            drop(rows);
            let count = target
                .register(ValueDescriptor::<u64>::new("count"))
                .unwrap();
            let list = target.register(ListDescriptor::<u64>::new("list")).unwrap();
            let map = target
                .register(MapDescriptor::<u8, u64>::new("map"))
                .unwrap();
            for key in (0..KEYS).filter(|key| groups.owns(KeyHash::of(key).unwrap())) {
                let at = target.at(&key);
                assert_eq!(at.value(count).get().unwrap().as_deref(), Some(&(key * 2)));
                let elements = at.list(list).iter().unwrap().map(|e| *e.unwrap());
                assert_eq!(elements.collect::<Vec<_>>(), [key, 7]);
                assert_eq!(at.map(map).get(&3).unwrap().as_deref(), Some(&key));
                found += 1;
            }
            target.destroy().unwrap();
        }
        assert_eq!(found, KEYS, "{scheme}");
    }
    // Nothing is left beside the checkpoint.
    let mut names: Vec<_> = std::fs::read_dir(&native)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["files", "one.json"]);
    let other = native_view::<String>(place, &RocksdbConfig::default()).map(drop);
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Mismatch);
}
