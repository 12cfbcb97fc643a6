//! What writes find, and what they leave: read-modify-write, merges, counts, changes while keys are
//! listed.

use std::collections::{BTreeMap, BTreeSet};

use state_api::{
    ListDescriptor, MapDescriptor, Ref, StateBackend, StateRead, StateView, ValueDescriptor,
};

use crate::factory::BackendFactory;
use crate::model::Handles;
use crate::refusal::assert_same;
use crate::site::Site;

/// A read-modify-write starts from what the last write left, whichever that was, and from the initial
/// value only where there is none: reducing and aggregating state is made of it. A view in between
/// changes nothing.
pub fn modify_starts_from_what_is_there<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<u64>();
    let sum = backend.register(ValueDescriptor::<u64>::new("sum"));
    let mean = backend.register(ValueDescriptor::<(u64, u64)>::new("sum and count"));
    let sums = backend.register(MapDescriptor::<u8, u64>::new("sums"));
    let (sum, mean, sums) = (sum.unwrap(), mean.unwrap(), sums.unwrap());
    let mut views = Vec::new();
    let mut expected = 100;
    for number in 1..=40 {
        let what = format!("after {number} numbers, the");
        let mut at = backend.at_mut(&1);
        let found = at.value(sum).modify(100, |sum| {
            *sum += number;
            *sum
        });
        expected += number;
        assert_same(
            &format!("{what} sum in `modify`"),
            &expected,
            &found.unwrap(),
        );
        let found = at.value(mean).modify((100, 0), |(sum, count)| {
            *sum += number;
            *count += 1;
            (*sum, *count)
        });
        let aggregate = (expected, number);
        assert_same(
            &format!("{what} aggregate in `modify`"),
            &aggregate,
            &found.unwrap(),
        );
        let found = at.map(sums).modify(&7, 100, |sum| {
            *sum += number;
            *sum
        });
        assert_same(
            &format!("{what} map value in `modify`"),
            &expected,
            &found.unwrap(),
        );
        if number % 7 == 0 {
            views.push((backend.freeze().unwrap(), expected));
        }
        let at = backend.at(&1);
        let found = at.value(sum).get().unwrap().as_deref().copied();
        assert_same(&format!("{what} sum"), &Some(expected), &found);
        let found = at.map(sums).get(&7).unwrap().as_deref().copied();
        assert_same(&format!("{what} map value"), &Some(expected), &found);
    }
    for (view, expected) in &views {
        let found = view.at(&1).value(sum).get().unwrap().as_deref().copied();
        let what = format!("the sum in the view of epoch {}", view.epoch());
        assert_same(&what, &Some(*expected), &found);
    }

    // Every other way to write, and the read of every other way to change.
    let mut at = backend.at_mut(&1);
    at.value(sum).put(5).unwrap();
    let found = at.value(sum).update(|sum| {
        let found = *sum;
        *sum = None;
        found
    });
    assert_same("`update` after `put`", &Some(5), &found.unwrap());
    let found = at.value(sum).modify(1, |sum| *sum).unwrap();
    assert_same("`modify` after an `update` to nothing", &1, &found);
    assert_same(
        "`take` after `modify`",
        &Some(1),
        &at.value(sum).take().unwrap(),
    );
    let found = at.value(sum).update(|sum| *sum).unwrap();
    assert_same("`update` after `take`", &None, &found);
    at.map(sums).insert(7, 5).unwrap();
    let found = at.map(sums).update(&7, Option::take).unwrap();
    assert_same("`update` of a map after `insert`", &Some(5), &found);
    let found = at.map(sums).modify(&7, 1, |sum| *sum).unwrap();
    assert_same("`modify` of a map after an `update` to nothing", &1, &found);
    let found = at.map(sums).take(&7).unwrap();
    assert_same("`take` of a map after `modify`", &Some(1), &found);
}

