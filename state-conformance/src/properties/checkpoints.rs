//! Restoring: what is taken, carried and refused.

use std::collections::BTreeMap;

use state_api::{
    ErrorKind, KeyGroups, KeyHash, ListDescriptor, MapDescriptor, StateBackend, StateKind,
    StateMeta, StateRead, ValueDescriptor,
};

use crate::backup::Backup;
use crate::difference::Difference;
use crate::factory::BackendFactory;
use crate::model::{Handles, Model, compare};
use crate::refusal::{assert_refused, assert_same};
use crate::rows::{Given, Row, gather, logical};
use crate::site::{MAX_PARALLELISM, Site, all_groups, worker_groups};

/// Some state of all kinds.
fn sample<B: StateBackend<Key = String>>(backend: &mut B) -> (Handles, Model) {
    let handles = Handles::register(backend).unwrap();
    let mut model = Model::default();
    for (number, key) in (0_u64..).zip(["", "a", "a\0", "b", "c", "d"]) {
        model.counts.edit(key, &(), |count| *count = Some(number));
        model
            .notes
            .edit(key, &1, |note| *note = Some("note".into()));
        model
            .events
            .edit(key, &(), |events| events.extend(0..number * 100));
        model
            .words
            .edit(key, &"n".to_owned(), |words| words.push("word".into()));
        model.scores.edit(key, &(), |scores| {
            scores.extend([(-1, number), (1, number)]);
        });
        model.tags.edit(key, &u32::MAX, |tags| {
            drop(tags.insert("t".into(), "u".into()));
        });
    }
    model.write_to(backend, handles).unwrap();
    (handles, model)
}

/// Each of two checkpoints restores the state that it was taken of, and nothing of what was written
/// later: values, lists in order, maps, namespaces, the list of keys; whether the states are registered
/// before the restore or after it.
pub fn a_checkpoint_restores_what_it_was_taken_of<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut first = site.open::<String>();
    let (handles, mut model) = sample(&mut first);
    let early = (Backup::take(&mut first).unwrap(), model.clone());
    first.at_mut("a").value(handles.counts).put(99).unwrap();
    model.counts.edit("a", &(), |count| *count = Some(99));
    first.at_mut("b").list(handles.events).push(7).unwrap();
    model.events.edit("b", &(), |events| events.push(7));
    first.at_mut("c").map(handles.scores).clear().unwrap();
    model.scores.edit("c", &(), BTreeMap::clear);
    let late = (Backup::take(&mut first).unwrap(), model);
    first.at_mut("d").value(handles.counts).clear().unwrap();
    first.destroy().unwrap();
    for ((backup, model), name) in [early, late].iter().zip(["first", "second"]) {
        for before in [true, false] {
            let mut backend = site.open::<String>();
            if before {
                Handles::register(&mut backend).unwrap();
            }
            backup.restore(&mut backend).unwrap();
            let handles = Handles::register(&mut backend).unwrap();
            compare(&backend, handles, model)
                .map_err(|d| d.while_doing(format_args!("the {name} checkpoint, restored")))
                .unwrap();
        }
    }
}

/// A checkpoint restores at another parallelism, more workers or fewer, even or not: each worker has
/// the state of its keys, and no other; what it writes is in the next checkpoint, with the states that
/// only some of the workers have.
pub fn a_checkpoint_restores_at_other_parallelism<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut whole = site.open::<String>();
    let (_, mut model) = sample(&mut whole);
    let mut backup = Backup::take(&mut whole).unwrap();
    for parallelism in [3, 2, 8, 5, 1, 4, 1] {
        let mut views = Vec::new();
        for index in 0..parallelism {
            let mut worker = site.open_for::<String>(worker_groups(index, parallelism));
            backup
                .restore(&mut worker)
                .map_err(|e| Difference::from(e).while_doing("a restore of a worker's share"))
                .unwrap();
            let handles = Handles::register(&mut worker).unwrap();
            compare(&worker, handles, &model)
                .map_err(|d| d.while_doing(format_args!("worker {index} of {parallelism}")))
                .unwrap();
            for key in ["a", "b"] {
                if worker.key_groups().owns(KeyHash::of(key).unwrap()) {
                    let mut at = worker.at_mut(key);
                    at.list(handles.events).push(7).unwrap();
                }
            }
            let name = format!("of {index}");
            let own = worker.register(ValueDescriptor::<u64>::new(&name)).unwrap();
            let key = (0..1000).map(|n| n.to_string());
            let key = key.into_iter().find(|key| {
                let hash = KeyHash::of(key.as_str()).unwrap();
                worker.key_groups().owns(hash)
            });
            let key = key.unwrap();
            let found = worker.at(key.as_str()).value(own).get().unwrap();
            let found = found.as_deref().copied();
            assert!(
                found.is_none() || found == Some(u64::from(index)),
                "the state of worker {index} holds {found:?}"
            );
            let mut at = worker.at_mut(key.as_str());
            at.value(own).put(u64::from(index)).unwrap();
            views.push(worker.freeze().unwrap());
        }
        for key in ["a", "b"] {
            model.events.edit(key, &(), |events| events.push(7));
        }
        backup = Backup::of(views).unwrap();
    }
}

