//! What reads find.

use state_api::{
    ErrorKind, ListDescriptor, MapDescriptor, Ref, StateBackend, StateRead, StateValue,
    ValueDescriptor,
};

use crate::backup::Backup;
use crate::factory::BackendFactory;
use crate::model::{Handles, Model, compare};
use crate::refusal::{assert_refused, assert_same};
use crate::site::{Site, worker_groups};

/// An absent key, an empty list and an empty map read alike: nothing, and never an error; on a
/// backend, on a view, before and after something was there.
pub fn absent_state_reads_alike<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    compare(&backend, handles, &Model::default()).unwrap();
    compare(&backend.freeze().unwrap(), handles, &Model::default()).unwrap();

    // What removes, where there is nothing.
    let mut at = backend.at_mut("a");
    assert_eq!(at.value(handles.counts).take().unwrap(), None);
    at.value(handles.counts).clear().unwrap();
    at.value(handles.counts)
        .update(|count| assert_eq!(*count, None))
        .unwrap();
    at.list(handles.events).clear().unwrap();
    at.list(handles.events).extend([]).unwrap();
    at.list(handles.events).replace([]).unwrap();
    assert_eq!(at.map(handles.scores).take(&0).unwrap(), None);
    at.map(handles.scores).remove(&0).unwrap();
    at.map(handles.scores)
        .update(&0, |score| assert_eq!(*score, None))
        .unwrap();
    at.map(handles.scores).clear().unwrap();
    compare(&backend, handles, &Model::default()).unwrap();

    // Something, and nothing again.
    let mut at = backend.at_mut("a");
    at.value(handles.counts).put(1).unwrap();
    at.list(handles.events).push(1).unwrap();
    at.map(handles.scores).insert(1, 1).unwrap();
    at.value(handles.counts)
        .update(|count| *count = None)
        .unwrap();
    at.list(handles.events).clear().unwrap();
    at.map(handles.scores)
        .update(&1, |score| *score = None)
        .unwrap();
    compare(&backend, handles, &Model::default()).unwrap();
    compare(&backend.freeze().unwrap(), handles, &Model::default()).unwrap();
}

/// A borrowed form of a key (`str` for `String`, `[u8]` for `Vec<u8>`) reaches the row of the owned
/// one: as key and as map key, for reading and for writing.
pub fn borrowed_keys_reach_the_same_row<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<Vec<u8>>();
    let value = backend
        .register(ValueDescriptor::<u32>::new("value"))
        .unwrap();
    let map = backend
        .register(MapDescriptor::<String, u32>::new("map"))
        .unwrap();
    let keys: [&[u8]; 6] = [b"", b"\0", b"\x01", b"ab", b"ab\0", &[0xff; 3]];
    let names = ["", "\0", "\u{1}", "ab", "ab\0", "\u{10ffff}"];
    for (number, (key, name)) in (0_u32..).zip(keys.iter().zip(names)) {
        let (owned_key, owned_name) = (key.to_vec(), name.to_owned());
        backend.at_mut(*key).value(value).put(number).unwrap();
        backend
            .at_mut(&owned_key)
            .map(map)
            .insert(owned_name.clone(), number)
            .unwrap();

        assert_eq!(
            *backend
                .at_mut(&owned_key)
                .value(value)
                .get()
                .unwrap()
                .unwrap(),
            number
        );
        assert_eq!(
            *backend.at(&owned_key).value(value).get().unwrap().unwrap(),
            number
        );
        assert_eq!(
            *backend.at_mut(*key).map(map).get(name).unwrap().unwrap(),
            number
        );
        assert_eq!(
            *backend.at(*key).map(map).get(&owned_name).unwrap().unwrap(),
            number
        );
        assert!(backend.at_mut(*key).map(map).contains(name).unwrap());

        backend
            .at_mut(*key)
            .map(map)
            .modify(name, 0, |n| *n += 10)
            .unwrap();
        backend
            .at_mut(*key)
            .map(map)
            .update(name, |n| *n = n.map(|n| n + 10))
            .unwrap();
        let taken = backend
            .at_mut(&owned_key)
            .map(map)
            .take(&owned_name)
            .unwrap();
        assert_eq!(taken, Some(number + 20));
        backend
            .at_mut(&owned_key)
            .map(map)
            .modify(name, number, |n| *n += 1)
            .unwrap();
        let view = backend.freeze().unwrap();
        assert_eq!(
            *view.at(*key).map(map).get(name).unwrap().unwrap(),
            number + 1
        );
        assert_eq!(
            *view.at(&owned_key).value(value).get().unwrap().unwrap(),
            number
        );
        backend.at_mut(&owned_key).map(map).remove(name).unwrap();
        assert!(backend.at(*key).map(map).is_empty().unwrap());
    }
    assert_eq!(backend.key_count(value).unwrap(), 6);
}

/// A state without a namespace is one with the namespace `()`: both ways lead to the same row.
pub fn the_unit_namespace_is_none<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let value = backend
        .register(ValueDescriptor::<u32>::new("value"))
        .unwrap();
    let list = backend
        .register(ListDescriptor::<u32>::new("list"))
        .unwrap();
    for (number, key) in (0..).zip(["", "a", "\0"]) {
        backend
            .at_mut(key)
            .in_namespace(&())
            .value(value)
            .put(number)
            .unwrap();
        backend.at_mut(key).list(list).push(number).unwrap();
        assert_eq!(
            *backend.at(key).value(value).get().unwrap().unwrap(),
            number
        );
        assert_eq!(
            backend.at(key).in_namespace(&()).list(list).len().unwrap(),
            1
        );
    }
    assert_eq!(
        (
            backend.key_count(value).unwrap(),
            backend.key_count(list).unwrap()
        ),
        (3, 3)
    );
}

