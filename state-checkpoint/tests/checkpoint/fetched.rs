//! Fetch copies the files of a checkpoint, whole and checked, or says what is wrong with them.

use std::sync::Arc;

use state_api::ErrorKind;
use state_checkpoint::{
    CheckpointStorage, LocalFirst, LocalStorage, Manifest, MemoryStorage, fetch, load, verify,
};

use crate::support::{
    assert_corrupt, block_on, content, files, replace, restore_all, small_checkpoint,
};

#[test]
fn with_its_manifest_a_copy_is_a_checkpoint() {
    let (from, rows) = small_checkpoint();
    let manifest = block_on(load(&from, 1)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let to = LocalStorage::open(dir.path()).unwrap();
    let report = block_on(fetch(&manifest, &from, &to)).unwrap();
    let bytes = block_on(verify(&from, &manifest)).unwrap().bytes;
    assert_eq!((report.files, report.bytes, report.present), (2, bytes, 0));
    block_on(to.put_new(&Manifest::path(1), &manifest.to_bytes().unwrap())).unwrap();
    assert_eq!(files(&to), files(&from));
    assert_eq!(restore_all(&to, 1).unwrap(), rows);

    let report = block_on(fetch(&manifest, &from, &to)).unwrap();
    assert_eq!((report.files, report.bytes, report.present), (0, 0, 2));
}

#[test]
fn a_damaged_source_leaves_nothing_visible() {
    let (from, _) = small_checkpoint();
    let manifest = block_on(load(&from, 1)).unwrap();
    let path = &manifest.parts[0].runs[0].path;
    let good = content(&from, path);
    let sound = MemoryStorage::new();
    block_on(fetch(&manifest, &from, &sound)).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        let to = MemoryStorage::new();
        for bad in [bad.as_slice(), &good[..at]] {
            replace(&from, path, bad);
            assert_corrupt(block_on(fetch(&manifest, &from, &to)), path, "damaged");
            assert!(files(&to).is_empty());
        }
    }
    // A sound fallback does.
    let to = MemoryStorage::new();
    let pair = LocalFirst::new(Arc::new(from), Arc::new(sound));
    assert_eq!(block_on(fetch(&manifest, &pair, &to)).unwrap().files, 2);
    assert_eq!(content(&to, path), good);
}

#[test]
fn another_file_under_the_name_is_left_alone() {
    let (from, _) = small_checkpoint();
    let manifest = block_on(load(&from, 1)).unwrap();
    let path = &manifest.parts[0].runs[0].path;
    let mut other = content(&from, path);
    other[50] ^= 1;
    let to = MemoryStorage::new();
    block_on(to.put_new(path, &other)).unwrap();
    let error = block_on(fetch(&manifest, &from, &to)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.context("file"), Some(path.as_str()));
    assert_eq!(content(&to, path), other);
}