/// Namespaces merge into one, as windows of a session do: what was in the sources is in the target, in
/// order, and the sources are gone, whether all, some or none of them had anything.
pub fn namespaces_merge_into_one<F: BackendFactory>(factory: &F) {
    const TARGET: u32 = 9;
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let list = backend.register(ListDescriptor::<u32>::new("list").namespaced::<u32>());
    let sum = backend.register(ValueDescriptor::<u32>::new("sum").namespaced::<u32>());
    let (list, sum) = (list.unwrap(), sum.unwrap());
    // By key, what is in which namespace.
    let cases: [(&str, &[(u32, &[u32])]); 6] = [
        (
            "in three",
            &[(1, &[11, 12]), (2, &[21]), (3, &[31, 32, 33])],
        ),
        ("in two", &[(1, &[11]), (3, &[31])]),
        ("in none", &[]),
        ("in one", &[(2, &[21, 22])]),
        ("in the target", &[(TARGET, &[91, 92])]),
        (
            "in all",
            &[(TARGET, &[91]), (1, &[11]), (2, &[21]), (3, &[31])],
        ),
    ];
    for (key, content) in cases {
        for (namespace, numbers) in content {
            let mut at = backend.at_mut(key);
            let mut at = at.in_namespace(namespace);
            at.list(list).extend(numbers.iter().copied()).unwrap();
            at.value(sum).put(numbers.iter().sum()).unwrap();
        }
    }
    for (key, _) in cases {
        for source in [1, 2, 3] {
            let mut at = backend.at_mut(key);
            let mut from = at.in_namespace(&source);
            let total = from.value(sum).take().unwrap();
            let elements = from.list(list).iter().unwrap();
            let elements: Vec<_> = elements.map(|e| e.unwrap().into_owned()).collect();
            from.list(list).clear().unwrap();
            let mut at = backend.at_mut(key);
            let mut into = at.in_namespace(&TARGET);
            into.list(list).extend(elements).unwrap();
            if let Some(total) = total {
                into.value(sum).modify(0, |sum| *sum += total).unwrap();
            }
        }
    }
    let mut full = 0;
    for (key, content) in cases {
        let expected: Vec<_> = content
            .iter()
            .flat_map(|(_, n)| n.iter().copied())
            .collect();
        for namespace in [1, 2, 3, TARGET] {
            let at = backend.at(key).in_namespace(&namespace);
            let here = if namespace == TARGET {
                &expected[..]
            } else {
                &[]
            };
            let what = format!("what was {key}, merged: namespace {namespace}");
            let found = at.list(list).iter().unwrap();
            let found: Vec<_> = found.map(|e| e.unwrap().into_owned()).collect();
            assert_same(&what, here, &found[..]);
            let total = here.iter().copied().reduce(|a, b| a + b);
            let found = at.value(sum).get().unwrap().as_deref().copied();
            assert_same(&what, &total, &found);
        }
        full += u64::from(!expected.is_empty());
    }
    let counts = [backend.key_count(list), backend.key_count(sum)].map(Result::unwrap);
    assert_same("namespaces that are left", &[full; 2], &counts);
}