fn is_borrowed<V>(found: Option<Ref<'_, V>>) -> bool {
    matches!(found.unwrap(), Ref::Borrowed(_))
}

/// Reads borrow if and only if the backend [says so](state_api::Capability::borrowed_reads).
pub fn reads_borrow_where_promised<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    let mut at = backend.at_mut("a");
    at.value(handles.counts).put(1).unwrap();
    at.list(handles.events).push(1).unwrap();
    at.map(handles.scores).insert(1, 1).unwrap();
    let promised = backend.capability().borrowed_reads;
    let mut found = vec![
        is_borrowed(backend.at_mut("a").value(handles.counts).get().unwrap()),
        is_borrowed(backend.at_mut("a").map(handles.scores).get(&1).unwrap()),
    ];
    let view = backend.freeze().unwrap();
    found.extend(borrows(&backend, handles));
    found.extend(borrows(&view, handles));
    let expected = vec![promised; found.len()];
    assert_same(
        "whether reads borrow, as `borrowed_reads` says",
        &expected,
        &found,
    );
}

fn borrows<R: StateRead<Key = String>>(state: &R, handles: Handles) -> [bool; 4] {
    let at = state.at("a");
    let element = at
        .list(handles.events)
        .iter()
        .unwrap()
        .next()
        .transpose()
        .unwrap();
    [
        is_borrowed(at.value(handles.counts).get().unwrap()),
        is_borrowed(element),
        is_borrowed(at.map(handles.scores).get(&1).unwrap()),
        is_borrowed(
            at.map(handles.scores)
                .first()
                .unwrap()
                .map(|(_, score)| score),
        ),
    ]
}

/// A value of a mebibyte is a value, also in a map, in a view and through a checkpoint.
pub fn large_values_fit<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let large: Vec<u8> = (0..1_u32 << 20)
        .map(|i| i.to_le_bytes()[usize::from(i % 3 == 0)])
        .collect();
    let register = |backend: &mut F::Backend<u64>| {
        let value = backend
            .register(ValueDescriptor::<Vec<u8>>::new("value"))
            .unwrap();
        let map = backend
            .register(MapDescriptor::<u8, Vec<u8>>::new("map"))
            .unwrap();
        (value, map)
    };
    let mut backend = site.open::<u64>();
    let (value, map) = register(&mut backend);
    backend.at_mut(&1).value(value).put(large.clone()).unwrap();
    backend
        .at_mut(&1)
        .value(value)
        .modify(Vec::new(), |bytes| bytes.push(7))
        .unwrap();
    backend
        .at_mut(&1)
        .map(map)
        .insert(1, large.clone())
        .unwrap();
    let mut longer = large.clone();
    longer.push(7);
    let found = |state: &dyn Fn() -> (Option<Vec<u8>>, Option<Vec<u8>>)| {
        let (value, entry) = state();
        assert!(
            value.as_ref() == Some(&longer),
            "a large value is another one"
        );
        assert!(
            entry.as_ref() == Some(&large),
            "a large map value is another one"
        );
    };
    let backup = Backup::take(&mut backend).unwrap();
    let view = backend.freeze().unwrap();
    found(&|| {
        (
            own(view.at(&1).value(value).get().unwrap()),
            own(view.at(&1).map(map).get(&1).unwrap()),
        )
    });
    let mut restored = site.open::<u64>();
    backup.restore(&mut restored).unwrap();
    let (value, map) = register(&mut restored);
    let at = restored.at(&1);
    found(&|| {
        (
            own(at.value(value).get().unwrap()),
            own(at.map(map).get(&1).unwrap()),
        )
    });
}

fn own<V: StateValue>(found: Option<Ref<'_, V>>) -> Option<V> {
    found.map(Ref::into_owned)
}

/// Many values read at once are those that are read one by one, in the order of the keys: live and from
/// a view, absent ones and keys given twice included; a key that is not owned is refused.
pub fn many_values_are_read_as_one_by_one<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let counts = backend
        .register(ValueDescriptor::<u64>::new("counts"))
        .unwrap();
    let keys: Vec<_> = (0..300_u64).rev().map(|n| format!("{:x}", n * n)).collect();
    for (n, key) in (0..).zip(&keys).filter(|(n, _)| n % 3 != 0) {
        backend.at_mut(key.as_str()).value(counts).put(n).unwrap();
    }
    let view = backend.freeze().unwrap();
    let twice = || keys.iter().chain(&keys).map(String::as_str);
    let one_by_one: Vec<_> = twice()
        .map(|key| {
            backend
                .at(key)
                .value(counts)
                .get()
                .unwrap()
                .as_deref()
                .copied()
        })
        .collect();
    let owned = |found: Vec<Option<Ref<'_, u64>>>| -> Vec<Option<u64>> {
        found
            .into_iter()
            .map(|value| value.as_deref().copied())
            .collect()
    };
    let live = owned(backend.get_many(counts, twice()).unwrap());
    assert_same("many values, live", &one_by_one, &live);
    for key in &keys {
        backend.at_mut(key.as_str()).value(counts).put(7).unwrap();
    }
    let frozen = owned(view.get_many(counts, twice()).unwrap());
    assert_same("many values, from a view", &one_by_one, &frozen);
    let nothing = backend
        .get_many(counts, std::iter::empty::<&str>())
        .unwrap();
    assert!(nothing.is_empty(), "values of no keys");

    let mut worker = site.open_for::<String>(worker_groups(0, 3));
    let counts = worker
        .register(ValueDescriptor::<u64>::new("counts"))
        .unwrap();
    let outcome = worker.get_many(counts, twice()).map(drop);
    assert_refused("keys of other workers", ErrorKind::OutOfRange, outcome);
}
