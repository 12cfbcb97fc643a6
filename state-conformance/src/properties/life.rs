//! Opening, closing, destroying, and memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use state_api::{ErrorKind, MemoryHeld, StateBackend, StateRead};

use crate::factory::BackendFactory;
use crate::model::{Handles, Key, Model, compare};
use crate::refusal::assert_refused;
use crate::site::{Site, all_groups, worker_groups};

/// Some state of all kinds.
pub(super) fn sample() -> Model {
    let mut model = Model::default();
    for key in Key::all().map(Key::text) {
        model.counts.edit(&key, &(), |count| *count = Some(1));
    }
    for key in Key::short().map(Key::text) {
        model
            .notes
            .edit(&key, &1, |note| *note = Some("note".into()));
        model.events.edit(&key, &(), |events| events.extend(0..500));
        model
            .words
            .edit(&key, &"n".to_owned(), |words| words.push("word".into()));
        model
            .scores
            .edit(&key, &(), |scores| scores.extend([(-1, 1), (1, 1)]));
        model
            .tags
            .edit(&key, &0, |tags| drop(tags.insert("t".into(), "u".into())));
    }
    model
}

/// State is found again after a close if, and only if, the backend
/// [says so](state_api::Capability::survives_close): all of it, several times, and lists go on
/// growing at their end.
pub fn closed_state_is_found_as_promised<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let dir = site.dir();
    let mut backend = site.reopen::<String>(&dir, all_groups()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    let survives = backend.capability().survives_close;
    let mut model = sample();
    model.write_to(&mut backend, handles).unwrap();
    backend.close().unwrap();
    for round in 0..3 {
        let mut backend = site.reopen::<String>(&dir, all_groups()).unwrap();
        if !survives {
            model = Model::default();
            assert!(
                backend.states().is_empty(),
                "states survive a close unpromised"
            );
        }
        let handles = Handles::register(&mut backend).unwrap();
        compare(&backend, handles, &model)
            .map_err(|difference| difference.while_doing("after a close and an open"))
            .unwrap();
        compare(&backend.freeze().unwrap(), handles, &model).unwrap();
        backend
            .at_mut("a")
            .list(handles.events)
            .push(round)
            .unwrap();
        model.events.edit("a", &(), |events| events.push(round));
        backend.at_mut("b").map(handles.scores).clear().unwrap();
        model.scores.edit("b", &(), BTreeMap::clear);
        compare(&backend, handles, &model).unwrap();
        backend.close().unwrap();
    }
}

