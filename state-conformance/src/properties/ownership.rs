//! Key groups: what a worker owns, and what it refuses.

use state_api::{
    BoundStates as _, ErrorKind, KeyHash, Result, RowRef, RowSource, StateBackend, StateRead,
};

use crate::backup::Backup;
use crate::factory::BackendFactory;
use crate::model::{Handles, Key, Model, compare, refuses_foreign_keys};
use crate::refusal::assert_refused;
use crate::site::{Site, all_groups, worker_groups};

/// A key outside of the owned key groups is refused by every access, and nothing changes; every
/// key is owned by one of the workers.
pub fn keys_of_other_workers_are_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut owners = 0;
    for index in 0..3 {
        let mut backend = site.open_for::<String>(worker_groups(index, 3));
        let handles = Handles::register(&mut backend).unwrap();
        for key in Key::all().map(Key::text) {
            let hash = KeyHash::of(key.as_str()).unwrap();
            if backend.key_groups().owns(hash) {
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
                refused_writes(&mut backend, handles, &key);
            }
        }
        refuses_foreign_keys(&backend, handles).unwrap();
        let view = backend.freeze().unwrap();
        refuses_foreign_keys(&view, handles).unwrap();
        compare(&backend, handles, &Model::default()).unwrap();
        assert_eq!(backend.key_count(handles.counts).unwrap(), 0);
    }
    assert_eq!(owners, usize::from(Key::COUNT), "each key has one owner");
}

fn refused_writes<B: StateBackend<Key = String>>(backend: &mut B, handles: Handles, key: &str) {
    let out = ErrorKind::OutOfRange;
    let Handles {
        counts,
        events,
        scores,
        notes,
        ..
    } = handles;
    let mut at = backend.at_mut(key);
    assert_refused("get", out, at.value(counts).get());
    assert_refused("put", out, at.value(counts).put(1));
    assert_refused("take", out, at.value(counts).take());
    assert_refused("clear", out, at.value(counts).clear());
    assert_refused(
        "modify",
        out,
        at.value(counts).modify(1, |_| unreachable!("not called")),
    );
    assert_refused(
        "update",
        out,
        at.value(counts).update(|_| unreachable!("not called")),
    );
    assert_refused("push", out, at.list(events).push(1));
    assert_refused("extend", out, at.list(events).extend([1, 2]));
    assert_refused("replace", out, at.list(events).replace([1]));
    assert_refused("iter of a list", out, at.list(events).iter().map(drop));
    assert_refused("clear of a list", out, at.list(events).clear());
    assert_refused("insert", out, at.map(scores).insert(1, 1));
    assert_refused("remove", out, at.map(scores).remove(&1));
    assert_refused("iter of a map", out, at.map(scores).iter().map(drop));
    assert_refused("clear of a map", out, at.map(scores).clear());
    assert_refused(
        "put in a namespace",
        out,
        at.in_namespace(&1).value(notes).put("x".into()),
    );
    let (mut bound, (counts,)) = backend.bind((counts,)).unwrap();
    assert_refused("put, bound", out, bound.at_mut(key).value(counts).put(1));
}

/// One row.
struct One {
    group: u16,
    key: Vec<u8>,
    given: bool,
}

impl RowSource for One {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        let given = std::mem::replace(&mut self.given, true);
        let row = RowRef {
            group: self.group,
            state: 0,
            key: &self.key,
            envelope: &[0, 1],
        };
        Ok((!given).then_some(row))
    }
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
        .find(|key| groups.owns(hash(&key)))
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
        let row = &mut One {
            group,
            key: bytes.clone(),
            given: false,
        };
        // The state is not registered: nobody looks into the row.
        let outcome = backend.restore(&states[..1], row);
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

fn hash(key: &str) -> KeyHash {
    KeyHash::of(key).unwrap()
}
