//! A local storage does not follow symbolic links below its root.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use state_api::ErrorKind;
use state_checkpoint::{CheckpointStorage, LocalStorage, latest};

use crate::support::block_on;

#[test]
fn links_to_files_and_directories_are_refused() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), b"secret").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(dir.path()).unwrap();
    fs::create_dir(dir.path().join("d")).unwrap();
    symlink(outside.path().join("secret"), dir.path().join("d/link")).unwrap();
    symlink(outside.path(), dir.path().join("linked")).unwrap();
    symlink("nowhere", dir.path().join("d/dangling")).unwrap();

    for path in ["d/link", "linked/secret", "d/dangling"] {
        let error = block_on(storage.read(path, 0..6)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{path}: {error}");
        assert_eq!(error.context("file"), Some(path));
        assert_eq!(
            block_on(storage.size(path)).unwrap_err().kind(),
            ErrorKind::Corrupt
        );
    }
    assert_eq!(
        block_on(storage.list("linked")).unwrap_err().kind(),
        ErrorKind::Corrupt
    );
    for path in ["linked/new", "linked/deeper/new"] {
        assert_eq!(
            block_on(storage.put_new(path, b"x")).unwrap_err().kind(),
            ErrorKind::Corrupt
        );
        assert_eq!(
            block_on(storage.create(path)).unwrap_err().kind(),
            ErrorKind::Corrupt
        );
        assert_eq!(
            block_on(storage.delete(path)).unwrap_err().kind(),
            ErrorKind::Corrupt
        );
    }
    for path in ["d/link", "d/dangling"] {
        let error = block_on(storage.put_new(path, b"x")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
    let names: Vec<_> = fs::read_dir(outside.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["secret"]);
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"secret");
}

#[test]
fn a_linked_manifest_is_not_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(dir.path()).unwrap();
    fs::create_dir(dir.path().join("manifests")).unwrap();
    symlink(
        "/dev/null",
        dir.path().join("manifests/00000000000000000003.json"),
    )
    .unwrap();
    assert_eq!(
        block_on(latest(&storage)).unwrap_err().kind(),
        ErrorKind::Corrupt
    );
}

#[test]
fn the_root_itself_may_be_a_link() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("real")).unwrap();
    symlink("real", dir.path().join("link")).unwrap();
    let storage = LocalStorage::open(dir.path().join("link")).unwrap();
    block_on(storage.put_new("file", b"1")).unwrap();
    assert!(dir.path().join("real/file").is_file());
}
