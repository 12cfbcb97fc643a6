//! Registering, binding and dropping states.

use state_api::row::CodecId;
use state_api::{
    Codec, Descriptor, Error, ErrorKind, List, ListDescriptor, Map, MapDescriptor, Result,
    StateBackend, StateRead, Value, ValueDescriptor,
};

use crate::backup::Backup;
use crate::factory::BackendFactory;
use crate::model::{Handles, Model, compare};
use crate::refusal::{assert_refused, assert_same};
use crate::site::Site;

/// Registering a state again gives the same handle; the state stays.
pub fn registering_again_gives_the_same_handle<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let ids = |handles: Handles| {
        let Handles {
            counts,
            notes,
            events,
            words,
            scores,
            tags,
        } = handles;
        [
            counts.id(),
            notes.id(),
            events.id(),
            words.id(),
            scores.id(),
            tags.id(),
        ]
    };
    let first = Handles::register(&mut backend).unwrap();
    backend.at_mut("a").value(first.counts).put(1).unwrap();
    backend.at_mut("a").list(first.events).push(1).unwrap();
    backend.at_mut("a").map(first.scores).insert(1, 1).unwrap();
    let again = Handles::register(&mut backend).unwrap();
    assert_same("the numbers of the states", &ids(first), &ids(again));
    for handles in [first, again] {
        let at = backend.at("a");
        assert_eq!(*at.value(handles.counts).get().unwrap().unwrap(), 1);
        assert_eq!(at.list(handles.events).len().unwrap(), 1);
        assert_eq!(at.map(handles.scores).len().unwrap(), 1);
    }
    let names: Vec<_> = backend
        .states()
        .into_iter()
        .map(|state| state.name)
        .collect();
    let expected = ["counts", "events", "notes", "scores", "tags", "words"].map(str::to_owned);
    assert_same("the states, ascending by name", &expected[..], &names[..]);
    let mut distinct = ids(first).to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 6, "states share a number");
}

/// A codec like the default one, under another identity.
#[derive(Clone, Copy)]
struct Other(u32);

impl Codec<u64> for Other {
    fn id(&self) -> CodecId {
        CodecId {
            name: "other".into(),
            version: self.0,
        }
    }

    fn encode(&self, value: &u64, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn decode(&self, bytes: &[u8]) -> Result<u64> {
        let bytes = bytes
            .try_into()
            .map_err(|_| Error::new(ErrorKind::Corrupt, "not a u64"))?;
        Ok(u64::from_le_bytes(bytes))
    }
}

fn refused<B: StateBackend, D: Descriptor>(
    backend: &mut B,
    what: &str,
    descriptor: D,
    sides: [&str; 2],
) {
    let error = assert_refused(what, ErrorKind::Mismatch, backend.register(descriptor));
    for side in sides {
        assert!(
            error.to_string().contains(side),
            "{what}: the message must name both sides, and lacks `{side}`: {error}"
        );
    }
}

/// A name that is known with another kind, type, namespace or codec is refused with a message that
/// names both; also when the state is known from a checkpoint only. The state stays as it is.
pub fn other_descriptions_are_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut live = site.open::<String>();
    let value = live.register(ValueDescriptor::<u64>::new("value")).unwrap();
    live.register(ListDescriptor::<u64>::new("list")).unwrap();
    live.register(MapDescriptor::<i64, u64>::new("map"))
        .unwrap();
    live.register(ValueDescriptor::<u64>::with_codec("coded", Other(1)))
        .unwrap();
    live.at_mut("a").value(value).put(7).unwrap();
    let mut restored = site.open::<String>();
    Backup::take(&mut live)
        .unwrap()
        .restore(&mut restored)
        .unwrap();

    for backend in [&mut live, &mut restored] {
        let b = backend;
        refused(
            b,
            "another type",
            ValueDescriptor::<i32>::new("value"),
            ["u64", "i32"],
        );
        let namespaced = ValueDescriptor::<u64>::new("value").namespaced::<u16>();
        refused(b, "a namespace", namespaced, ["()", "u16"]);
        refused(
            b,
            "another kind",
            ListDescriptor::<u64>::new("value"),
            ["value state", "list"],
        );
        refused(
            b,
            "another kind",
            MapDescriptor::<u8, u64>::new("value"),
            ["value state", "map"],
        );
        refused(
            b,
            "another kind",
            ValueDescriptor::<u64>::new("list"),
            ["list state", "value"],
        );
        refused(
            b,
            "another type",
            ListDescriptor::<u32>::new("list"),
            ["u64", "u32"],
        );
        refused(
            b,
            "another map key",
            MapDescriptor::<u32, u64>::new("map"),
            ["i64", "u32"],
        );
        refused(
            b,
            "another map value",
            MapDescriptor::<i64, u8>::new("map"),
            ["u64", "u8"],
        );
        let coded = |codec| ValueDescriptor::<u64>::with_codec("coded", codec);
        refused(
            b,
            "another codec",
            ValueDescriptor::<u64>::new("coded"),
            ["other/1", "bincode/"],
        );
        refused(
            b,
            "another version of a codec",
            coded(Other(2)),
            ["other/1", "other/2"],
        );
        b.register(coded(Other(1))).unwrap();
        let value = b.register(ValueDescriptor::<u64>::new("value")).unwrap();
        assert_eq!(*b.at("a").value(value).get().unwrap().unwrap(), 7);
    }
}

