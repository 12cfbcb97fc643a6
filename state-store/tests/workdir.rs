//! A working directory is never mistaken for another one, and never used by two.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::fs;
use std::path::Path;

use state_api::ErrorKind;
use state_store::{Mode, OnDirty, Opening, Tenant, WorkDir};

const ENGINE: Tenant = Tenant {
    backend: "engine",
    data: &["data", "folder"],
    other: &["log"],
};

fn open(path: &Path, on_dirty: OnDirty) -> state_api::Result<WorkDir> {
    let opening = Opening {
        on_dirty,
        ..Opening::default()
    };
    WorkDir::open(path, ENGINE, opening)
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
    let mut work = open(&path, OnDirty::Refuse).unwrap();
    fs::write(work.file("data"), "kept").unwrap();
    work.opened().unwrap();
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
    let other = Tenant {
        backend: "other",
        ..ENGINE
    };
    let error = WorkDir::open(dir.path(), other, Opening::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let text = error.to_string();
    assert!(text.contains("engine") && text.contains("other"), "{text}");
    assert_eq!(contents(dir.path()), before);
}

#[test]
fn a_newer_layout_is_unsupported() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), OnDirty::Refuse).unwrap().close().unwrap();
    fs::write(dir.path().join("BACKEND"), "engine 999 scratch\n").unwrap();
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
    work.destroy().unwrap();
    assert_eq!(contents(&path), [("note".into(), b"mine".to_vec())]);
    fs::remove_file(path.join("note")).unwrap();
    fs::remove_dir(&path).unwrap();
    open(&path, OnDirty::Refuse).unwrap().destroy().unwrap();
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

/// A directory that was closed with some data in it.
fn closed() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let work = open(dir.path(), OnDirty::Refuse).unwrap();
    fs::write(work.file("data"), "0123456789").unwrap();
    fs::create_dir(work.file("folder")).unwrap();
    fs::write(work.file("folder/a"), "aaa").unwrap();
    fs::write(work.file("log"), "not listed").unwrap();
    work.close().unwrap();
    dir
}

#[test]
fn a_file_that_is_not_as_it_was_left_is_named_and_nothing_is_touched() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 6] = [
        ("data", |dir| fs::remove_file(dir.join("data")).unwrap()),
        ("data", |dir| {
            fs::write(dir.join("data"), "012345678").unwrap();
        }),
        ("data", |dir| {
            fs::write(dir.join("data"), "0123456780").unwrap();
        }),
        ("folder/a", |dir| {
            fs::write(dir.join("folder/a"), "aab").unwrap();
        }),
        ("folder/b", |dir| {
            fs::write(dir.join("folder/b"), "new").unwrap();
        }),
        ("folder/a", |dir| {
            fs::remove_dir_all(dir.join("folder")).unwrap();
        }),
    ];
    for (file, damage) in damages {
        let dir = closed();
        damage(dir.path());
        let names = || -> Vec<_> {
            let entries = fs::read_dir(dir.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let before = names();
        for on_dirty in [OnDirty::Refuse, OnDirty::Wipe] {
            let error = open(dir.path(), on_dirty).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
            assert_eq!(error.context("file"), Some(file), "{error}");
            assert_eq!(names(), before);
        }
    }
}

#[test]
fn a_damaged_inventory_is_refused() {
    let dir = closed();
    let path = dir.path().join("FILES");
    let text = fs::read(&path).unwrap();
    for at in 0..text.len() {
        let mut damaged = text.clone();
        damaged[at] ^= 0x81;
        fs::write(&path, &damaged).unwrap();
        let kind = open(dir.path(), OnDirty::Refuse).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::Corrupt, "byte {at}");
        fs::write(&path, &text[..at]).unwrap();
        let error = open(dir.path(), OnDirty::Refuse).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "cut at {at}");
    }
    fs::write(&path, &text).unwrap();
    open(dir.path(), OnDirty::Refuse).unwrap();
}

#[test]
fn files_that_may_be_lost_are_not_compared() {
    let dir = closed();
    fs::write(dir.path().join("log"), "more").unwrap();
    open(dir.path(), OnDirty::Refuse).unwrap();
}

