//! What clearing removes, and what it leaves.

use std::collections::BTreeMap;

use state_api::{ListDescriptor, MapDescriptor, Ref, StateBackend, StateRead, ValueDescriptor};

use crate::factory::BackendFactory;
use crate::model::Handles;
use crate::refusal::assert_same;
use crate::site::Site;

/// A list or map that has become empty is gone, on whatever way: its key is neither listed nor
/// counted, on the backend and on a view.
pub fn emptied_collections_disappear<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let Handles {
        events,
        scores,
        tags,
        ..
    } = Handles::register(&mut backend).unwrap();
    for key in ["cleared", "replaced", "stays"] {
        backend.at_mut(key).list(events).extend([1, 2]).unwrap();
    }
    for key in ["cleared", "removed", "taken", "updated", "stays"] {
        backend.at_mut(key).map(scores).insert(1, 1).unwrap();
        backend
            .at_mut(key)
            .in_namespace(&5)
            .map(tags)
            .insert("t".into(), "u".into())
            .unwrap();
    }
    let before = backend.freeze().unwrap();
    backend.at_mut("cleared").list(events).clear().unwrap();
    backend.at_mut("replaced").list(events).replace([]).unwrap();
    backend.at_mut("cleared").map(scores).clear().unwrap();
    backend.at_mut("removed").map(scores).remove(&1).unwrap();
    backend.at_mut("taken").map(scores).take(&1).unwrap();
    backend
        .at_mut("updated")
        .map(scores)
        .update(&1, |score| *score = None)
        .unwrap();
    backend
        .at_mut("cleared")
        .in_namespace(&5)
        .map(tags)
        .clear()
        .unwrap();
    backend
        .at_mut("removed")
        .in_namespace(&5)
        .map(tags)
        .remove("t")
        .unwrap();
    backend
        .at_mut("taken")
        .in_namespace(&5)
        .map(tags)
        .take("t")
        .unwrap();
    backend
        .at_mut("updated")
        .in_namespace(&5)
        .map(tags)
        .update("t", |tag| *tag = None)
        .unwrap();
    let after = backend.freeze().unwrap();

    let counts = |found: [state_api::Result<u64>; 3]| found.map(Result::unwrap);
    let live = [
        backend.key_count(events),
        backend.key_count(scores),
        backend.key_count(tags),
    ];
    assert_same("key counts after emptying", &[1, 1, 1], &counts(live));
    let found = [
        after.key_count(events),
        after.key_count(scores),
        after.key_count(tags),
    ];
    assert_same(
        "key counts of a view after emptying",
        &[1, 1, 1],
        &counts(found),
    );
    let found = [
        before.key_count(events),
        before.key_count(scores),
        before.key_count(tags),
    ];
    assert_same(
        "key counts of a view before emptying",
        &[3, 5, 5],
        &counts(found),
    );
    for pair in backend
        .keys(scores)
        .unwrap()
        .chain(backend.keys(events).unwrap())
    {
        assert_same("the keys after emptying", "stays", &pair.unwrap().0);
    }
}

/// Byte strings each of which is close to another: a prefix of it, its successor, or all ones.
fn close_keys() -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    for tail in [
        &[][..],
        &[0],
        &[1],
        &[0xfe],
        &[0xff],
        &[0xff, 0],
        &[0xff, 0xff],
    ] {
        for front in [&[][..], b"a", b"b", &[0xff], &[0xff, 0xff]] {
            keys.push([front, tail].concat());
        }
    }
    keys.sort();
    keys.dedup();
    keys
}

