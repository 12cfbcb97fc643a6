//! What every storage must do: run `check_storage_contract` against each.

use std::fs;

use state_checkpoint::{CheckpointStorage, LocalStorage, MemoryStorage};

use crate::support::block_on;
use crate::support::contract::check_storage_contract;

#[test]
fn memory() {
    block_on(check_storage_contract(&MemoryStorage::new()));
}

#[test]
fn local_disk() {
    let dir = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(dir.path().join("not/yet/there")).unwrap();
    block_on(check_storage_contract(&storage));
    let left: Vec<_> = walk(storage.root())
        .into_iter()
        .filter(|n| n.starts_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "temporary files are left: {left:?}");
}

#[cfg(feature = "object")]
#[test]
fn object_store_in_memory() {
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use state_checkpoint::storage::{ObjectOptions, ObjectStorage};

    for prefix in ["", "jobs/a"] {
        for ids in [true, false] {
            let options = ObjectOptions::default().with_write_ids(ids);
            let storage = ObjectStorage::new(Arc::new(InMemory::new()), prefix, options).unwrap();
            block_on(check_storage_contract(&storage));
        }
    }
}

#[test]
fn temporary_files_of_a_crash_are_not_listed() {
    let dir = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(dir.path()).unwrap();
    block_on(storage.put_new("d/seen", b"1")).unwrap();
    for name in [".tmp-00", ".hidden", "README.TXT", "a b"] {
        fs::write(dir.path().join("d").join(name), b"x").unwrap();
    }
    assert_eq!(block_on(storage.list("d")).unwrap(), ["seen"]);
}

#[test]
fn a_local_file_outlives_its_storage() {
    let dir = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(dir.path()).unwrap();
    block_on(storage.put_new("d/file", b"123")).unwrap();
    drop(storage);
    let storage = LocalStorage::open(dir.path()).unwrap();
    assert_eq!(block_on(storage.read("d/file", 0..3)).unwrap(), b"123");
}

fn walk(dir: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        names.push(path.file_name().unwrap().display().to_string());
        if path.is_dir() {
            names.extend(walk(&path));
        }
    }
    names
}
