//! Key groups: what a worker owns, and what it refuses.

use state_api::{BoundStates as _, ErrorKind, KeyHash, Result, StateBackend, StateRead};

use crate::backup::Backup;
use crate::factory::BackendFactory;
use crate::model::{Handles, Key, Model, compare};
use crate::refusal::{assert_refused, assert_same};
use crate::rows::{Given, Row, gather};
use crate::site::{MAX_PARALLELISM, Site, all_groups, worker_groups};

/// A key outside of the owned key groups is refused by every access, and nothing changes; every
/// key is owned by one of the workers.
pub fn keys_of_other_workers_are_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut owners = 0;
    for index in 0..3 {
        let mut backend = site.open_for::<String>(worker_groups(index, 3));
        let handles = Handles::register(&mut backend).unwrap();
        let mut foreign = Vec::new();
        for key in Key::all().map(Key::text) {
            if backend.key_groups().owns(hash(&key)) {
                backend
                    .at_mut(key.as_str())
                    .value(handles.counts)
                    .put(1)
                    .unwrap();
                backend
                    .at_mut(key.as_str())
                    .value(handles.counts)
                    .clear()
                    .unwrap();
                owners += 1;
            } else {
                foreign.push(key);
            }
        }
        let nothing: [&str; 0] = [];
        for key in &foreign {
            let reads = accepted_reads(&backend, handles, key);
            assert_same(
                "reads of a foreign key that are not refused",
                &nothing[..],
                &reads[..],
            );
            let writes = accepted_writes(&mut backend, handles, key);
            let writes: Vec<_> = writes.iter().map(String::as_str).collect();
            assert_same(
                "accesses to a foreign key that are not refused",
                &nothing[..],
                &writes[..],
            );
        }
        let view = backend.freeze().unwrap();
        for key in &foreign {
            let reads = accepted_reads(&view, handles, key);
            assert_same(
                "reads of a foreign key from a view",
                &nothing[..],
                &reads[..],
            );
        }
        compare(&backend, handles, &Model::default()).unwrap();
    }
    assert_eq!(owners, usize::from(Key::COUNT), "each key has one owner");
}

/// Names of the accesses that are not refused.
fn accepted_writes<B: StateBackend<Key = String>>(
    backend: &mut B,
    handles: Handles,
    key: &str,
) -> Vec<String> {
    let Handles {
        counts,
        events,
        scores,
        notes,
        ..
    } = handles;
    let mut accepted = Vec::new();
    let mut note = |name: &str, outcome: Result<()>| {
        if !is_refused(&outcome) {
            accepted.push(format!("{name}: {outcome:?}"));
        }
    };
    let mut at = backend.at_mut(key);
    note("get", at.value(counts).get().map(drop));
    note("put", at.value(counts).put(1));
    note("take", at.value(counts).take().map(drop));
    note("clear", at.value(counts).clear());
    note("modify", at.value(counts).modify(1, |n| *n = 2));
    note("update", at.value(counts).update(|n| *n = Some(2)));
    note("update of nothing", at.value(counts).update(|_| ()));
    note("iter of a list", at.list(events).iter().map(drop));
    note("len of a list", at.list(events).len().map(drop));
    note("is_empty of a list", at.list(events).is_empty().map(drop));
    note("push", at.list(events).push(1));
    note("extend", at.list(events).extend([1, 2]));
    note("extend by nothing", at.list(events).extend([]));
    note("replace", at.list(events).replace([1]));
    note("replace by nothing", at.list(events).replace([]));
    note("clear of a list", at.list(events).clear());
    note("get of a map", at.map(scores).get(&1).map(drop));
    note("contains", at.map(scores).contains(&1).map(drop));
    note("len of a map", at.map(scores).len().map(drop));
    note("is_empty of a map", at.map(scores).is_empty().map(drop));
    note("iter of a map", at.map(scores).iter().map(drop));
    note("range", at.map(scores).range(0..5).map(drop));
    note("first", at.map(scores).first().map(drop));
    note("insert", at.map(scores).insert(1, 1));
    note("remove", at.map(scores).remove(&1));
    note("take of a map", at.map(scores).take(&1).map(drop));
    note("modify of a map", at.map(scores).modify(&1, 1, |n| *n = 2));
    note(
        "update of a map",
        at.map(scores).update(&1, |n| *n = Some(2)),
    );
    note("clear of a map", at.map(scores).clear());
    let mut at = at.in_namespace(&1);
    note("put in a namespace", at.value(notes).put("x".into()));
    note(
        "modify in a namespace",
        at.value(notes).modify("x".into(), |_| ()),
    );
    let (mut bound, (counts, events, scores)) = backend.bind((counts, events, scores)).unwrap();
    let mut at = bound.at_mut(key);
    note("put, bound", at.value(counts).put(1));
    note("push, bound", at.list(events).push(1));
    note("insert, bound", at.map(scores).insert(1, 1));
    accepted
}

fn is_refused(outcome: &Result<()>) -> bool {
    matches!(outcome, Err(error) if error.kind() == ErrorKind::OutOfRange)
}