/// Clearing one key leaves all others alone, however close their bytes are; for lists and maps of
/// several rows, with close namespaces and map keys.
pub fn clear_touches_only_its_own_rows<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    // One key group, so that close keys are close in the engine.
    let mut backend = site.open_for::<Vec<u8>>(state_api::KeyGroups::all(1).unwrap());
    let list = backend.register(ListDescriptor::<Vec<u8>>::new("list").namespaced::<Vec<u8>>());
    let map = backend.register(MapDescriptor::<Vec<u8>, u32>::new("map").namespaced::<Vec<u8>>());
    let (list, map) = (list.unwrap(), map.unwrap());
    let keys = close_keys();
    let namespaces = [vec![], vec![0xff], vec![0xff, 0xff]];
    let mut left = BTreeMap::new();
    for (number, key) in (0_u32..).zip(&keys) {
        for ns in &namespaces {
            let mut at = backend.at_mut(key);
            let mut at = at.in_namespace(ns);
            // Two chunks.
            at.list(list).extend([vec![1; 900], vec![2; 900]]).unwrap();
            for map_key in [&[][..], &[0xff], &[0xff, 0xff]] {
                at.map(map).insert(map_key.to_vec(), number).unwrap();
            }
            left.insert((key.clone(), ns.clone()), number);
        }
    }
    while let Some((key, ns)) = left.keys().nth(left.len() / 2).cloned() {
        let mut at = backend.at_mut(&key);
        at.in_namespace(&ns).list(list).clear().unwrap();
        at.in_namespace(&ns).map(map).clear().unwrap();
        left.remove(&(key.clone(), ns.clone()));
        let expected: Vec<_> = left.keys().cloned().collect();
        let what = format!("after clearing key {key:?} in namespace {ns:?}, the keys of");
        let listed = |found: Vec<_>| {
            let mut found = found;
            found.sort();
            found
        };
        let pairs = backend
            .keys(list)
            .unwrap()
            .map(|pair| pair.map(own).unwrap());
        assert_same(
            &format!("{what} the list state"),
            &expected,
            &listed(pairs.collect()),
        );
        let pairs = backend
            .keys(map)
            .unwrap()
            .map(|pair| pair.map(own).unwrap());
        assert_same(
            &format!("{what} the map state"),
            &expected,
            &listed(pairs.collect()),
        );
    }
    // The last one left had all its rows.
    assert_eq!(backend.key_count(map).unwrap(), 0);
}

fn own<K: Clone, N: Clone>((key, namespace): (Ref<'_, K>, Ref<'_, N>)) -> (K, N) {
    (key.into_owned(), namespace.into_owned())
}

/// Writing and clearing one state leaves the same key in all others alone, of every kind.
pub fn states_do_not_interfere<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<u64>();
    let values = ["v1", "v2"].map(|n| backend.register(ValueDescriptor::<u64>::new(n)).unwrap());
    let lists = ["l1", "l2"].map(|n| backend.register(ListDescriptor::<u64>::new(n)).unwrap());
    let maps = ["m1", "m2"].map(|n| backend.register(MapDescriptor::<u8, u64>::new(n)).unwrap());
    let mut expected = [[0_u64; 6]; 2];
    let read = |backend: &F::Backend<u64>| {
        [1_u64, 2].map(|key| {
            let at = backend.at(&key);
            let value = |n: usize| at.value(values[n]).get().unwrap().map_or(0, |v| *v);
            let list = |n: usize| at.list(lists[n]).len().unwrap();
            let map = |n: usize| at.map(maps[n]).len().unwrap();
            [value(0), value(1), list(0), list(1), map(0), map(1)]
        })
    };
    for round in 1..=2_u8 {
        for (index, key) in [1_u64, 2].into_iter().enumerate() {
            for n in 0..2 {
                let mut at = backend.at_mut(&key);
                at.value(values[n]).put(u64::from(round)).unwrap();
                expected[index][n] = u64::from(round);
                assert_same("after writing a value", &expected, &read(&backend));
                backend.at_mut(&key).list(lists[n]).push(9).unwrap();
                expected[index][2 + n] += 1;
                assert_same("after writing a list", &expected, &read(&backend));
                backend.at_mut(&key).map(maps[n]).insert(round, 9).unwrap();
                expected[index][4 + n] += 1;
                assert_same("after writing a map", &expected, &read(&backend));
            }
        }
    }
    for (index, key) in [2_u64, 1].into_iter().enumerate() {
        for n in 0..2 {
            backend.at_mut(&key).value(values[n]).clear().unwrap();
            expected[1 - index][n] = 0;
            assert_same("after clearing a value", &expected, &read(&backend));
            backend.at_mut(&key).list(lists[n]).clear().unwrap();
            expected[1 - index][2 + n] = 0;
            assert_same("after clearing a list", &expected, &read(&backend));
            backend.at_mut(&key).map(maps[n]).clear().unwrap();
            expected[1 - index][4 + n] = 0;
            assert_same("after clearing a map", &expected, &read(&backend));
        }
    }
}