/// Lengths, emptiness, ends and the number of keys follow each write at once: those that overwrite,
/// remove what is there and remove what is not.
pub fn counts_follow_every_write<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    let mut map = BTreeMap::new();
    let mut length = 0;
    let check = |what: &str, backend: &F::Backend<String>, map: &BTreeMap<i64, u64>, length| {
        let at = backend.at("a");
        let scores = || at.map(handles.scores);
        let own = |found: Option<(Ref<'_, i64>, Ref<'_, u64>)>| found.map(|(k, v)| (*k, *v));
        let first = map.first_key_value().map(|(k, v)| (*k, *v));
        let last = map.last_key_value().map(|(k, v)| (*k, *v));
        let entries = u64::try_from(map.len()).unwrap();
        let of = |part: &str| format!("{part} after {what}");
        assert_same(&of("len of the map"), &entries, &scores().len().unwrap());
        let found = scores().is_empty().unwrap();
        assert_same(&of("is_empty of the map"), &map.is_empty(), &found);
        assert_same(&of("first"), &first, &own(scores().first().unwrap()));
        assert_same(&of("last"), &last, &own(scores().last().unwrap()));
        for key in 0..5 {
            let found = scores().contains(&key).unwrap();
            assert_same(&of("contains"), &map.contains_key(&key), &found);
        }
        let events = || at.list(handles.events);
        assert_same(&of("len of the list"), &length, &events().len().unwrap());
        let found = events().is_empty().unwrap();
        assert_same(&of("is_empty of the list"), &(length == 0), &found);
        let counts = [
            backend.key_count(handles.scores),
            backend.key_count(handles.events),
        ];
        let expected = [u64::from(!map.is_empty()), u64::from(length > 0)];
        assert_same(&of("key counts"), &expected, &counts.map(Result::unwrap));
    };
    check("nothing", &backend, &map, length);
    for round in 0..2 {
        for key in [2, 1, 3, 1, 4, 0] {
            let mut at = backend.at_mut("a");
            at.map(handles.scores).insert(key, round).unwrap();
            map.insert(key, round);
            at.list(handles.events).push(round).unwrap();
            length += 1;
            check("an insert and a push", &backend, &map, length);
        }
        for key in [3, 3, 0, 4, 0] {
            let mut at = backend.at_mut("a");
            let removed = at.map(handles.scores).take(&key).unwrap();
            assert_same("what was taken", &map.remove(&key), &removed);
            check("a take", &backend, &map, length);
        }
        let mut at = backend.at_mut("a");
        at.map(handles.scores).remove(&1).unwrap();
        at.map(handles.scores).remove(&1).unwrap();
        map.remove(&1);
        at.list(handles.events).extend(0..300).unwrap();
        length += 300;
        check("a remove, twice, and an extend", &backend, &map, length);
        let mut at = backend.at_mut("a");
        at.map(handles.scores)
            .update(&2, |score| *score = None)
            .unwrap();
        map.remove(&2);
        at.list(handles.events).replace(0..5).unwrap();
        length = 5;
        check("an update to nothing and a replace", &backend, &map, length);
        let mut at = backend.at_mut("a");
        at.map(handles.scores).modify(&2, 9, |_| ()).unwrap();
        map.insert(2, 9);
        at.list(handles.events).clear().unwrap();
        length = 0;
        check("a modify and a clear", &backend, &map, length);
        backend.at_mut("a").map(handles.scores).clear().unwrap();
        map.clear();
        check("a clear of both", &backend, &map, length);
    }
}

/// All keys are visited, once each, while their state is changed, removed and added to: a view lists
/// them.
pub fn keys_are_listed_while_they_change<F: BackendFactory>(factory: &F) {
    const KEYS: u64 = 500;
    let site = Site::new(factory);
    let mut backend = site.open::<u64>();
    let value = backend.register(ValueDescriptor::<u64>::new("value"));
    let list = backend.register(ListDescriptor::<u64>::new("list"));
    let (value, list) = (value.unwrap(), list.unwrap());
    for key in 0..KEYS {
        backend.at_mut(&key).value(value).put(key).unwrap();
        backend.at_mut(&key).list(list).push(key).unwrap();
    }
    let view = backend.freeze().unwrap();
    let mut visited = BTreeSet::new();
    for pair in view.keys(value).unwrap() {
        let key = *pair.unwrap().0;
        assert!(visited.insert(key), "key {key} is visited twice");
        let mut at = backend.at_mut(&key);
        match key % 3 {
            0 => at.value(value).clear().unwrap(),
            1 => at.value(value).modify(0, |n| *n += KEYS).unwrap(),
            _ => at.list(list).clear().unwrap(),
        }
        backend.at_mut(&(key + KEYS)).value(value).put(1).unwrap();
    }
    assert_same("keys visited", &(0..KEYS).collect(), &visited);
    for key in 0..KEYS {
        let at = backend.at(&key);
        let expected = match key % 3 {
            0 => (None, 1),
            1 => (Some(key + KEYS), 1),
            _ => (Some(key), 0),
        };
        let found = at.value(value).get().unwrap().as_deref().copied();
        let found = (found, at.list(list).len().unwrap());
        assert_same(&format!("the state of key {key}"), &expected, &found);
    }
    let (mut whole, mut left) = (0, 0);
    for key in 0..KEYS {
        whole += u64::from(key % 3 != 2);
        left += u64::from(key % 3 != 0);
    }
    let counts = [backend.key_count(value), backend.key_count(list)].map(Result::unwrap);
    assert_same("keys that are left", &[left + KEYS, whole], &counts);
}
