//! Codecs that refuse, closures and iterators that panic.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use state_api::row::CodecId;
use state_api::{
    BoundStates as _, Codec, Error, ErrorKind, List, ListDescriptor, Map, MapDescriptor, Result,
    RowRef, RowSource, StateBackend, StateRead, StateView, Value, ValueDescriptor,
};

use crate::backup::Backup;
use crate::factory::BackendFactory;
use crate::model::{Handles, Model, compare};
use crate::refusal::{assert_refused, assert_same};
use crate::site::Site;

/// A codec that refuses to encode one value.
#[derive(Clone, Copy)]
struct NoThirteen;

impl Codec<u64> for NoThirteen {
    fn id(&self) -> CodecId {
        CodecId {
            name: "no-thirteen".into(),
            version: 1,
        }
    }

    fn encode(&self, value: &u64, out: &mut Vec<u8>) -> Result<()> {
        if *value == 13 {
            return Err(Error::new(ErrorKind::Codec, "thirteen is refused"));
        }
        out.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }

    fn decode(&self, bytes: &[u8]) -> Result<u64> {
        let bytes = bytes
            .try_into()
            .map_err(|_| Error::new(ErrorKind::Corrupt, "not a u64"))?;
        Ok(u64::from_be_bytes(bytes))
    }
}

/// A write through the handles of a value, a list and a map.
type Write<B> = fn(&mut B, (Value<u64>, List<u64>, Map<u8, u64>)) -> Result<()>;

/// The content of the states of a key: value, list, map.
type Content = (Option<u64>, Vec<u64>, Vec<(u8, u64)>);

fn content<R: StateRead<Key = u64>>(
    state: &R,
    (value, list, map): (Value<u64>, List<u64>, Map<u8, u64>),
) -> Content {
    let at = state.at(&1);
    let elements = at.list(list).iter().unwrap();
    let entries = at.map(map).iter().unwrap();
    (
        at.value(value).get().unwrap().map(|v| *v),
        elements.map(|element| *element.unwrap()).collect(),
        entries
            .map(|entry| entry.map(|(k, v)| (*k, *v)).unwrap())
            .collect(),
    )
}

/// A value that its codec refuses is either refused at once, and then nothing has changed; or, by
/// a backend that encodes later, taken, and then it reads back and the checkpoint fails. It is
/// never lost in silence, and the backend stays usable.
pub fn a_failing_codec_changes_nothing<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<u64>();
    let value = backend
        .register(ValueDescriptor::with_codec("value", NoThirteen))
        .unwrap();
    let list = backend
        .register(ListDescriptor::with_codec("list", NoThirteen))
        .unwrap();
    let map = backend
        .register(MapDescriptor::<u8, u64>::with_codec("map", NoThirteen))
        .unwrap();
    let handles = (value, list, map);
    let before: Content = (Some(1), vec![1, 2], vec![(1, 1)]);
    let writes: [(&str, Write<F::Backend<u64>>, Content); 10] = [
        (
            "put",
            |b, (value, ..)| b.at_mut(&1).value(value).put(13),
            (Some(13), vec![1, 2], vec![(1, 1)]),
        ),
        (
            "modify",
            |b, (value, ..)| b.at_mut(&1).value(value).modify(0, |n| *n = 13),
            (Some(13), vec![1, 2], vec![(1, 1)]),
        ),
        (
            "update",
            |b, (value, ..)| b.at_mut(&1).value(value).update(|n| *n = Some(13)),
            (Some(13), vec![1, 2], vec![(1, 1)]),
        ),
        (
            "push",
            |b, (_, list, _)| b.at_mut(&1).list(list).push(13),
            (Some(1), vec![1, 2, 13], vec![(1, 1)]),
        ),
        (
            "extend",
            |b, (_, list, _)| b.at_mut(&1).list(list).extend([3, 13, 4]),
            (Some(1), vec![1, 2, 3, 13, 4], vec![(1, 1)]),
        ),
        (
            "replace",
            |b, (_, list, _)| b.at_mut(&1).list(list).replace([3, 13, 4]),
            (Some(1), vec![3, 13, 4], vec![(1, 1)]),
        ),
        (
            "insert",
            |b, (.., map)| b.at_mut(&1).map(map).insert(2, 13),
            (Some(1), vec![1, 2], vec![(1, 1), (2, 13)]),
        ),
        (
            "insert over another",
            |b, (.., map)| b.at_mut(&1).map(map).insert(1, 13),
            (Some(1), vec![1, 2], vec![(1, 13)]),
        ),
        (
            "modify in a map",
            |b, (.., map)| b.at_mut(&1).map(map).modify(&1, 0, |n| *n = 13),
            (Some(1), vec![1, 2], vec![(1, 13)]),
        ),
        (
            "update in a map",
            |b, (.., map)| b.at_mut(&1).map(map).update(&1, |n| *n = Some(13)),
            (Some(1), vec![1, 2], vec![(1, 13)]),
        ),
    ];
    for (what, write, after) in writes {
        let mut at = backend.at_mut(&1);
        at.value(value).put(1).unwrap();
        at.list(list).replace([1, 2]).unwrap();
        at.map(map).clear().unwrap();
        at.map(map).insert(1, 1).unwrap();
        if let Err(error) = write(&mut backend, handles) {
            assert_eq!(error.kind(), ErrorKind::Codec, "{what}: {error:?}");
            let found = content(&backend, handles);
            assert_same(&format!("after {what}, refused"), &before, &found);
            Backup::take(&mut backend).unwrap();
        } else {
            let found = content(&backend, handles);
            assert_same(&format!("after {what}, taken"), &after, &found);
            let outcome = Backup::take(&mut backend);
            let what = format!("a checkpoint after {what}");
            assert_refused(&what, ErrorKind::Codec, outcome);
        }
    }
}

