//! Makes the fixture: once for each version of the format, and then never again.
//!
//! ```text
//! cargo test -p state-backends --features redb --test version_1 -- --ignored make_the_fixture
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use pollster::block_on;
use state_backends::checkpoint::{
    ChainPolicy, Job, JobOptions, Lineage, LocalStorage, Pending, Strategy, WriteOptions,
};
use state_backends::{AnyBackend, KeyGroups, ManualClock, StateBackend, StateRead, open};

use crate::content::{Content, Handles, MAX_PARALLELISM, Profile, Standing, owns};
use crate::{EXPECTED, OPERATOR, SAVEPOINT, fixture};

fn name(number: u32) -> String {
    format!("key {number}")
}

/// The state of round 0.
fn first() -> Content {
    let mut content = Content::default();
    for number in 0..24_u32 {
        add(&mut content, number);
    }
    content.events.insert(name(7), (0..500).collect());
    content
}

fn add(content: &mut Content, number: u32) {
    let key = name(number);
    content.counts.insert(key.clone(), number.into());
    let standing = if number.is_multiple_of(2) {
        Standing::New
    } else {
        Standing::Known { since: number }
    };
    let age = (number > 4).then(|| u8::try_from(number).unwrap());
    let profile = Profile {
        name: format!("nämé {number}"),
        age,
        standing,
    };
    content.profiles.insert(key.clone(), profile);
    let notes = [
        (0, "zero".to_owned()),
        (u32::MAX, "n".repeat(number as usize)),
    ];
    content.notes.insert(key.clone(), notes.into());
    let events = (0..=i64::from(number)).map(|event| event - 3);
    content.events.insert(key.clone(), events.collect());
    let times = if number % 8 == 3 { 200 } else { 1 };
    let long = (0..3).map(|n| format!("{number}{n}").repeat(times));
    let words = [
        (String::new(), vec!["w".to_owned(), String::new()]),
        ("long\0".to_owned(), long.collect()),
    ];
    content.words.insert(key.clone(), words.into());
    let scores = (-2..=i32::try_from(number % 5).unwrap())
        .map(|k| (k.into(), (f64::from(k) / 4.0).to_bits()));
    content.scores.insert(key.clone(), scores.collect());
    let tags =
        |tag: &str| BTreeMap::from([("a".to_owned(), tag.to_owned()), ("b\0".into(), "c".into())]);
    content
        .tags
        .insert(key, [(1, tags("x")), (7, tags("y"))].into());
}

/// The state of a later round.
fn next(round: u32, content: &Content) -> Content {
    let mut next = content.clone();
    for number in 0..24_u32 {
        let key = name(number);
        match (round, number % 6) {
            (1, 0) => {
                next.counts.remove(&key);
                next.scores.remove(&key);
                next.words.get_mut(&key).unwrap().remove("");
            }
            (1, 1) => {
                next.events.remove(&key);
                next.tags.get_mut(&key).unwrap().remove(&7);
                next.notes.get_mut(&key).unwrap().remove(&0);
            }
            (1, 2) => {
                next.events
                    .get_mut(&key)
                    .unwrap()
                    .push(1000 + i64::from(number));
                next.scores.get_mut(&key).unwrap().remove(&-1);
            }
            (2, 3) => {
                next.profiles.remove(&key);
                let words = vec!["replaced".to_owned(); 3];
                next.words
                    .get_mut(&key)
                    .unwrap()
                    .insert("long\0".into(), words);
            }
            (2, 0) => {
                next.counts.insert(key.clone(), 4711);
            }
            (3, 0) => {
                next.scores.insert(key, [(5, 5.5_f64.to_bits())].into());
            }
            (3, 1) => {
                next.events.insert(key, vec![7]);
            }
            (3, 4) => {
                next.tags.remove(&key);
                next.notes.remove(&key);
            }
            _ => {}
        }
    }
    if round == 1 {
        add(&mut next, 24);
    }
    if round == 3 {
        let events = next.events.get_mut(&name(8)).unwrap();
        events.extend(0..400);
    }
    next
}

