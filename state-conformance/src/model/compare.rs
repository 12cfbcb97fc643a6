//! Every read of a backend or view, compared with the model.

use std::collections::BTreeMap;
use std::fmt::Debug;

use state_api::read::{ReadAt, ReadableHandle};
use state_api::{
    ErrorKind, KeyHash, List, Map, Ref, Result as StateResult, StateKey, StateRead, StateValue,
    Value,
};

use super::cell::{Cell, Cells};
use super::history::Data;
use super::pool::{Key, Text};
use super::program::{self, Literal, Place};
use super::schema::{Handles, Model};
use super::spec::Walk;
use super::strategy::{NAMES, NUMBERS};
use crate::difference::Difference;
use crate::replay::{self, elements, entries};

type Checked = Result<(), Difference>;
type At<'r, 'k, R, N> = ReadAt<'r, 'k, R, str, N>;

fn len(cell: usize) -> u64 {
    u64::try_from(cell).unwrap_or(u64::MAX)
}

fn value<R, V, N>(
    at: &At<'_, '_, R, N>,
    place: Place<'_>,
    handle: Value<V, N>,
    cell: Option<&V>,
) -> Checked
where
    R: StateRead<Key = String>,
    V: StateValue + PartialEq + Debug + Literal,
    N: StateKey,
{
    let found = at.value(handle).get();
    let found = found.map(|found| found.map(Ref::into_owned));
    place.agrees("value", program::value, &cell.cloned(), found)
}

fn list<R, T, N>(
    at: &At<'_, '_, R, N>,
    place: Place<'_>,
    handle: List<T, N>,
    cell: &Vec<T>,
) -> Checked
where
    R: StateRead<Key = String>,
    T: StateValue + PartialEq + Debug + Literal,
    N: StateKey,
{
    let found = at.list(handle).iter().and_then(elements);
    place.agrees("elements", program::elements, cell, found)?;
    let found = at.list(handle).len();
    place.agrees("len", call("len"), &len(cell.len()), found)?;
    let found = at.list(handle).is_empty();
    place.agrees("is_empty", call("is_empty"), &cell.is_empty(), found)
}

/// A call without arguments.
fn call(method: &str) -> impl FnOnce(&str) -> String {
    move |at| format!("{at}.{method}()?")
}

fn map<R, UK, UV, N>(
    at: &At<'_, '_, R, N>,
    place: Place<'_>,
    handle: Map<UK, UV, N>,
    cell: &BTreeMap<UK, UV>,
) -> Checked
where
    R: StateRead<Key = String>,
    UK: StateKey + Debug + Literal,
    UV: StateValue + PartialEq + Debug + Literal,
    N: StateKey,
{
    let all: Vec<_> = cell.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    for walk in [Walk::Forward, Walk::Backward, Walk::Inward] {
        let found = at.map(handle).iter().and_then(|iter| entries(walk, iter));
        let what = format_args!("entries, {walk:?}");
        place.agrees(what, |at| program::entries(at, walk), &all, found)?;
    }
    let found = at.map(handle).len();
    place.agrees("len", call("len"), &len(cell.len()), found)?;
    let found = at.map(handle).is_empty();
    place.agrees("is_empty", call("is_empty"), &cell.is_empty(), found)?;
    let owned = |found: Option<(Ref<'_, UK>, Ref<'_, UV>)>| {
        found.map(|(k, v)| (k.into_owned(), v.into_owned()))
    };
    let found = at.map(handle).first().map(owned);
    let end = |end| move |at: &str| program::end(at, end);
    place.agrees("first", end("first"), &all.first().cloned(), found)?;
    let found = at.map(handle).last().map(owned);
    place.agrees("last", end("last"), &all.last().cloned(), found)?;
    for (map_key, value) in &all {
        let found = at.map(handle).get(map_key);
        let found = found.map(|found| found.map(Ref::into_owned));
        let what = format_args!("get {map_key:?}");
        let one = |at: &str| program::entry(at, &map_key.literal());
        place.agrees(what, one, &Some(value.clone()), found)?;
        let found = at.map(handle).contains(map_key);
        let what = format_args!("contains {map_key:?}");
        let one = |at: &str| format!("{at}.contains(&{})?", map_key.literal());
        place.agrees(what, one, &true, found)?;
    }
    Ok(())
}

/// The keys and namespaces of a state: each pair once, and as many as counted.
fn keys<R, H, C>(state: &R, handle: H, name: &str, cells: &Cells<H::Namespace, C>) -> Checked
where
    R: StateRead<Key = String>,
    H: ReadableHandle,
    H::Namespace: Debug + Literal,
    C: Cell,
{
    let groups = state.key_groups();
    let mut expected = Vec::new();
    for ((key, namespace), _) in cells.iter() {
        if groups.owns(KeyHash::of(key.as_str())?) {
            expected.push((key.clone(), namespace.clone()));
        }
    }
    let found = state.keys(handle).and_then(replay::keys);
    let agrees = found
        .map_err(Difference::from)
        .and_then(|found| Difference::between("keys", &expected, &found));
    agrees.map_err(|difference| difference.seen_by(program::keys(name, &expected)))?;
    let expected = len(expected.len());
    let found = state.key_count(handle);
    let agrees = found
        .map_err(Difference::from)
        .and_then(|found| Difference::between("key_count", &expected, &found));
    agrees.map_err(|difference| difference.seen_by(program::key_count(name, expected)))
}