/// Elements of the lists of the next property; thirteen is none of them.
fn numbers(len: u64) -> impl Iterator<Item = u64> {
    100..100 + len
}

/// Panics unless the lists are as expected.
fn assert_lists<R: StateRead<Key = u64>>(
    what: &str,
    state: &R,
    list: List<u64>,
    expected: &BTreeMap<u64, Vec<u64>>,
) {
    for (key, expected) in expected {
        let elements = state.at(key).list(list).iter().unwrap();
        let elements: Vec<_> = elements.map(|element| *element.unwrap()).collect();
        assert_same(
            &format!("{what}: the list of key {key}"),
            expected,
            &elements,
        );
        let len = state.at(key).list(list).len().unwrap();
        assert_eq!(
            len,
            expected.len() as u64,
            "{what}: the length of key {key}"
        );
        let is_empty = state.at(key).list(list).is_empty().unwrap();
        assert_eq!(is_empty, len == 0, "{what}: is_empty of key {key}");
    }
    let there = expected.values().filter(|list| !list.is_empty()).count() as u64;
    assert_eq!(state.key_count(list).unwrap(), there, "{what}: the keys");
}

/// An `extend` or `replace` that fails because the codec refuses an element, wherever that stands,
/// has changed no list, short or long; each goes on growing at its end, also behind a checkpoint. A
/// backend that encodes later takes the element, and then the checkpoint fails.
pub fn a_refused_element_changes_no_list<F: BackendFactory>(factory: &F) {
    // Within a chunk, at its end, and over several, on engines that cut lists into chunks.
    const LENGTHS: [u64; 4] = [0, 1, 120, 1000];
    let site = Site::new(factory);
    let descriptor = || ListDescriptor::with_codec("list", NoThirteen);
    let mut backend = site.open::<u64>();
    let mut list = backend.register(descriptor()).unwrap();
    let cases = LENGTHS.into_iter().flat_map(|before| {
        let at = LENGTHS.into_iter();
        at.flat_map(move |at| [(before, at, false), (before, at, true)])
    });
    let cases: BTreeMap<u64, _> = (0..).zip(cases).collect();
    let mut expected = BTreeMap::new();
    for (key, (before, ..)) in &cases {
        backend
            .at_mut(key)
            .list(list)
            .extend(numbers(*before))
            .unwrap();
        expected.insert(*key, numbers(*before).collect::<Vec<_>>());
    }
    // The second round on a backend that has not written the lists itself.
    for round in 0..2 {
        for (key, &(before, at, replaces)) in &cases {
            let what = format!(
                "{} of {before} elements, refused behind {at}",
                if replaces { "replace" } else { "extend" }
            );
            let elements = || numbers(at).chain([13]).chain(numbers(200));
            let mut cursor = backend.at_mut(key);
            let outcome = if replaces {
                cursor.list(list).replace(elements())
            } else {
                cursor.list(list).extend(elements())
            };
            let unchanged = expected[key].clone();
            if let Err(error) = outcome {
                assert_eq!(error.kind(), ErrorKind::Codec, "{what}: {error:?}");
            } else {
                let mut taken = if replaces { vec![] } else { unchanged.clone() };
                taken.extend(elements());
                expected.insert(*key, taken);
                assert_lists(&what, &backend, list, &expected);
                let outcome = Backup::take(&mut backend).map(drop);
                assert_refused(&what, ErrorKind::Codec, outcome);
                let elements = unchanged.iter().copied();
                backend.at_mut(key).list(list).replace(elements).unwrap();
                expected.insert(*key, unchanged);
            }
            assert_lists(&what, &backend, list, &expected);
        }
        for (key, elements) in &mut expected {
            backend.at_mut(key).list(list).push(round).unwrap();
            elements.push(round);
        }
        assert_lists("pushed to", &backend, list, &expected);
        let backup = Backup::take(&mut backend).unwrap();
        backend = site.open();
        backup.restore(&mut backend).unwrap();
        list = backend.register(descriptor()).unwrap();
        assert_lists("restored", &backend, list, &expected);
    }
}