/// Writes the difference of two states, of the keys that `backend` owns, in as few operations as it takes.
fn write(backend: &mut AnyBackend<String>, handles: Handles, old: &Content, new: &Content) {
    let groups = backend.key_groups();
    let numbers = (0..25).map(name);
    for key in numbers.filter(|key| owns(groups, key)) {
        let mut at = backend.at_mut(&key);
        match (old.counts.get(&key), new.counts.get(&key)) {
            (old, Some(new)) if old != Some(new) => at.value(handles.counts).put(*new).unwrap(),
            (Some(_), None) => at.value(handles.counts).clear().unwrap(),
            _ => {}
        }
        match (old.profiles.get(&key), new.profiles.get(&key)) {
            (old, Some(new)) if old != Some(new) => {
                at.value(handles.profiles).put(new.clone()).unwrap();
            }
            (Some(_), None) => drop(at.value(handles.profiles).take().unwrap()),
            _ => {}
        }
        let of = |content: &Content| content.events.get(&key).cloned().unwrap_or_default();
        let (before, after) = (of(old), of(new));
        let mut events = at.list(handles.events);
        match after.strip_prefix(&before[..]) {
            _ if after.is_empty() => events.clear().unwrap(),
            Some(more) => events.extend(more.iter().copied()).unwrap(),
            None => events.replace(after).unwrap(),
        }
        let of = |content: &Content| content.scores.get(&key).cloned().unwrap_or_default();
        let (before, after) = (of(old), of(new));
        let mut scores = at.map(handles.scores);
        if after.is_empty() {
            scores.clear().unwrap();
        }
        for (map_key, score) in &after {
            if before.get(map_key) != Some(score) {
                scores.insert(*map_key, f64::from_bits(*score)).unwrap();
            }
        }
        for map_key in before.keys().filter(|k| !after.contains_key(k)) {
            scores.remove(map_key).unwrap();
        }
        for ns in [0, 1, 7, u32::MAX] {
            let mut at = at.in_namespace(&ns);
            let of = |content: &Content| content.notes.get(&key).and_then(|n| n.get(&ns)).cloned();
            match (of(old), of(new)) {
                (old, Some(new)) if old.as_ref() != Some(&new) => {
                    at.value(handles.notes).put(new).unwrap();
                }
                (Some(_), None) => at.value(handles.notes).update(|note| *note = None).unwrap(),
                _ => {}
            }
            let of = |content: &Content| content.tags.get(&key).and_then(|t| t.get(&ns)).cloned();
            match (of(old), of(new)) {
                (old, Some(new)) if old.as_ref() != Some(&new) => {
                    for (tag, text) in new {
                        at.map(handles.tags).insert(tag, text).unwrap();
                    }
                }
                (Some(_), None) => at.map(handles.tags).clear().unwrap(),
                _ => {}
            }
        }
        for ns in ["", "long\0"].map(str::to_owned) {
            let of = |content: &Content| content.words.get(&key).and_then(|w| w.get(&ns)).cloned();
            let (before, after) = (of(old), of(new));
            if before != after {
                let mut at = at.in_namespace(&ns);
                at.list(handles.words)
                    .replace(after.unwrap_or_default())
                    .unwrap();
            }
        }
    }
}

#[test]
#[ignore = "the fixture is made: a second one would prove nothing"]
fn make_the_fixture() {
    let root = fixture();
    assert!(!root.exists(), "{} is there", root.display());
    let storage = Arc::new(LocalStorage::open(&root).unwrap());
    let clock = Arc::new(ManualClock::new(1_700_000_000_000));
    let options = JobOptions::new(MAX_PARALLELISM);
    let job = block_on(Job::open(storage, clock, options)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut workers = Vec::new();
    for (index, url) in (0..).zip(["heap:".to_owned(), format!("redb:{}", dir.path().display())]) {
        let groups = KeyGroups::of_worker(MAX_PARALLELISM, index, 2).unwrap();
        let mut backend = open::<String>(&url, groups).unwrap();
        backend.track_changes(usize::MAX).unwrap();
        let handles = Handles::register(&mut backend).unwrap();
        workers.push((backend, handles, Lineage::new(OPERATOR)));
    }
    let options = WriteOptions::default();
    let endless = ChainPolicy::default().with_max_ratio(1e9);
    let mut old = Content::default();
    let mut expected = BTreeMap::new();
    for round in 0..4 {
        let new = if round == 0 {
            first()
        } else {
            next(round, &old)
        };
        let pending: Pending = block_on(async {
            match round {
                2 => job.begin_savepoint(SAVEPOINT).await,
                _ => job.begin().await,
            }
        })
        .unwrap();
        let id = pending.id();
        let mut parts = Vec::new();
        let mut epochs = Vec::new();
        for (backend, handles, lineage) in &mut workers {
            write(backend, *handles, &old, &new);
            let strategy = Strategy::Incremental(endless);
            let task = lineage.take(pending.ticket(), backend, &strategy).unwrap();
            assert_eq!(task.is_incremental(), round > 0);
            epochs.push(task.epoch());
            let written = task.write(&**job.storage(), &options);
            parts.push(block_on(written).unwrap().part);
        }
        let metadata = BTreeMap::from([("offset".to_owned(), (100 * round).into())]);
        let manifest = block_on(pending.publish(parts, metadata)).unwrap();
        for ((backend, _, lineage), epoch) in workers.iter_mut().zip(epochs) {
            lineage.confirm(backend, &manifest, epoch).unwrap();
        }
        expected.insert(id, new.clone());
        old = new;
    }
    let text = serde_json::to_string(&expected).unwrap();
    fs::write(root.with_file_name(EXPECTED), text).unwrap();
}
