//! A working directory is never mistaken for another one, and never used by two.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::fs;
use std::path::Path;

use state_api::ErrorKind;
use state_store::{OnDirty, WorkDir};

const FILES: &[&str] = &["data"];

fn open(path: &Path, on_dirty: OnDirty) -> state_api::Result<WorkDir> {
    WorkDir::open(path, "engine", FILES, on_dirty)
}

/// All files below a directory with their contents.
fn contents(path: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn what_was_closed_is_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("work");
    let work = open(&path, OnDirty::Refuse).unwrap();
    fs::write(work.file("data"), "kept").unwrap();
    work.close().unwrap();
    let work = open(&path, OnDirty::Refuse).unwrap();
    assert_eq!(fs::read_to_string(work.file("data")).unwrap(), "kept");
}

#[test]
fn what_a_crash_left_is_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let work = open(dir.path(), OnDirty::Refuse).unwrap();
    fs::write(work.file("data"), "half").unwrap();
    drop(work);
    let before = contents(dir.path());
    let error = open(dir.path(), OnDirty::Refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Poisoned);
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn what_a_crash_left_is_wiped_on_demand() {
    let dir = tempfile::tempdir().unwrap();
    let work = open(dir.path(), OnDirty::Refuse).unwrap();
    fs::write(work.file("data"), "half").unwrap();
    drop(work);
    let work = open(dir.path(), OnDirty::Wipe).unwrap();
    assert!(!work.file("data").exists());
}

#[test]
fn a_directory_in_use_is_a_conflict_even_for_a_wipe() {
    let dir = tempfile::tempdir().unwrap();
    let work = open(dir.path(), OnDirty::Refuse).unwrap();
    fs::write(work.file("data"), "alive").unwrap();
    for on_dirty in [OnDirty::Refuse, OnDirty::Wipe] {
        assert_eq!(
            open(dir.path(), on_dirty).unwrap_err().kind(),
            ErrorKind::Conflict
        );
    }
    assert_eq!(fs::read_to_string(work.file("data")).unwrap(), "alive");
}

#[test]
fn the_directory_of_another_backend_is_named_and_untouched() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), OnDirty::Refuse).unwrap().close().unwrap();
    let before = contents(dir.path());
    let error = WorkDir::open(dir.path(), "other", FILES, OnDirty::Wipe).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let text = error.to_string();
    assert!(text.contains("engine") && text.contains("other"), "{text}");
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn a_newer_layout_is_unsupported() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), OnDirty::Refuse).unwrap().close().unwrap();
    fs::write(dir.path().join("BACKEND"), "engine 999\n").unwrap();
    let error = open(dir.path(), OnDirty::Wipe).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("999"), "{error}");
}

#[test]
fn foreign_files_are_never_touched() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "precious").unwrap();
    let error = open(dir.path(), OnDirty::Wipe).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(
        contents(dir.path()),
        [("thesis.txt".into(), b"precious".to_vec())]
    );
}

#[test]
fn destroying_removes_what_is_ours_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("work");
    let work = open(&path, OnDirty::Refuse).unwrap();
    fs::write(work.file("data"), "gone").unwrap();
    fs::write(path.join("note"), "mine").unwrap();
    work.destroy(FILES).unwrap();
    assert_eq!(contents(&path), [("note".into(), b"mine".to_vec())]);
    fs::remove_file(path.join("note")).unwrap();
    fs::remove_dir(&path).unwrap();
    open(&path, OnDirty::Refuse)
        .unwrap()
        .destroy(FILES)
        .unwrap();
    assert!(!path.exists());
}

#[test]
fn a_crash_before_the_identity_has_its_name_is_wiped_like_any_other() {
    for left in [
        &["LOCK"][..],
        &["LOCK", "DIRTY"],
        &["LOCK", "DIRTY", "BACKEND.new"],
    ] {
        let dir = tempfile::tempdir().unwrap();
        for name in left {
            fs::write(dir.path().join(name), "").unwrap();
        }
        open(dir.path(), OnDirty::Wipe).unwrap().close().unwrap();
        open(dir.path(), OnDirty::Refuse).unwrap();
    }
}

/// The identity was once read before the lock was taken, and the lock file unlinked with the mark:
/// of openers that raced, some met a half-written identity, some a mark that nobody had left.
#[test]
fn openers_that_race_meet_a_conflict_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let race = || {
        let mut opened = 0;
        for _ in 0..300 {
            match open(dir.path(), OnDirty::Refuse) {
                Ok(work) => {
                    opened += 1;
                    work.close().unwrap();
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
            }
        }
        opened
    };
    let opened: u32 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(race)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert!(opened > 0);
}