/// A closure that panics poisons the state: its further use, and a freeze, answer `Poisoned`; the
/// checkpoint of before restores.
pub fn a_panicking_closure_poisons<F: BackendFactory>(factory: &F) {
    type Panics<B> = fn(&mut B, Handles);
    let values: [Panics<F::Backend<String>>; 3] = [
        |b, h| b.at_mut("a").value(h.counts).modify(0, boom).unwrap(),
        |b, h| b.at_mut("a").value(h.counts).update(boom).unwrap(),
        |b, h| {
            let (mut bound, (counts,)) = b.bind((h.counts,)).unwrap();
            bound.at_mut("a").value(counts).modify(0, boom).unwrap();
        },
    ];
    let maps: [Panics<F::Backend<String>>; 2] = [
        |b, h| b.at_mut("a").map(h.scores).modify(&1, 0, boom).unwrap(),
        |b, h| b.at_mut("a").map(h.scores).update(&1, boom).unwrap(),
    ];
    for (number, panics) in values.into_iter().chain(maps).enumerate() {
        let site = Site::new(factory);
        let mut backend = site.open::<String>();
        let handles = Handles::register(&mut backend).unwrap();
        let mut model = Model::default();
        model.counts.edit("a", &(), |count| *count = Some(1));
        model
            .scores
            .edit("a", &(), |scores| scores.extend([(1, 1)]));
        model.write_to(&mut backend, handles).unwrap();
        let backup = Backup::take(&mut backend).unwrap();
        let view = backend.freeze().unwrap();

        let outcome = catch_unwind(AssertUnwindSafe(|| panics(&mut backend, handles)));
        assert!(
            outcome.is_err(),
            "the panic of a closure must go on to the caller"
        );
        let poisoned = ErrorKind::Poisoned;
        if number < 3 {
            let value = handles.counts;
            assert_refused("a read", poisoned, backend.at("a").value(value).get());
            assert_refused("a read", poisoned, backend.at_mut("b").value(value).get());
            assert_refused("a write", poisoned, backend.at_mut("a").value(value).put(1));
            assert_refused("the keys", poisoned, backend.keys(value).map(drop));
            assert_refused("a bind", poisoned, backend.bind((value,)).map(drop));
        } else {
            let map = handles.scores;
            assert_refused("a read", poisoned, backend.at("a").map(map).len());
            assert_refused(
                "a read",
                poisoned,
                backend.at_mut("b").map(map).iter().map(drop),
            );
            assert_refused(
                "a write",
                poisoned,
                backend.at_mut("a").map(map).insert(1, 1),
            );
            assert_refused("the count", poisoned, backend.key_count(map));
            assert_refused("a bind", poisoned, backend.bind((map,)).map(drop));
        }
        assert_refused("a freeze", poisoned, backend.freeze().map(drop));
        assert_refused("a freeze, again", poisoned, backend.freeze().map(drop));
        compare(&view, handles, &model).unwrap();
        backend.destroy().unwrap();

        let mut restored = site.open::<String>();
        backup.restore(&mut restored).unwrap();
        let handles = Handles::register(&mut restored).unwrap();
        compare(&restored, handles, &model).unwrap();
    }
}

