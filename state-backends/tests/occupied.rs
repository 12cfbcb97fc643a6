//! A directory is occupied as long as a view may read there, also behind a backend that was dropped: an open
//! is refused, even one that would wipe, and touches nothing. A view of a destroyed backend reads on.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]
#![cfg(feature = "full")]

use state_backends::{
    AnyBackend, ErrorKind, KeyGroups, StateBackend, StateRead, Value, ValueDescriptor, open,
};

const ENGINES: [&str; 3] = [
    "redb:DIR?cache=1MiB&on_dirty=wipe",
    // Small files, few of them open: the others are opened when they are read.
    "rocksdb:DIR?cache=1MiB&on_dirty=wipe&write_buffer=64KiB&open_files=20&compaction=none",
    "sled:DIR?cache=1MiB&on_dirty=wipe",
];

const KEYS: u64 = 3_000;

fn filled(url: &str) -> (AnyBackend<u64>, Value<String>) {
    let mut state = open::<u64>(url, KeyGroups::all(8).unwrap()).unwrap();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    for key in 0..KEYS {
        state.at_mut(&key).value(value).put(text(key)).unwrap();
    }
    (state, value)
}

fn text(key: u64) -> String {
    format!("{key:>600}")
}

fn assert_whole<R: StateRead<Key = u64>>(state: &R, value: Value<String>) {
    for key in 0..KEYS {
        let found = state.at(&key).value(value).get().unwrap();
        assert_eq!(found.as_deref(), Some(&text(key)));
    }
}

#[test]
fn a_view_of_a_dropped_backend_keeps_its_directory() {
    for engine in ENGINES {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("work");
        let url = engine.replace("DIR", path.to_str().unwrap());
        let (mut state, value) = filled(&url);
        let view = state.freeze().unwrap();
        state.at_mut(&0).value(value).put("later".into()).unwrap();
        drop(state);
        let refused = open::<u64>(&url, KeyGroups::all(8).unwrap()).map(drop);
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict, "{url}");
        assert_whole(&view, value);
        drop(view);
        let state = open::<u64>(&url, KeyGroups::all(8).unwrap()).unwrap();
        assert!(state.states().is_empty(), "{url}");
        state.destroy().unwrap();
    }
}

#[test]
fn a_view_of_a_destroyed_backend_reads_on_and_removes_the_rest() {
    for engine in ENGINES {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("work");
        let url = engine.replace("DIR", path.to_str().unwrap());
        let (mut state, value) = filled(&url);
        let view = state.freeze().unwrap();
        state.destroy().unwrap();
        assert_whole(&view, value);
        drop(view);
        assert!(!path.exists(), "{url}");
    }
}
