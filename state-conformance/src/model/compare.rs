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
use super::perform::entries;
use super::pool::{Key, Text};
use super::schema::{Handles, Model};
use super::spec::{Outcome, Walk};
use super::strategy::{NAMES, NUMBERS};
use crate::difference::Difference;

type Checked = Result<(), Difference>;
type At<'r, 'k, R, N> = ReadAt<'r, 'k, R, str, N>;

fn len(cell: usize) -> u64 {
    u64::try_from(cell).unwrap_or(u64::MAX)
}

fn value<R, V, N>(at: &At<'_, '_, R, N>, handle: Value<V, N>, cell: Option<&V>) -> Checked
where
    R: StateRead<Key = String>,
    V: StateValue + PartialEq + Debug,
    N: StateKey,
{
    let found = at.value(handle).get()?;
    Difference::between("value", &cell, &found.as_deref())
}

fn list<R, T, N>(at: &At<'_, '_, R, N>, handle: List<T, N>, cell: &Vec<T>) -> Checked
where
    R: StateRead<Key = String>,
    T: StateValue + PartialEq + Debug,
    N: StateKey,
{
    let found = at
        .list(handle)
        .iter()?
        .map(|element| element.map(Ref::into_owned));
    Difference::between("elements", cell, &found.collect::<StateResult<Vec<_>>>()?)?;
    Difference::between("len", &len(cell.len()), &at.list(handle).len()?)?;
    Difference::between("is_empty", &cell.is_empty(), &at.list(handle).is_empty()?)
}

fn map<R, UK, UV, N>(
    at: &At<'_, '_, R, N>,
    handle: Map<UK, UV, N>,
    cell: &BTreeMap<UK, UV>,
) -> Checked
where
    R: StateRead<Key = String>,
    UK: StateKey + Debug,
    UV: StateValue + PartialEq + Debug,
    N: StateKey,
{
    let all: Vec<_> = cell.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    for walk in [Walk::Forward, Walk::Backward, Walk::Inward] {
        let found = entries(walk, at.map(handle).iter()?)?;
        Difference::between(format_args!("entries, {walk:?}"), &all, &found)?;
    }
    Difference::between("len", &len(cell.len()), &at.map(handle).len()?)?;
    Difference::between("is_empty", &cell.is_empty(), &at.map(handle).is_empty()?)?;
    let end = |found: Option<(Ref<'_, UK>, Ref<'_, UV>)>| {
        found.map(|(k, v)| (k.into_owned(), v.into_owned()))
    };
    Difference::between(
        "first",
        &all.first().cloned(),
        &end(at.map(handle).first()?),
    )?;
    Difference::between("last", &all.last().cloned(), &end(at.map(handle).last()?))?;
    for (map_key, value) in &all {
        let found = at.map(handle).get(map_key)?.map(Ref::into_owned);
        Difference::between(
            format_args!("get {map_key:?}"),
            &Some(value.clone()),
            &found,
        )?;
        let found = at.map(handle).contains(map_key)?;
        Difference::between(format_args!("contains {map_key:?}"), &true, &found)?;
    }
    Ok(())
}

/// The keys and namespaces of a state: each pair once, and as many as counted.
fn keys<R, H, C>(state: &R, handle: H, cells: &Cells<H::Namespace, C>) -> Checked
where
    R: StateRead<Key = String>,
    H: ReadableHandle,
    H::Namespace: Debug,
    C: Cell,
{
    let groups = state.key_groups();
    let mut expected = Vec::new();
    for ((key, namespace), _) in cells.iter() {
        if groups.owns(KeyHash::of(key.as_str())?) {
            expected.push((key.clone(), namespace.clone()));
        }
    }
    let found = state
        .keys(handle)?
        .map(|pair| pair.map(|(key, namespace)| (key.into_owned(), namespace.into_owned())));
    let mut found = found.collect::<StateResult<Vec<_>>>()?;
    found.sort();
    Difference::between("keys", &expected, &found)?;
    Difference::between("key_count", &len(expected.len()), &state.key_count(handle)?)
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
        Data::Counts(..) => value(&unit, handles.counts, model.counts.get(key, &()).as_ref()),
        Data::Events(..) => list(&unit, handles.events, &model.events.get(key, &())),
        Data::Scores(..) => map(&unit, handles.scores, &model.scores.get(key, &())),
        Data::Notes(_, ns, _) => value(
            &at.in_namespace(ns),
            handles.notes,
            model.notes.get(key, ns).as_ref(),
        ),
        Data::Words(_, ns, _) => list(
            &at.in_namespace(ns),
            handles.words,
            &model.words.get(key, ns),
        ),
        Data::Tags(_, ns, _) => map(&at.in_namespace(ns), handles.tags, &model.tags.get(key, ns)),
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
        let counts = model.counts.get(&text, &());
        value(&unit, handles.counts, counts.as_ref()).map_err(in_("counts"))?;
        let events = model.events.get(&text, &());
        list(&unit, handles.events, &events).map_err(in_("events"))?;
        let scores = model.scores.get(&text, &());
        map(&unit, handles.scores, &scores).map_err(in_("scores"))?;
        for ns in &NUMBERS {
            let at = at.in_namespace(ns);
            let notes = model.notes.get(&text, ns);
            value(&at, handles.notes, notes.as_ref()).map_err(in_("notes"))?;
            map(&at, handles.tags, &model.tags.get(&text, ns)).map_err(in_("tags"))?;
        }
        for ns in NAMES.map(str::to_owned) {
            let words = model.words.get(&text, &ns);
            list(&at.in_namespace(&ns), handles.words, &words).map_err(in_("words"))?;
        }
    }
    let of = |name: &'static str| move |difference: Difference| difference.while_doing(name);
    keys(state, handles.counts, &model.counts).map_err(of("counts"))?;
    keys(state, handles.notes, &model.notes).map_err(of("notes"))?;
    keys(state, handles.events, &model.events).map_err(of("events"))?;
    keys(state, handles.words, &model.words).map_err(of("words"))?;
    keys(state, handles.scores, &model.scores).map_err(of("scores"))?;
    keys(state, handles.tags, &model.tags).map_err(of("tags"))
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
        let outcomes: [StateResult<Outcome<u64>>; 4] = [
            at.value(handles.counts).get().map(|_| Outcome::Done),
            at.list(handles.events).len().map(Outcome::Count),
            at.map(handles.scores).contains(&0).map(Outcome::Is),
            at.in_namespace(&0)
                .value(handles.notes)
                .get()
                .map(|_| Outcome::Done),
        ];
        for found in outcomes {
            let found = found.map_err(|error| error.kind());
            let expected = Err(ErrorKind::OutOfRange);
            let what = format!("a read of {key:?} on the owner of {}", groups.range());
            Difference::between(what, &expected, &found)?;
        }
    }
    Ok(())
}