/// An iterator that panics inside `extend` or `replace`, at whichever element, poisons the list as a
/// closure does, also for an accessor that was resolved before; the checkpoint of before restores.
pub fn a_panicking_iterator_poisons<F: BackendFactory>(factory: &F) {
    type Panics<B> = fn(&mut B, List<u64>, u64);
    let poisoned = ErrorKind::Poisoned;
    let writes: [Panics<F::Backend<String>>; 3] = [
        |b, list, at| b.at_mut("a").list(list).extend(breaks_at(at)).unwrap(),
        |b, list, at| b.at_mut("a").list(list).replace(breaks_at(at)).unwrap(),
        |b, list, at| {
            let (mut bound, (list,)) = b.bind((list,)).unwrap();
            bound.at_mut("a").list(list).extend(breaks_at(at)).unwrap();
        },
    ];
    let site = Site::new(factory);
    let mut model = Model::default();
    model.events.edit("a", &(), |events| events.extend(0..10));
    for (panics, at) in writes.into_iter().flat_map(|w| [(w, 0), (w, 1), (w, 1000)]) {
        let mut backend = site.open::<String>();
        let handles = Handles::register(&mut backend).unwrap();
        let list = handles.events;
        model.write_to(&mut backend, handles).unwrap();
        let backup = Backup::take(&mut backend).unwrap();
        let view = backend.freeze().unwrap();

        let outcome = catch_unwind(AssertUnwindSafe(|| panics(&mut backend, list, at)));
        assert!(
            outcome.is_err(),
            "the panic of an iterator must go on to the caller"
        );
        assert_refused("a read", poisoned, backend.at("a").list(list).len());
        assert_refused("a read", poisoned, backend.at_mut("b").list(list).len());
        assert_refused("a write", poisoned, backend.at_mut("a").list(list).push(1));
        assert_refused("the keys", poisoned, backend.keys(list).map(drop));
        assert_refused("a bind", poisoned, backend.bind((list,)).map(drop));
        assert_refused("a freeze", poisoned, backend.freeze().map(drop));
        compare(&view, handles, &model).unwrap();
        backend.destroy().unwrap();

        let mut restored = site.open::<String>();
        backup.restore(&mut restored).unwrap();
        let handles = Handles::register(&mut restored).unwrap();
        compare(&restored, handles, &model).unwrap();
    }

    for at in [0, 1, 1000] {
        let mut backend = site.open::<String>();
        let handles = Handles::register(&mut backend).unwrap();
        let mut cursor = backend.at_mut("a");
        let mut held = cursor.list(handles.events);
        let outcome = catch_unwind(AssertUnwindSafe(|| held.extend(breaks_at(at))));
        assert!(outcome.is_err());
        assert_refused("push", poisoned, held.push(1));
        assert_refused("replace", poisoned, held.replace([1]));
        assert_refused("replace by nothing", poisoned, held.replace([]));
        assert_refused("extend by nothing", poisoned, held.extend([]));
        assert_refused("clear", poisoned, held.clear());
        assert_refused("len", poisoned, held.len());
        assert_refused("iter", poisoned, held.iter().map(drop));
        assert_refused("a freeze", poisoned, backend.freeze().map(drop));
        backend.destroy().unwrap();
    }
}