#[test]
fn content_is_not_read_where_it_is_not_to_be_verified() {
    let dir = closed();
    fs::write(dir.path().join("data"), "9876543210").unwrap();
    let opening = Opening {
        verify_files: false,
        ..Opening::default()
    };
    WorkDir::open(dir.path(), ENGINE, opening).unwrap();
}

#[test]
fn another_mode_is_named_and_refused() {
    let durable = Opening {
        mode: Mode::Durable,
        ..Opening::default()
    };
    let dir = closed();
    let error = WorkDir::open(dir.path(), ENGINE, durable).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let text = error.to_string();
    assert!(
        text.contains("scratch") && text.contains("durable"),
        "{text}"
    );
}

#[test]
fn a_durable_directory_that_a_crash_left_is_opened_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let durable = Opening {
        mode: Mode::Durable,
        ..Opening::default()
    };
    let work = WorkDir::open(dir.path(), ENGINE, durable).unwrap();
    fs::write(work.file("data"), "committed").unwrap();
    drop(work);
    let work = WorkDir::open(dir.path(), ENGINE, durable).unwrap();
    assert_eq!(fs::read_to_string(work.file("data")).unwrap(), "committed");
    assert!(!work.file("DIRTY").exists());
}

#[test]
fn an_open_that_the_engine_fails_is_compared_again() {
    let dir = closed();
    open(dir.path(), OnDirty::Refuse)
        .unwrap()
        .give_back()
        .unwrap();
    fs::write(dir.path().join("data"), "0123456780").unwrap();
    let error = open(dir.path(), OnDirty::Refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn an_engine_that_failed_half_way_is_not_held_to_what_it_changed() {
    let dir = closed();
    let work = open(dir.path(), OnDirty::Refuse).unwrap();
    fs::write(work.file("data"), "longer than before").unwrap();
    work.give_back().unwrap();
    assert!(!open(dir.path(), OnDirty::Refuse).unwrap().is_verified());
}

#[test]
fn data_that_is_gone_is_not_taken_for_a_new_directory() {
    for mode in [Mode::Scratch, Mode::Durable] {
        let dir = tempfile::tempdir().unwrap();
        let opening = Opening {
            mode,
            ..Opening::default()
        };
        let mut work = WorkDir::open(dir.path(), ENGINE, opening).unwrap();
        fs::write(work.file("data"), "here").unwrap();
        work.opened().unwrap();
        let view = work.occupancy();
        work.close().unwrap();
        drop(view);
        fs::remove_file(dir.path().join("data")).unwrap();
        let error = WorkDir::open(dir.path(), ENGINE, opening).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
}

/// Under a view an engine may still write: merges, and what it does at its own end.
#[test]
fn a_close_under_a_view_lists_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let close = |held_by_a_view: bool| {
        let mut work = open(dir.path(), OnDirty::Refuse).unwrap();
        fs::write(work.file("data"), "as it was").unwrap();
        work.opened().unwrap();
        let view = held_by_a_view.then(|| work.occupancy());
        work.close().unwrap();
        fs::write(dir.path().join("data"), "later").unwrap();
        drop(view);
    };
    close(true);
    let work = open(dir.path(), OnDirty::Refuse).unwrap();
    assert!(!work.is_verified());
    work.close().unwrap();
    close(false);
    let error = open(dir.path(), OnDirty::Refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
}

#[test]
fn a_directory_is_occupied_until_the_last_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("work");
    let work = open(&path, OnDirty::Refuse).unwrap();
    let view = work.occupancy();
    drop(work); // a crash, as far as the owner goes
    for on_dirty in [OnDirty::Refuse, OnDirty::Wipe] {
        assert_eq!(
            open(&path, on_dirty).unwrap_err().kind(),
            ErrorKind::Conflict
        );
    }
    drop(view);
    open(&path, OnDirty::Wipe).unwrap();
}

#[test]
fn a_destroyed_directory_goes_with_the_last_who_occupies_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("work");
    let work = open(&path, OnDirty::Refuse).unwrap();
    fs::write(work.file("data"), "read on").unwrap();
    let view = work.occupancy();
    work.destroy().unwrap();
    assert!(path.join("data").exists());
    drop(view);
    assert!(!path.exists());
}