/// Compares the reads that an operation touches.
pub(super) fn touched<R: StateRead<Key = String>>(
    state: &R,
    handles: Handles,
    model: &Model,
    data: &Data,
) -> Checked {
    let text = data.key().text();
    let key = text.as_str();
    let at = state.at(key);
    let unit = at.in_namespace(&());
    let outcome = match data {
        Data::Counts(..) => {
            let place = Place::new("value", "counts", key);
            value(
                &unit,
                place,
                handles.counts,
                model.counts.get(key, &()).as_ref(),
            )
        }
        Data::Events(..) => {
            let place = Place::new("list", "events", key);
            list(&unit, place, handles.events, &model.events.get(key, &()))
        }
        Data::Scores(..) => {
            let place = Place::new("map", "scores", key);
            map(&unit, place, handles.scores, &model.scores.get(key, &()))
        }
        Data::Notes(_, ns, _) => {
            let place = Place::new("value", "notes", key).within(ns);
            let cell = model.notes.get(key, ns);
            value(&at.in_namespace(ns), place, handles.notes, cell.as_ref())
        }
        Data::Words(_, ns, _) => {
            let place = Place::new("list", "words", key).within(ns);
            let cell = model.words.get(key, ns);
            list(&at.in_namespace(ns), place, handles.words, &cell)
        }
        Data::Tags(_, ns, _) => {
            let place = Place::new("map", "tags", key).within(ns);
            let cell = model.tags.get(key, ns);
            map(&at.in_namespace(ns), place, handles.tags, &cell)
        }
    };
    outcome.map_err(|difference| difference.while_doing("a read of what was just touched"))
}

/// Compares every read of a backend or view with the model: all keys that it owns, in all states
/// and namespaces, present or not.
///
/// # Errors
/// The first difference.
pub fn compare<R: StateRead<Key = String>>(state: &R, handles: Handles, model: &Model) -> Checked {
    let groups = state.key_groups();
    // The long key is slow. Where it has nothing, the list of keys below tells if it has something.
    let mut texts = model.keys();
    texts.extend(Key::short().map(Key::text));
    for text in texts {
        if !groups.owns(KeyHash::of(text.as_str())?) {
            continue;
        }
        let in_ = |name: &'static str| {
            let key = Text(text.clone());
            move |difference: Difference| difference.while_doing(format_args!("{name} of {key:?}"))
        };
        let at = state.at(text.as_str());
        let unit = at.in_namespace(&());
        let place = Place::new("value", "counts", &text);
        let cell = model.counts.get(&text, &());
        value(&unit, place, handles.counts, cell.as_ref()).map_err(in_("counts"))?;
        let place = Place::new("list", "events", &text);
        let cell = model.events.get(&text, &());
        list(&unit, place, handles.events, &cell).map_err(in_("events"))?;
        let place = Place::new("map", "scores", &text);
        let cell = model.scores.get(&text, &());
        map(&unit, place, handles.scores, &cell).map_err(in_("scores"))?;
        for ns in &NUMBERS {
            let at = at.in_namespace(ns);
            let place = Place::new("value", "notes", &text).within(ns);
            let cell = model.notes.get(&text, ns);
            value(&at, place, handles.notes, cell.as_ref()).map_err(in_("notes"))?;
            let place = Place::new("map", "tags", &text).within(ns);
            let cell = model.tags.get(&text, ns);
            map(&at, place, handles.tags, &cell).map_err(in_("tags"))?;
        }
        for ns in NAMES.map(str::to_owned) {
            let at = at.in_namespace(&ns);
            let place = Place::new("list", "words", &text).within(&ns);
            let cell = model.words.get(&text, &ns);
            list(&at, place, handles.words, &cell).map_err(in_("words"))?;
        }
    }
    let of = |name: &'static str| move |difference: Difference| difference.while_doing(name);
    keys(state, handles.counts, "counts", &model.counts).map_err(of("counts"))?;
    keys(state, handles.notes, "notes", &model.notes).map_err(of("notes"))?;
    keys(state, handles.events, "events", &model.events).map_err(of("events"))?;
    keys(state, handles.words, "words", &model.words).map_err(of("words"))?;
    keys(state, handles.scores, "scores", &model.scores).map_err(of("scores"))?;
    keys(state, handles.tags, "tags", &model.tags).map_err(of("tags"))
}

/// Checks that every key which `state` does not own is refused.
pub(crate) fn refuses_foreign_keys<R: StateRead<Key = String>>(
    state: &R,
    handles: Handles,
) -> Checked {
    let groups = state.key_groups();
    for key in Key::all() {
        let text = key.text();
        if groups.owns(KeyHash::of(text.as_str())?) {
            continue;
        }
        let at = state.at(text.as_str());
        let place = |kind, name| Place::new(kind, name, &text);
        let refusals: [(_, _, StateResult<()>); 4] = [
            (
                place("value", "counts"),
                "get()",
                at.value(handles.counts).get().map(drop),
            ),
            (
                place("list", "events"),
                "len()",
                at.list(handles.events).len().map(drop),
            ),
            (
                place("map", "scores"),
                "contains(&0)",
                at.map(handles.scores).contains(&0).map(drop),
            ),
            (
                place("value", "notes").within(&0_u32),
                "get()",
                at.in_namespace(&0).value(handles.notes).get().map(drop),
            ),
        ];
        for (place, read, found) in refusals {
            let found = found.map_err(|error| error.kind());
            let expected = ErrorKind::OutOfRange;
            let what = format!("a read of {key:?} on the owner of {}", groups.range());
            Difference::between(what, &Err(expected), &found)
                .map_err(|difference| difference.seen_by(place.is_refused(read, expected)))?;
        }
    }
    Ok(())
}