/// An accessor that was resolved before the panic is refused like a new one: its next update must
/// not clear the mark.
pub fn a_held_accessor_stays_poisoned<F: BackendFactory>(factory: &F) {
    let poisoned = ErrorKind::Poisoned;
    let panics = |f: &mut dyn FnMut()| assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
    let site = Site::new(factory);
    let open = || {
        let mut backend = site.open::<String>();
        let handles = Handles::register(&mut backend).unwrap();
        backend.at_mut("a").value(handles.counts).put(41).unwrap();
        backend
            .at_mut("a")
            .map(handles.scores)
            .insert(1, 1)
            .unwrap();
        (backend, handles)
    };

    let (mut backend, handles) = open();
    let mut at = backend.at_mut("a");
    let mut held = at.value(handles.counts);
    panics(&mut || drop(held.update(boom)));
    assert_refused("modify", poisoned, held.modify(0, |n| *n += 1));
    assert_refused("put", poisoned, held.put(1));
    assert_refused("take", poisoned, held.take());
    assert_refused("clear", poisoned, held.clear());
    assert_refused("get", poisoned, held.get());
    assert_refused("a freeze", poisoned, backend.freeze().map(drop));
    backend.destroy().unwrap();

    let (mut backend, handles) = open();
    let mut at = backend.at_mut("a");
    let mut held = at.map(handles.scores);
    panics(&mut || drop(held.modify(&1, 0, boom)));
    assert_refused("update", poisoned, held.update(&1, |_| ()));
    assert_refused("insert", poisoned, held.insert(1, 2));
    assert_refused("remove", poisoned, held.remove(&1));
    assert_refused("len", poisoned, held.len());
    assert_refused("clear", poisoned, held.clear());
    assert_refused("iter", poisoned, held.iter().map(drop));
    assert_refused("a freeze", poisoned, backend.freeze().map(drop));
    backend.destroy().unwrap();
}

/// Gives one row of another source, then an error.
struct Breaks<S>(S, bool);

impl<S: RowSource> RowSource for Breaks<S> {
    fn next_row(&mut self) -> Result<Option<RowRef<'_>>> {
        if std::mem::replace(&mut self.1, true) {
            return Err(Error::new(ErrorKind::Io, "the source broke"));
        }
        self.0.next_row()
    }
}

/// A restore that breaks half-way poisons: what it took in is neither read, nor restored over, nor
/// found again as if it were all.
pub fn a_failed_restore_poisons<F: BackendFactory>(factory: &F) {
    let poisoned = ErrorKind::Poisoned;
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    for key in ["a", "b", "c"] {
        backend
            .at_mut(key)
            .list(handles.events)
            .extend([1, 2])
            .unwrap();
    }
    let view = backend.freeze().unwrap();
    let (states, range) = (view.states(), view.key_groups().range());
    let rows = || view.clone().into_rows(range).unwrap();

    for registered in [true, false] {
        let mut half = site.open::<String>();
        if registered {
            Handles::register(&mut half).unwrap();
        }
        let broken = half.restore(&states, &mut Breaks(rows(), false));
        assert_refused("a restore from a broken source", ErrorKind::Io, broken);
        assert_refused(
            "a second restore",
            poisoned,
            half.restore(&states, &mut rows()),
        );
        assert_refused(
            "registering",
            poisoned,
            Handles::register(&mut half).map(drop),
        );
        assert_refused("a freeze", poisoned, half.freeze().map(drop));
        if half.capability().survives_close {
            assert_refused("a close", poisoned, half.close());
        }
    }
}

/// Gives `at` elements, then panics without a message on standard error.
fn breaks_at(at: u64) -> impl Iterator<Item = u64> {
    (0..=at).inspect(move |element| {
        if *element == at {
            boom(&mut ());
        }
    })
}

/// Panics without a message on standard error.
fn boom<V>(_: &mut V) {
    std::panic::resume_unwind(Box::new("boom"));
}