/// Reads through a handle that does not fit.
fn refused_by_reads<R: StateRead<Key = String>>(state: &R, id: state_api::StateId, other: bool) {
    let at = state.at("a");
    let what = if other {
        "a handle of another kind"
    } else {
        "a handle of another type"
    };
    let mismatch = ErrorKind::Mismatch;
    assert_refused(what, mismatch, at.value(Value::<i8>::from_id(id)).get());
    assert_refused(what, mismatch, at.list(List::<i8>::from_id(id)).len());
    assert_refused(
        what,
        mismatch,
        at.list(List::<i8>::from_id(id)).iter().map(drop),
    );
    assert_refused(what, mismatch, at.map(Map::<i8, u64>::from_id(id)).get(&0));
    assert_refused(
        what,
        mismatch,
        at.map(Map::<i8, u64>::from_id(id)).iter().map(drop),
    );
    assert_refused(what, mismatch, state.key_count(Value::<i8>::from_id(id)));
    assert_refused(
        what,
        mismatch,
        state.keys(List::<i8>::from_id(id)).map(drop),
    );
}

/// A handle of other types than the state of its number, or of a number without a state, is
/// refused by every access: on the backend, on a view and by a bind.
pub fn handles_of_other_types_are_refused<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    let view = backend.freeze().unwrap();
    let nobody = state_api::StateId(4711);
    for id in [
        handles.counts.id(),
        handles.events.id(),
        handles.scores.id(),
        nobody,
    ] {
        refused_by_reads(&backend, id, false);
        refused_by_reads(&view, id, true);
        let mismatch = ErrorKind::Mismatch;
        let (value, list) = (Value::<i8>::from_id(id), List::<i8>::from_id(id));
        let map = Map::<i8, u64>::from_id(id);
        let mut at = backend.at_mut("a");
        assert_refused("a write to a value", mismatch, at.value(value).put(1));
        assert_refused(
            "an update of a value",
            mismatch,
            at.value(value).modify(1, |_| ()),
        );
        assert_refused("a write to a list", mismatch, at.list(list).push(1));
        assert_refused("a write to a map", mismatch, at.map(map).insert(1, 1));
        assert_refused("a read of a value", mismatch, at.value(value).get());
        assert_refused(
            "to bind a value",
            mismatch,
            backend.bind((value,)).map(drop),
        );
        assert_refused("to bind a list", mismatch, backend.bind((list,)).map(drop));
        assert_refused("to bind a map", mismatch, backend.bind((map,)).map(drop));
    }
    // The namespace type belongs to the handle.
    let namespaced = Value::<u64, u32>::from_id(handles.counts.id());
    let read = backend.at("a").in_namespace(&0).value(namespaced).get();
    assert_refused("a handle with a namespace", ErrorKind::Mismatch, read);
    compare(&backend, handles, &Model::default()).unwrap();
}

/// A state can be bound once at a time; naming it twice is refused, and different states are not.
pub fn a_state_is_bound_once<F: BackendFactory>(factory: &F) {
    use state_api::BoundStates as _;

    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let Handles {
        counts,
        events,
        scores,
        ..
    } = Handles::register(&mut backend).unwrap();
    let twice = backend.bind((counts, counts)).map(drop);
    assert_refused("to bind a value twice", ErrorKind::Invalid, twice);
    let twice = backend.bind((scores, events, scores)).map(drop);
    assert_refused("to bind a map twice", ErrorKind::Invalid, twice);
    let (mut bound, (scores_, counts_, events_)) = backend.bind((scores, counts, events)).unwrap();
    for key in ["a", "b", "a"] {
        let mut at = bound.at_mut(key);
        at.value(counts_).modify(0, |n| *n += 1).unwrap();
        at.list(events_).push(1).unwrap();
        at.map(scores_).modify(&-1, 0, |n| *n += 1).unwrap();
    }
    drop(bound);
    assert_eq!(*backend.at("a").value(counts).get().unwrap().unwrap(), 2);
    assert_eq!(backend.at("a").list(events).len().unwrap(), 2);
    assert_eq!(*backend.at("b").map(scores).get(&-1).unwrap().unwrap(), 1);
}

