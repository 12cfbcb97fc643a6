//! Codecs that refuse, and closures that panic.

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
    let writes: [(&str, Write<F::Backend<u64>>, Content); 8] = [
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
    // Elements before the one that is refused may be appended, those behind it not.
    backend.at_mut(&1).list(list).replace([1]).unwrap();
    if backend.at_mut(&1).list(list).extend([2, 13, 3]).is_err() {
        let (_, found, _) = content(&backend, handles);
        assert!(
            [vec![1], vec![1, 2]].contains(&found),
            "after a refused extend: {found:?}"
        );
        backend.at_mut(&1).list(list).push(4).unwrap();
        let expected = [found, vec![4]].concat();
        assert_same("a push after it", &expected, &content(&backend, handles).1);
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

/// Panics without a message on standard error.
fn boom<V>(_: &mut V) {
    std::panic::resume_unwind(Box::new("boom"));
}
