//! Typed states over rows that may be anything, read as far as they can be.

use std::collections::BTreeMap;

use state_api::{
    Error, ErrorKind, List, ListDescriptor, Map, MapDescriptor, Result, StateBackend, StateKind,
    StateMeta, StateRead, Value, ValueDescriptor,
};

use crate::craft::state;
use crate::refused::refused;

/// Keys that seeds use.
pub(crate) const KEYS: [&str; 4] = ["", "a", "b", "\u{1}x"];

/// The states, ascending by name.
pub(crate) fn metas() -> Vec<StateMeta> {
    vec![
        state("list", StateKind::List, "alloc::string::String"),
        state("map", StateKind::Map, "u32"),
        state("value", StateKind::Value, "u64"),
    ]
}

/// Handles of the states.
#[derive(Clone, Copy)]
pub(crate) struct Handles {
    list: List<String>,
    map: Map<String, u32>,
    value: Value<u64>,
}

impl Handles {
    pub(crate) fn register<B: StateBackend>(backend: &mut B) -> Result<Self> {
        Ok(Self {
            list: backend.register(ListDescriptor::new("list"))?,
            map: backend.register(MapDescriptor::new("map"))?,
            value: backend.register(ValueDescriptor::new("value"))?,
        })
    }
}

/// What there is under a key.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Content {
    list: Vec<String>,
    map: BTreeMap<String, u32>,
    value: Option<u64>,
}

/// All that [`KEYS`] have.
///
/// # Errors
/// The first damage.
pub(crate) fn read<S: StateRead<Key = String>>(
    state: &S,
    handles: Handles,
) -> Result<Vec<Content>> {
    KEYS.iter()
        .map(|key| {
            let mut content = Content::default();
            let at = state.at(*key);
            for element in at.list(handles.list).iter()? {
                content.list.push(element?.clone());
            }
            for entry in at.map(handles.map).iter()? {
                let (key, value) = entry?;
                content.map.insert(key.clone(), *value);
            }
            content.value = at.value(handles.value).get()?.map(|value| *value);
            Ok(content)
        })
        .collect()
}

/// Checks an error of rows that are damaged.
#[track_caller]
pub(crate) fn damaged(error: &Error) {
    refused(error, &[ErrorKind::Corrupt, ErrorKind::Unsupported], &[]);
}

impl Handles {
    /// Writes to each state of `key`.
    ///
    /// # Errors
    /// What the backend meets.
    pub(crate) fn write<B>(self, backend: &mut B, key: &str) -> Result<()>
    where
        B: StateBackend + StateRead<Key = String>,
    {
        let mut at = backend.at_mut(key);
        at.list(self.list).push("pushed".to_owned())?;
        at.map(self.map).insert("inserted".to_owned(), 1)?;
        at.value(self.value).modify(0, |count| *count ^= 1)
    }
}
