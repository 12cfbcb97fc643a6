//! The working directory of one backend is refused by every other, by the names of both, and left as it
//! is; so is one of a newer layout.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]
#![cfg(feature = "full")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use state_backends::{ErrorKind, KeyGroups, StateBackend, StateRead, ValueDescriptor, open};

const ENGINES: [&str; 3] = ["redb", "rocksdb", "sled"];

fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            files.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn directories_of_others_and_of_newer_layouts_are_refused_untouched() {
    let groups = KeyGroups::all(8).unwrap();
    for owner in ENGINES {
        let dir = tempfile::tempdir().unwrap();
        let url = |scheme: &str| format!("{scheme}:{}?on_dirty=wipe", dir.path().display());
        let count = || ValueDescriptor::<u64>::new("count");
        let mut state = open::<u64>(&url(owner), groups).unwrap();
        let handle = state.register(count()).unwrap();
        state.at_mut(&1).value(handle).put(7).unwrap();
        state.close().unwrap();
        let before = contents(dir.path());
        for other in ENGINES.into_iter().filter(|other| *other != owner) {
            let error = open::<u64>(&url(other), groups).map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
            let text = error.to_string();
            assert!(text.contains(owner) && text.contains(other), "{text}");
            assert_eq!(
                contents(dir.path()),
                before,
                "{other} in the directory of {owner}"
            );
        }

        let identity = dir.path().join("BACKEND");
        let known = std::fs::read_to_string(&identity).unwrap();
        std::fs::write(&identity, known.replace(" 1 ", " 2 ")).unwrap();
        let newer = contents(dir.path());
        let error = open::<u64>(&url(owner), groups).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert_eq!(contents(dir.path()), newer);

        std::fs::write(&identity, known).unwrap();
        let mut state = open::<u64>(&url(owner), groups).unwrap();
        let handle = state.register(count()).unwrap();
        assert_eq!(
            state.at(&1).value(handle).get().unwrap().as_deref(),
            Some(&7)
        );
        state.destroy().unwrap();
    }
}
