//! The same operations, on a backend.

use std::fmt::Debug;
use std::mem::replace;

use state_api::write::{ListMut, MapMut, ValueMut};
use state_api::{BoundStates as _, Ref, Result, StateBackend, StateKey, StateValue};

use super::history::{Data, Via};
use super::schema::{Handles, Model};
use super::spec::{ListOp, MapOp, Outcome, ValueOp};
use crate::difference::Difference;
use crate::replay::{elements, entries};

impl<V: StateValue> ValueOp<V> {
    /// Performs the operation on a backend.
    pub(super) fn perform<'t, B, N>(
        &self,
        mut at: ValueMut<'_, 't, B, str, V, N>,
    ) -> Result<Outcome<V>>
    where
        B: StateBackend<Key = String> + 't,
        N: StateKey,
    {
        Ok(match self {
            Self::Get => Outcome::Value(at.get()?.map(Ref::into_owned)),
            Self::Put(value) => {
                at.put(value.clone())?;
                Outcome::Done
            }
            Self::Take => Outcome::Value(at.take()?),
            Self::Clear => {
                at.clear()?;
                Outcome::Done
            }
            Self::Modify { init, then } => {
                let found = at.modify(init.clone(), |value| replace(value, then.clone()))?;
                Outcome::Value(Some(found))
            }
            Self::Update(then) => Outcome::Value(at.update(|value| replace(value, then.clone()))?),
        })
    }
}

impl<T: StateValue> ListOp<T> {
    /// Performs the operation on a backend.
    pub(super) fn perform<'t, B, N>(
        &self,
        mut at: ListMut<'_, 't, B, str, T, N>,
    ) -> Result<Outcome<T>>
    where
        B: StateBackend<Key = String> + 't,
        N: StateKey,
    {
        match self {
            Self::Iter => return Ok(Outcome::Elements(elements(at.iter()?)?)),
            Self::Len => return Ok(Outcome::Count(at.len()?)),
            Self::IsEmpty => return Ok(Outcome::Is(at.is_empty()?)),
            Self::Push(element) => at.push(element.clone())?,
            Self::Extend(elements) => at.extend(elements.iter().cloned())?,
            Self::Replace(elements) => at.replace(elements.iter().cloned())?,
            Self::Clear => at.clear()?,
        }
        Ok(Outcome::Done)
    }
}

fn owned<UK: Clone, UV: Clone>((map_key, value): (Ref<'_, UK>, Ref<'_, UV>)) -> (UK, UV) {
    (map_key.into_owned(), value.into_owned())
}

impl<UK: StateKey, UV: StateValue> MapOp<UK, UV> {
    /// Performs the operation on a backend.
    pub(super) fn perform<'t, B, N>(
        &self,
        mut at: MapMut<'_, 't, B, str, UK, UV, N>,
    ) -> Result<Outcome<UV, UK>>
    where
        B: StateBackend<Key = String> + 't,
        N: StateKey,
    {
        Ok(match self {
            Self::Get(map_key) => Outcome::Value(at.get(map_key)?.map(Ref::into_owned)),
            Self::Contains(map_key) => Outcome::Is(at.contains(map_key)?),
            Self::Len => Outcome::Count(at.len()?),
            Self::IsEmpty => Outcome::Is(at.is_empty()?),
            Self::Iter(walk) => Outcome::Entries(entries(*walk, at.iter()?)?),
            Self::Range(from, to, walk) => {
                let range = at.range::<UK>((from.as_ref(), to.as_ref()))?;
                Outcome::Entries(entries(*walk, range)?)
            }
            Self::First => Outcome::Entries(at.first()?.map(owned).into_iter().collect()),
            Self::Last => Outcome::Entries(at.last()?.map(owned).into_iter().collect()),
            Self::Insert(map_key, value) => {
                at.insert(map_key.clone(), value.clone())?;
                Outcome::Done
            }
            Self::Remove(map_key) => {
                at.remove(map_key)?;
                Outcome::Done
            }
            Self::Take(map_key) => Outcome::Value(at.take(map_key)?),
            Self::Clear => {
                at.clear()?;
                Outcome::Done
            }
            Self::Modify {
                map_key,
                init,
                then,
            } => {
                let replaced =
                    at.modify(map_key, init.clone(), |value| replace(value, then.clone()))?;
                Outcome::Value(Some(replaced))
            }
            Self::Update(map_key, then) => {
                Outcome::Value(at.update(map_key, |value| replace(value, then.clone()))?)
            }
        })
    }
}

/// Performs an operation on `$states` (a backend, or bound states) and on the model.
macro_rules! perform {
    ($data:ident, $states:ident, $model:ident, $handles:expr) => {{
        let (counts, notes, events, words, scores, tags) = $handles;
        match $data {
            Data::Counts(key, op) => {
                let found = op.perform($states.at_mut(key.text().as_str()).value(counts))?;
                let expected = $model
                    .counts
                    .edit(&key.text(), &(), |cell| op.expected(cell));
                differ($data, &expected, &found)
            }
            Data::Notes(key, namespace, op) => {
                let key = key.text();
                let mut at = $states.at_mut(key.as_str());
                let found = op.perform(at.in_namespace(namespace).value(notes))?;
                let expected = $model.notes.edit(&key, namespace, |cell| op.expected(cell));
                differ($data, &expected, &found)
            }
            Data::Events(key, op) => {
                let found = op.perform($states.at_mut(key.text().as_str()).list(events))?;
                let expected = $model
                    .events
                    .edit(&key.text(), &(), |cell| op.expected(cell));
                differ($data, &expected, &found)
            }
            Data::Words(key, namespace, op) => {
                let key = key.text();
                let mut at = $states.at_mut(key.as_str());
                let found = op.perform(at.in_namespace(namespace).list(words))?;
                let expected = $model.words.edit(&key, namespace, |cell| op.expected(cell));
                differ($data, &expected, &found)
            }
            Data::Scores(key, op) => {
                let found = op.perform($states.at_mut(key.text().as_str()).map(scores))?;
                let expected = $model
                    .scores
                    .edit(&key.text(), &(), |cell| op.expected(cell));
                differ($data, &expected, &found)
            }
            Data::Tags(key, namespace, op) => {
                let key = key.text();
                let mut at = $states.at_mut(key.as_str());
                let found = op.perform(at.in_namespace(namespace).map(tags))?;
                let expected = $model.tags.edit(&key, namespace, |cell| op.expected(cell));
                differ($data, &expected, &found)
            }
        }
    }};
}

fn differ<T: PartialEq + Debug>(data: &Data, expected: &T, found: &T) -> Result<(), Difference> {
    Difference::between(format_args!("the answer to {data:?}"), expected, found)
}

/// Performs an operation on a backend and on the model, and compares the answers.
pub(crate) fn apply<B: StateBackend<Key = String>>(
    data: &Data,
    via: Via,
    backend: &mut B,
    handles: Handles,
    model: &mut Model,
) -> Result<(), Difference> {
    match via {
        Via::Cursor => perform!(data, backend, model, handles.tuple()),
        Via::Bound => {
            let (mut bound, handles) = backend.bind(handles.tuple())?;
            perform!(data, bound, model, handles)
        }
    }
}