/// States of a checkpoint that nobody registers are carried as they are: into views, through two
/// more checkpoints, beside states that are registered and written, and a close where the backend
/// survives one. They are decoded when they are registered at last, and go when dropped by name.
pub fn unregistered_states_are_carried<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut first = site.open::<String>();
    let (_, mut model) = sample(&mut first);
    let rows = logical(first.freeze().unwrap()).unwrap();
    let mut backup = Backup::take(&mut first).unwrap();
    for generation in 1..=2 {
        let mut carrier = site.open::<String>();
        backup.restore(&mut carrier).unwrap();
        assert_same("states carried", &first.states(), &carrier.states());
        let found = logical(carrier.freeze().unwrap()).unwrap();
        assert_same(
            &format!("rows carried, generation {generation}"),
            &rows,
            &found,
        );
        backup = Backup::take(&mut carrier).unwrap();
        carrier.destroy().unwrap();
    }

    let dir = site.dir();
    let mut last = site.reopen::<String>(&dir, all_groups()).unwrap();
    backup.restore(&mut last).unwrap();
    let counts = last
        .register(ValueDescriptor::<u64>::new("counts"))
        .unwrap();
    last.at_mut("a").value(counts).put(99).unwrap();
    model.counts.edit("a", &(), |count| *count = Some(99));
    let other = last.register(ListDescriptor::<u64>::new("other")).unwrap();
    last.at_mut("a").list(other).push(1).unwrap();
    last.drop_state("tags").unwrap();
    model.tags = Model::default().tags;
    if last.capability().survives_close {
        last.close().unwrap();
        last = site.reopen(&dir, all_groups()).unwrap();
    }
    let handles = Handles::register(&mut last).unwrap();
    compare(&last, handles, &model).unwrap();
    compare(&last.freeze().unwrap(), handles, &model).unwrap();
    // Appending behind carried chunks.
    last.at_mut("d").list(handles.events).push(7).unwrap();
    model.events.edit("d", &(), |events| events.push(7));
    compare(&last, handles, &model).unwrap();
}

/// A restore refuses rows that do not ascend, that repeat, or that are of a state that is not
/// listed; and states that are registered with another description.
pub fn restored_rows_that_do_not_fit_are_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut first = site.open::<String>();
    let (_, model) = sample(&mut first);
    let states = first.states();
    let rows = gather(first.freeze().unwrap(), all_groups().range()).unwrap();
    let restore = |rows: Vec<Row>| {
        let mut backend = site.open::<String>();
        let outcome = backend.restore(&states, &mut Given::new(rows));
        outcome.map(|()| backend)
    };

    let mut backend = restore(rows.clone()).unwrap();
    let handles = Handles::register(&mut backend).unwrap();
    compare(&backend, handles, &model).unwrap();

    let mut swapped = rows.clone();
    swapped.swap(1, 2);
    assert_refused("rows out of order", ErrorKind::Invalid, restore(swapped));
    let mut twice = rows.clone();
    twice.insert(3, twice[3].clone());
    assert_refused("a row that comes twice", ErrorKind::Invalid, restore(twice));
    let mut unlisted = rows.clone();
    let last = unlisted.len() - 1;
    unlisted[last].state = 4711;
    assert_refused(
        "a row of a state that is not listed",
        ErrorKind::Invalid,
        restore(unlisted),
    );

    let mut other = site.open::<String>();
    other
        .register(ListDescriptor::<u64>::new("counts"))
        .unwrap();
    let outcome = other.restore(&states, &mut Given::new(rows.clone()));
    assert_refused(
        "a state registered as another",
        ErrorKind::Mismatch,
        outcome,
    );
    let mut other = site.open::<String>();
    other
        .register(MapDescriptor::<u8, u64>::new("scores"))
        .unwrap();
    let outcome = other.restore(&states, &mut Given::new(rows));
    assert_refused("a map registered as another", ErrorKind::Mismatch, outcome);
}