/// A state that is dropped and registered again is empty; also the one that was registered last,
/// whose place may be given to the next, and one of another kind under the same name.
pub fn a_name_can_be_used_again<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    for round in 0..3 {
        let map = backend
            .register(MapDescriptor::<u8, u64>::new("newest"))
            .unwrap();
        assert_eq!(
            backend.key_count(map).unwrap(),
            0,
            "a dropped map is back, round {round}"
        );
        assert!(
            backend.at("a").map(map).is_empty().unwrap(),
            "a dropped map is back"
        );
        backend.at_mut("a").map(map).insert(1, 1).unwrap();
        backend.drop_state("newest").unwrap();
        let list = backend
            .register(ListDescriptor::<u8>::new("newest"))
            .unwrap();
        assert_eq!(
            backend.key_count(list).unwrap(),
            0,
            "a dropped list is back, round {round}"
        );
        backend.at_mut("a").list(list).push(1).unwrap();
        assert_eq!(
            backend.at("a").list(list).len().unwrap(),
            1,
            "a dropped list is back"
        );
        if round > 0 {
            // A view keeps a table alive, where the engine has any.
            backend.freeze().unwrap();
        }
        backend.drop_state("newest").unwrap();
    }
    compare(&backend, handles, &Model::default()).unwrap();
}

/// Dropping a state removes its rows and nothing else; its handles are refused from then on, also
/// when another state is registered afterwards, and views of before keep it. To drop a state that
/// does not exist is refused.
pub fn dropped_states_are_gone<F: BackendFactory>(factory: &F) {
    let site = Site::new(factory);
    let mut backend = site.open::<String>();
    let handles = Handles::register(&mut backend).unwrap();
    let Handles {
        counts,
        events,
        scores,
        words,
        ..
    } = handles;
    let mut at = backend.at_mut("a");
    at.value(counts).put(1).unwrap();
    at.list(events).push(1).unwrap();
    at.map(scores).insert(1, 1).unwrap();
    let view = backend.freeze().unwrap();
    assert_refused(
        "an unknown state",
        ErrorKind::NotFound,
        backend.drop_state("nobody"),
    );
    for name in ["counts", "events", "words"] {
        backend.drop_state(name).unwrap();
        assert_refused(
            "a state dropped twice",
            ErrorKind::NotFound,
            backend.drop_state(name),
        );
    }
    let names = |states: Vec<state_api::StateMeta>| states.into_iter().map(|s| s.name).collect();
    let left: Vec<String> = names(backend.states());
    assert_same(
        "the states that are left",
        &["notes", "scores", "tags"].map(str::to_owned)[..],
        &left,
    );

    // Registered anew, a state is another one: empty, and not to be reached by the old handle.
    let again = backend
        .register(ListDescriptor::<u64>::new("events"))
        .unwrap();
    let other = backend
        .register(ValueDescriptor::<u64>::new("other"))
        .unwrap();
    assert!(
        backend.at("a").list(again).is_empty().unwrap(),
        "a dropped list is back"
    );
    assert_eq!(
        backend.key_count(again).unwrap(),
        0,
        "a dropped list is counted"
    );
    backend.at_mut("a").list(again).push(2).unwrap();
    backend.at_mut("a").value(other).put(2).unwrap();
    let mismatch = ErrorKind::Mismatch;
    let mut at = backend.at_mut("a");
    assert_refused("a dropped value", mismatch, at.value(counts).get());
    assert_refused("a dropped value", mismatch, at.value(counts).put(1));
    assert_refused("a dropped list", mismatch, at.list(events).push(1));
    assert_refused("a dropped list", mismatch, at.list(events).iter().map(drop));
    assert_refused("a dropped list", mismatch, backend.key_count(words));
    assert_refused(
        "a dropped list",
        mismatch,
        backend.bind((events,)).map(drop),
    );
    assert_eq!(*backend.at("a").map(scores).get(&1).unwrap().unwrap(), 1);
    let found = backend.at("a").list(again).iter().unwrap();
    assert_eq!(found.map(|e| *e.unwrap()).collect::<Vec<_>>(), [2]);

    // The view is of before.
    assert_eq!(*view.at("a").value(counts).get().unwrap().unwrap(), 1);
    assert_eq!(
        *view
            .at("a")
            .list(events)
            .iter()
            .unwrap()
            .next()
            .unwrap()
            .unwrap(),
        1
    );
    let kept: Vec<String> = names(view.states());
    assert_eq!(
        kept.len(),
        6,
        "a view lost a state that was dropped after it"
    );

    // Nothing of it is in a checkpoint either.
    let mut restored = site.open::<String>();
    Backup::take(&mut backend)
        .unwrap()
        .restore(&mut restored)
        .unwrap();
    assert_refused(
        "a dropped state, restored",
        ErrorKind::NotFound,
        restored.drop_state("counts"),
    );
    let events = restored
        .register(ListDescriptor::<u64>::new("events"))
        .unwrap();
    assert_eq!(restored.at("a").list(events).len().unwrap(), 1);
}