/// Where data survives a close, an open for another key type or other key groups is refused as
/// `Mismatch` and leaves the data as it is. Elsewhere there is nothing to mismatch, and it opens.
pub fn a_refused_open_leaves_the_data<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let dir = site.dir();
    let mut backend = site.reopen::<String>(&dir, all_groups()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    let survives = backend.capability().survives_close;
    let mut model = sample();
    model.write_to(&mut backend, handles).unwrap();
    backend.close().unwrap();
    let other_groups = || site.reopen::<String>(&dir, worker_groups(0, 2));
    let other_key = || site.reopen::<u64>(&dir, all_groups());
    if survives {
        let mismatch = ErrorKind::Mismatch;
        assert_refused(
            "an open for other key groups",
            mismatch,
            other_groups().map(drop),
        );
        assert_refused(
            "an open for another key type",
            mismatch,
            other_key().map(drop),
        );
    } else {
        other_groups().and_then(StateBackend::close).unwrap();
        other_key().and_then(StateBackend::close).unwrap();
        model = Model::default();
    }
    let mut backend = site.reopen::<String>(&dir, all_groups()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    compare(&backend, handles, &model).unwrap();
}

/// A directory with a file that is missing, shorter or changed by one bit is refused and left as it
/// is; or the file does not matter, and all data is there.
pub fn a_damaged_directory_is_refused_or_whole<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let dir = site.dir();
    let mut backend = site.reopen::<String>(&dir, all_groups()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    let survives = backend.capability().survives_close;
    let model = sample();
    model.write_to(&mut backend, handles).unwrap();
    backend.close().unwrap();
    let files = contents(&dir);
    let copy_of = |files: &BTreeMap<PathBuf, Vec<u8>>| {
        let copy = site.dir();
        for (path, content) in files {
            put(&copy.join(path), content);
        }
        copy
    };
    let mut refused = 0;
    let mut copy = copy_of(&files);
    for (path, content) in &files {
        let mut flipped = content.clone();
        if let Some(byte) = flipped.get_mut(content.len() / 2) {
            *byte ^= 1;
        }
        let shorter = content.get(..content.len().saturating_sub(1));
        for damage in [Some(&flipped[..]), shorter, None] {
            match damage {
                Some(damage) => fs::write(copy.join(path), damage).unwrap(),
                None => fs::remove_file(copy.join(path)).unwrap(),
            }
            match site.reopen::<String>(&copy, all_groups()) {
                Ok(mut backend) => {
                    let expected = if survives { &model } else { &Model::default() };
                    let handles = Handles::register(&mut backend).unwrap();
                    compare(&backend, handles, expected).unwrap_or_else(|difference| {
                        panic!(
                            "{} is damaged, the backend opens, and {difference}",
                            path.display()
                        )
                    });
                    // So that it does no harm to the next.
                    copy = copy_of(&files);
                }
                Err(error) => {
                    refused += 1;
                    let kinds = [
                        ErrorKind::Corrupt,
                        ErrorKind::Mismatch,
                        ErrorKind::Unsupported,
                    ];
                    assert!(
                        kinds.contains(&error.kind()),
                        "{}: {error:?}",
                        path.display()
                    );
                    let mut after = contents(&copy);
                    let mut found = after.remove(path);
                    // A lock that was lost is made anew.
                    found.take_if(|found| damage.is_none() && found.is_empty());
                    after.retain(|path, content| files.contains_key(path) || !content.is_empty());
                    // As they were, but for the damage; put back, it is a copy again.
                    let others = files.iter().filter(|(other, _)| *other != path);
                    assert!(
                        found.as_deref() == damage && after.iter().eq(others),
                        "{} is damaged, and the refused open changed the directory",
                        path.display()
                    );
                    fs::write(copy.join(path), content).unwrap();
                }
            }
        }
    }
    assert!(refused > 0 || !survives, "no damage is ever refused");
}

/// All files below a directory with their contents, by relative path.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn gather(dir: &Path, below: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(dir.join(below)).unwrap() {
            let path = below.join(entry.unwrap().file_name());
            if dir.join(&path).is_dir() {
                gather(dir, &path, files);
            } else {
                files.insert(path.clone(), fs::read(dir.join(&path)).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    gather(dir, Path::new(""), &mut files);
    files
}

fn put(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// While a view of a closed backend lives, an open of the same place succeeds or is refused as
/// `Conflict`; the view reads on in either case, and the data is there when the view is gone.
pub fn views_may_hold_the_place<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let dir = site.dir();
    let mut backend = site.reopen::<String>(&dir, all_groups()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    let survives = backend.capability().survives_close;
    let model = sample();
    model.write_to(&mut backend, handles).unwrap();
    let view = backend.freeze().unwrap();
    backend.close().unwrap();
    for _ in 0..2 {
        match site.reopen::<String>(&dir, all_groups()) {
            Ok(backend) => backend.close().unwrap(),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}"),
        }
        compare(&view, handles, &model).unwrap();
    }
    drop(view);
    let mut backend = site.reopen::<String>(&dir, all_groups()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    let expected = if survives { model } else { Model::default() };
    compare(&backend, handles, &expected).unwrap();
}

/// After a destroy the same place opens empty, for any keys.
pub fn destroy_removes_the_data<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let dir = site.dir();
    let mut backend = site.reopen::<String>(&dir, all_groups()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    sample().write_to(&mut backend, handles).unwrap();
    backend.destroy().unwrap();
    let other = site.reopen::<u64>(&dir, worker_groups(0, 2));
    let other =
        other.unwrap_or_else(|error| panic!("an open for other keys after a destroy: {error:?}"));
    assert!(other.states().is_empty(), "states are left after a destroy");
    other.destroy().unwrap();
    let mut backend = site.reopen::<String>(&dir, all_groups()).unwrap();
    assert!(
        backend.states().is_empty(),
        "states are left after a destroy"
    );
    let handles = Handles::register(&mut backend).unwrap();
    compare(&backend, handles, &Model::default()).unwrap();
}

/// The entries that a backend says to hold in memory: those of its state if it counts any, and
/// none when all state is cleared or dropped. One that keeps its state elsewhere counts none ever.
pub fn held_memory_returns_to_nothing<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    let entries = |backend: &F::Backend<String>| {
        let MemoryHeld { entries, .. } = backend.memory_held();
        entries
    };
    assert_eq!(entries(&backend), 0, "entries of an empty backend");
    let model = sample();
    model.write_to(&mut backend, handles).unwrap();
    // A count per key; per short one a note, 500 events, a word, two scores, a tag.
    let all = u64::from(Key::COUNT) + u64::from(Key::COUNT - 1) * (1 + 500 + 1 + 2 + 1);
    let held = entries(&backend);
    assert!(
        held == all || held == 0,
        "{held} entries are held of {all}; or none, elsewhere"
    );
    assert!(
        held == 0 || backend.memory_held().bytes > held,
        "entries take no bytes"
    );
    // An owned key with 500 events.
    let events = handles.events;
    backend.at_mut("a").list(events).replace([1]).unwrap();
    let replaced = entries(&backend);
    assert!(
        replaced == all - 499 || held == 0,
        "{replaced} entries are held of {}, after a list was replaced",
        all - 499
    );
    backend.at_mut("a").list(events).replace(0..500).unwrap();
    assert_eq!(entries(&backend), held, "entries of a list replaced again");
    for key in Key::all().map(Key::text) {
        let mut at = backend.at_mut(key.as_str());
        at.value(handles.counts).clear().unwrap();
        at.list(handles.events).clear().unwrap();
        at.map(handles.scores).remove(&-1).unwrap();
        at.map(handles.scores).take(&1).unwrap();
        at.in_namespace(&1).value(handles.notes).take().unwrap();
        at.in_namespace(&"n".to_owned())
            .list(handles.words)
            .replace([])
            .unwrap();
    }
    backend.drop_state("tags").unwrap();
    assert_eq!(
        entries(&backend),
        0,
        "entries after clearing and dropping everything"
    );
}