/// Names of the reads that are not refused.
fn accepted_reads<R: StateRead<Key = String>>(
    state: &R,
    handles: Handles,
    key: &str,
) -> Vec<&'static str> {
    let Handles {
        counts,
        events,
        scores,
        notes,
        ..
    } = handles;
    let at = state.at(key);
    let outcomes = [
        ("get", at.value(counts).get().map(drop)),
        (
            "get in a namespace",
            at.in_namespace(&1).value(notes).get().map(drop),
        ),
        ("iter of a list", at.list(events).iter().map(drop)),
        ("len of a list", at.list(events).len().map(drop)),
        ("is_empty of a list", at.list(events).is_empty().map(drop)),
        ("get of a map", at.map(scores).get(&1).map(drop)),
        ("contains", at.map(scores).contains(&1).map(drop)),
        ("len of a map", at.map(scores).len().map(drop)),
        ("is_empty of a map", at.map(scores).is_empty().map(drop)),
        ("iter of a map", at.map(scores).iter().map(drop)),
        ("range", at.map(scores).range(0..5).map(drop)),
        ("last", at.map(scores).last().map(drop)),
    ];
    let accepted = outcomes
        .into_iter()
        .filter(|(_, outcome)| !is_refused(outcome));
    accepted.map(|(name, _)| name).collect()
}

/// A restore refuses a row outside of the owned key groups, and takes one inside.
pub fn rows_of_other_workers_are_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut whole = site.open::<String>();
    let handles = Handles::register(&mut whole).unwrap();
    for key in Key::all().map(Key::text) {
        whole
            .at_mut(key.as_str())
            .value(handles.counts)
            .put(1)
            .unwrap();
    }
    let backup = Backup::take(&mut whole).unwrap();
    let groups = worker_groups(1, 3);
    let mut rows = backup.rows(all_groups()).unwrap();
    let states = rows.states().to_vec();
    let mut backend = site.open_for::<String>(groups);
    let outcome = backend.restore(&states, &mut rows);
    assert_refused("rows of all workers", ErrorKind::OutOfRange, outcome);

    let key = Key::all()
        .map(Key::text)
        .find(|key| groups.owns(hash(key)))
        .unwrap();
    let group = groups.group_of(hash(&key));
    let mut bytes = Vec::new();
    state_api::key::encode(&key, &mut bytes).unwrap();
    for (name, group, owned) in [
        ("before", groups.range().first() - 1, false),
        ("behind", groups.range().last() + 1, false),
        ("inside", group, true),
    ] {
        let mut backend = site.open_for::<String>(groups);
        let row = Row {
            group,
            state: 0,
            key: bytes.clone(),
            envelope: vec![0, 1],
        };
        let outcome = backend.restore(&states[..1], &mut Given::new(vec![row]));
        if owned {
            outcome.unwrap();
        } else {
            assert_refused(
                &format!("a row {name} the range"),
                ErrorKind::OutOfRange,
                outcome,
            );
        }
    }
}

/// A restore refuses a row in another key group than its key, of registered states and of others:
/// the first of a key and every later one; and a row whose key is not one. The error names the state
/// and both key groups.
pub fn rows_lie_in_the_key_group_of_their_key<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut whole = site.open::<String>();
    let handles = Handles::register(&mut whole).unwrap();
    let mut model = Model::default();
    for key in Key::all().map(Key::text).take(3) {
        model.counts.edit(&key, &(), |count| *count = Some(1));
        // Longer than a chunk of any backend.
        model.events.edit(&key, &(), |list| list.extend(0..300));
        let scores = (0..3).map(|map_key| (map_key, 1));
        model.scores.edit(&key, &(), |map| map.extend(scores));
    }
    model.write_to(&mut whole, handles).unwrap();
    let states = whole.states();
    let rows = gather(whole.freeze().unwrap(), all_groups().range()).unwrap();
    let restore = |registered: bool, rows: &[Row]| {
        let mut backend = site.open::<String>();
        if registered {
            Handles::register(&mut backend).unwrap();
        }
        let outcome = backend.restore(&states, &mut Given::new(rows.to_vec()));
        outcome.map(|()| backend)
    };

    for registered in [true, false] {
        let mut later = 0;
        for (index, row) in rows.iter().enumerate() {
            let to = MAX_PARALLELISM - 1 - row.group;
            let moved = Row {
                group: to,
                ..row.clone()
            };
            // Behind the row before it, where that is of the same list or map.
            let mut given = vec![moved];
            let before = index.checked_sub(1).map(|index| &rows[index]);
            if let Some(before) = before.filter(|row| row.group < to) {
                later += u32::from(before.state == row.state);
                given.insert(0, before.clone());
            }
            let what = format!("a row moved to key group {to} (registered: {registered})");
            let error = assert_refused(&what, ErrorKind::Corrupt, restore(registered, &given));
            let name = &states[row.state as usize].name;
            assert_eq!(error.context("state"), Some(name.as_str()), "{error}");
            let text = error.to_string();
            for group in [to, row.group] {
                let named = text.contains(&format!("= {group}"));
                assert!(named, "the error must name key group {group}: {text}");
            }
        }
        assert!(later > 0, "no row comes behind another of its key");

        let mut damaged = rows[..1].to_vec();
        damaged[0].key = vec![0xff];
        let error = assert_refused(
            "a key that is none",
            ErrorKind::Corrupt,
            restore(registered, &damaged),
        );
        let name = &states[rows[0].state as usize].name;
        assert_eq!(error.context("state"), Some(name.as_str()), "{error}");

        let mut backend = restore(registered, &rows).unwrap();
        let handles = Handles::register(&mut backend).unwrap();
        compare(&backend, handles, &model).unwrap();
    }
}

fn hash(key: &str) -> KeyHash {
    KeyHash::of(key).unwrap()
}