/// A restore refuses, of registered states and of others, what no backend writes: a chunk of a list
/// without an element (an empty list is an absent one), an envelope of a newer version, rows of two
/// states of one name, and states of another key type.
pub fn rows_that_nobody_writes_are_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut first = site.open::<String>();
    sample(&mut first);
    let states = first.states();
    let rows = gather(first.freeze().unwrap(), all_groups().range()).unwrap();
    let of_list = |row: &&mut Row| states[row.state as usize].kind == StateKind::List;

    for registered in [true, false] {
        let refuse = |what: &str, kind, states: &[StateMeta], rows: Vec<Row>| {
            let mut backend = site.open::<String>();
            if registered {
                Handles::register(&mut backend).unwrap();
            }
            let what = format!("{what} (registered: {registered})");
            assert_refused(&what, kind, backend.restore(states, &mut Given::new(rows)))
        };
        for last in [false, true] {
            let mut damaged = rows.clone();
            let mut chunks: Vec<_> = damaged.iter_mut().filter(of_list).collect();
            let at = if last { chunks.len() - 1 } else { 0 };
            chunks[at].envelope.truncate(1);
            let name = states[chunks[at].state as usize].name.clone();
            let error = refuse("an empty chunk", ErrorKind::Corrupt, &states, damaged);
            assert_eq!(error.context("state"), Some(name.as_str()), "{error}");
        }
        for (envelope, kind) in [
            (vec![], ErrorKind::Corrupt),
            (vec![0x80, 1], ErrorKind::Unsupported),
        ] {
            let mut damaged = rows.clone();
            damaged[0].envelope = envelope;
            refuse("an impossible envelope", kind, &states, damaged);
        }
        let twice = [&states[..], &states[..1]].concat();
        refuse("a state listed twice", ErrorKind::Invalid, &twice, vec![]);
        let mut other = states.clone();
        other[0].key_type = "another::Key".into();
        let error = refuse("another key type", ErrorKind::Mismatch, &other, vec![]);
        for name in ["another::Key", &states[0].key_type, &states[0].name] {
            assert!(
                error.to_string().contains(name),
                "the error must name {name}: {error}"
            );
        }
    }
}

/// A backend that holds rows refuses to restore, whether they were written or restored, and keeps
/// what it has; one that has become empty restores.
pub fn a_backend_with_rows_cannot_restore<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut first = site.open::<String>();
    let (_, model) = sample(&mut first);
    let backup = Backup::take(&mut first).unwrap();

    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    backend.at_mut("x").list(handles.events).push(1).unwrap();
    let outcome = backup.restore(&mut backend);
    assert_refused("a restore over written rows", ErrorKind::Invalid, outcome);
    let mut one = Model::default();
    one.events.edit("x", &(), |events| events.push(1));
    compare(&backend, handles, &one).unwrap();
    backend.at_mut("x").list(handles.events).clear().unwrap();
    backup.restore(&mut backend).unwrap();
    compare(&backend, handles, &model).unwrap();
    let outcome = backup.restore(&mut backend);
    assert_refused("a restore over restored rows", ErrorKind::Invalid, outcome);
    compare(&backend, handles, &model).unwrap();

    let mut opaque = site.open::<String>();
    backup.restore(&mut opaque).unwrap();
    let outcome = backup.restore(&mut opaque);
    assert_refused(
        "a restore over rows that are carried",
        ErrorKind::Invalid,
        outcome,
    );
    let handles = Handles::register(&mut opaque).unwrap();
    compare(&opaque, handles, &model).unwrap();
}

/// The max parallelism is for the life of the state: a checkpoint of another one is refused.
pub fn another_max_parallelism_is_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut first = site.open::<String>();
    sample(&mut first);
    let backup = Backup::take(&mut first).unwrap();
    let mut other = site.open_for::<String>(KeyGroups::all(MAX_PARALLELISM * 2).unwrap());
    let handles = Handles::register(&mut other).unwrap();
    let error = assert_refused(
        "another max parallelism",
        ErrorKind::Mismatch,
        backup.restore(&mut other),
    );
    for number in [MAX_PARALLELISM, MAX_PARALLELISM * 2] {
        let number = number.to_string();
        assert!(
            error.to_string().contains(&number),
            "the error must name {number}: {error}"
        );
    }
    compare(&other, handles, &Model::default()).unwrap();
}
