//! Native checkpoints: the engine's own files.

use std::fs;
use std::path::Path;

use state_api::{ErrorKind, NativePlace, NativeReport, StateBackend, StateRead};

use crate::backup::Backup;
use crate::factory::BackendFactory;
use crate::model::{Handles, Model, Text, compare};
use crate::refusal::assert_refused;
use crate::site::{MAX_PARALLELISM, Site, all_groups, worker_groups};

fn place<'a>(directory: &'a Path, name: &'a str) -> NativePlace<'a> {
    NativePlace { directory, name }
}

/// A backend with some state of all kinds.
fn full<F: BackendFactory>(site: &Site<'_, F>) -> (F::Backend<String>, Handles, Model) {
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    let model = super::life::sample();
    model.write_to(&mut backend, handles).unwrap();
    (backend, handles, model)
}

fn restored<F: BackendFactory>(
    site: &Site<'_, F>,
    places: &[NativePlace<'_>],
) -> (F::Backend<String>, Handles) {
    let mut backend = site.open::<String>();
    backend.native_restore(places).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    (backend, handles)
}

/// A native checkpoint restores the state as it was, and the backend goes on from there: lists at
/// their end, views, checkpoints of both kinds.
pub fn a_native_checkpoint_restores<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let root = site.dir();
    let (mut backend, handles, mut model) = full(&site);
    backend.native_checkpoint(place(&root, "one")).unwrap();
    backend.at_mut("a").value(handles.counts).put(999).unwrap();
    backend.destroy().unwrap();

    let (mut backend, handles) = restored(&site, &[place(&root, "one")]);
    compare(&backend, handles, &model).unwrap();
    backend.at_mut("a").list(handles.events).push(7).unwrap();
    model.events.edit("a", &(), |events| events.push(7));
    compare(&backend.freeze().unwrap(), handles, &model).unwrap();
    backend.native_checkpoint(place(&root, "two")).unwrap();
    let backup = Backup::take(&mut backend).unwrap();
    let mut canonical = site.open::<String>();
    backup.restore(&mut canonical).unwrap();
    let canonical_handles = Handles::register(&mut canonical).unwrap();
    compare(&canonical, canonical_handles, &model).unwrap();
    let (backend, handles) = restored(&site, &[place(&root, "two")]);
    compare(&backend, handles, &model).unwrap();
}

/// A checkpoint of unchanged state writes no data again: what it adds does not grow with the state.
pub fn unchanged_files_are_shared<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let root = site.dir();
    let (mut backend, handles, mut model) = full(&site);
    for key in 0..2_000 {
        let text = Text(format!("{key:>900}"));
        let mut at = backend.at_mut("a");
        let mut at = at.in_namespace(&7);
        let inserted = at.map(handles.tags).insert(key.to_string(), text.clone());
        inserted.unwrap();
        model
            .tags
            .edit("a", &7, |tags| drop(tags.insert(key.to_string(), text)));
    }
    let first = backend.native_checkpoint(place(&root, "1")).unwrap();
    backend.at_mut("b").value(handles.counts).put(5).unwrap();
    model.counts.edit("b", &(), |count| *count = Some(5));
    let second = backend.native_checkpoint(place(&root, "2")).unwrap();
    let NativeReport {
        new_bytes, bytes, ..
    } = second;
    assert!(
        new_bytes * 2 < bytes && new_bytes * 2 < first.new_bytes,
        "the second checkpoint wrote {second:?}, the first {first:?}"
    );
    // The first is not needed for the second, nor is the backend.
    backend.destroy().unwrap();
    let (backend, handles) = restored(&site, &[place(&root, "2")]);
    compare(&backend, handles, &model).unwrap();
}

/// Native checkpoints of several workers restore at any other parallelism: 1 to 3, 3 to 2.
pub fn native_checkpoints_are_rescaled<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let root = site.dir();
    let (mut backend, _, model) = full(&site);
    backend.native_checkpoint(place(&root, "whole")).unwrap();
    backend.destroy().unwrap();
    for index in 0..3 {
        let mut worker = site.open_for::<String>(worker_groups(index, 3));
        worker.native_restore(&[place(&root, "whole")]).unwrap();
        let handles = Handles::register(&mut worker).unwrap();
        compare(&worker, handles, &model).unwrap();
        let name = format!("of-{index}");
        worker.native_checkpoint(place(&root, &name)).unwrap();
        worker.destroy().unwrap();
    }
    let parents = ["of-0", "of-1", "of-2"].map(|name| place(&root, name));
    for index in 0..2 {
        let mut worker = site.open_for::<String>(worker_groups(index, 2));
        worker.native_restore(&parents).unwrap();
        let handles = Handles::register(&mut worker).unwrap();
        compare(&worker, handles, &model).unwrap();
        let rows = Backup::take(&mut worker).unwrap();
        // Nothing of the others is left behind, out of sight.
        rows.rows(worker.key_groups()).unwrap();
    }
    let mut half = site.open::<String>();
    let outcome = half.native_restore(&parents[..2]);
    assert_refused("workers that do not cover", ErrorKind::Mismatch, outcome);
}