/// Writing and clearing in one namespace leaves the same key in all others alone.
pub fn namespaces_do_not_interfere<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let value = backend.register(ValueDescriptor::<usize>::new("value").namespaced::<String>());
    let list = backend.register(ListDescriptor::<usize>::new("list").namespaced::<String>());
    let map = backend.register(MapDescriptor::<u8, usize>::new("map").namespaced::<String>());
    let (value, list, map) = (value.unwrap(), list.unwrap(), map.unwrap());
    // Key and namespace together have the same bytes for several pairs.
    let keys = ["", "a", "aa", "a\0"];
    let spaces = ["", "a", "aa", "\0", "\0a", "\u{1}"].map(str::to_owned);
    let pairs = || {
        keys.iter()
            .flat_map(|key| spaces.iter().map(move |space| (*key, space)))
    };
    for (number, (key, space)) in pairs().enumerate() {
        let mut at = backend.at_mut(key);
        let mut at = at.in_namespace(space);
        at.value(value).put(number).unwrap();
        at.list(list).push(number).unwrap();
        at.map(map).insert(0, number).unwrap();
    }
    for cleared in 0..=pairs().count() {
        for (number, (key, space)) in pairs().enumerate() {
            let at = backend.at(key).in_namespace(space);
            let expected = (number >= cleared).then_some(number);
            let what = format!("namespace {space:?} of key {key:?}, {cleared} are cleared");
            let found = at.value(value).get().unwrap().map(Ref::into_owned);
            assert_same(&what, &expected, &found);
            let found = at
                .list(list)
                .iter()
                .unwrap()
                .map(|e| e.unwrap().into_owned());
            assert_same(&what, &Vec::from_iter(expected), &found.collect());
            let found = at.map(map).get(&0).unwrap().map(Ref::into_owned);
            assert_same(&what, &expected, &found);
        }
        if let Some((key, space)) = pairs().nth(cleared) {
            let mut at = backend.at_mut(key);
            let mut at = at.in_namespace(space);
            at.value(value).clear().unwrap();
            at.list(list).clear().unwrap();
            at.map(map).clear().unwrap();
        }
    }
    assert_eq!(backend.key_count(value).unwrap(), 0);
}

/// Keys and namespaces whose bytes are all ones are cleared, and nothing behind them is: the end of
/// what begins with `0xff` is not found by adding one to its last byte.
pub fn keys_of_all_ones_are_cleared_alone<F: BackendFactory>(factory: &F) {
    const BYTES: [u8; 4] = [0, 1, 0xfe, 0xff];
    let site = Site::new(factory);
    // One key group, so that close keys are close in the engine; and one byte each, without an end.
    let mut backend = site.open_for::<u8>(state_api::KeyGroups::all(1).unwrap());
    let list = backend.register(ListDescriptor::<u8>::new("list").namespaced::<u8>());
    let map = backend.register(MapDescriptor::<u8, u8>::new("map").namespaced::<u8>());
    let (list, map) = (list.unwrap(), map.unwrap());
    let pairs = || BYTES.iter().flat_map(|key| BYTES.map(|ns| (*key, ns)));
    for cleared in pairs() {
        for (key, ns) in pairs() {
            let mut at = backend.at_mut(&key);
            let mut at = at.in_namespace(&ns);
            at.list(list).replace([key, ns]).unwrap();
            for map_key in BYTES {
                at.map(map).insert(map_key, key).unwrap();
            }
        }
        let (key, ns) = cleared;
        let mut at = backend.at_mut(&key);
        at.in_namespace(&ns).list(list).clear().unwrap();
        at.in_namespace(&ns).map(map).clear().unwrap();
        for (key, ns) in pairs() {
            let at = backend.at(&key).in_namespace(&ns);
            let found = (at.list(list).len().unwrap(), at.map(map).len().unwrap());
            let expected = if (key, ns) == cleared { (0, 0) } else { (2, 4) };
            let what =
                format!("lengths at key {key:#x}, namespace {ns:#x}, after clearing {cleared:x?}");
            assert_same(&what, &expected, &found);
        }
    }
}