/// Every file of a native checkpoint is compared with its checksum before it is used: one bit, one
/// byte less, or a file less is `Corrupt`, with the file's name.
pub fn damaged_native_files_are_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let root = site.dir();
    let (mut backend, _, model) = full(&site);
    backend.native_checkpoint(place(&root, "one")).unwrap();
    backend.destroy().unwrap();
    let files = files_below(&root);
    assert!(!files.is_empty(), "a native checkpoint has no files");
    for file in &files {
        let content = fs::read(file).unwrap();
        let mut flipped = content.clone();
        if let Some(byte) = flipped.last_mut() {
            *byte ^= 1;
        }
        let shorter = &content[..content.len().saturating_sub(1)];
        for damage in [Some(&flipped[..]), Some(shorter), None] {
            if damage == Some(&content[..]) {
                continue; // an empty file cannot be damaged so
            }
            // Not in place: the file may be linked to from elsewhere.
            fs::remove_file(file).unwrap();
            if let Some(damage) = damage {
                fs::write(file, damage).unwrap();
            }
            let mut backend = site.open::<String>();
            match backend.native_restore(&[place(&root, "one")]) {
                Ok(()) => panic!("{} is damaged, and restored", file.display()),
                // The manifest itself is gone.
                Err(error) if damage.is_none() && error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
                    let name = file.file_name().unwrap().to_string_lossy();
                    assert!(
                        error.to_string().contains(&*name),
                        "{error} names no {name}"
                    );
                }
            }
        }
        let _ = fs::remove_file(file);
        fs::write(file, content).unwrap();
    }
    let (backend, handles) = restored(&site, &[place(&root, "one")]);
    compare(&backend, handles, &model).unwrap();
}

fn files_below(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Names are checked, taken once, and looked up; a restore wants an empty backend of the same key
/// type.
pub fn impossible_native_requests_are_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let root = site.dir();
    let (mut backend, handles, model) = full(&site);
    for name in ["", ".", "..", "a/b", ".hidden", "A", "ä", &"x".repeat(129)] {
        let outcome = backend.native_checkpoint(place(&root, name));
        assert_refused("an illegal name", ErrorKind::Invalid, outcome);
    }
    backend.native_checkpoint(place(&root, "one")).unwrap();
    let again = backend.native_checkpoint(place(&root, "one"));
    assert_refused("a name twice", ErrorKind::Conflict, again);
    let outcome = backend.native_restore(&[place(&root, "one")]);
    assert_refused("into a backend with rows", ErrorKind::Invalid, outcome);
    compare(&backend, handles, &model).unwrap();
    let absent = site.open::<String>().native_restore(&[place(&root, "two")]);
    assert_refused("a name that is not there", ErrorKind::NotFound, absent);
    let other = site.open::<u64>().native_restore(&[place(&root, "one")]);
    assert_refused("another key type", ErrorKind::Mismatch, other);
    let groups = state_api::KeyGroups::all(MAX_PARALLELISM * 2).unwrap();
    let mut other = site.open_for::<String>(groups);
    let outcome = other.native_restore(&[place(&root, "one")]);
    assert_refused("another max parallelism", ErrorKind::Mismatch, outcome);
    let mut backend = site.reopen::<String>(&site.dir(), all_groups()).unwrap();
    backend.native_restore(&[place(&root, "one")]).unwrap();
}

/// The gap of a backend without native checkpoints: it says so, and means it.
pub fn lacks_native<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let root = site.dir();
    let (mut backend, handles, model) = full(&site);
    assert!(
        !backend.capability().native_checkpoint,
        "a backend promises native checkpoints that it is said to lack"
    );
    let unsupported = ErrorKind::Unsupported;
    let taken = backend.native_checkpoint(place(&root, "one"));
    assert_refused("a native checkpoint", unsupported, taken);
    let outcome = backend.native_restore(&[place(&root, "one")]);
    assert_refused("a native restore", unsupported, outcome);
    assert!(!root.exists(), "a refused checkpoint leaves files");
    compare(&backend, handles, &model).unwrap();
}
