//! What the fixture holds: plain values, and how they are read from a backend.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use state_backends::{
    KeyGroups, KeyHash, List, ListDescriptor, Map, MapDescriptor, Ref, Result, StateBackend, Value,
    ValueDescriptor,
};

pub(crate) const MAX_PARALLELISM: u16 = 8;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Standing {
    New,
    Known { since: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) age: Option<u8>,
    pub(crate) standing: Standing,
}

/// States of all kinds, with and without namespaces, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) profiles: BTreeMap<String, Profile>,
    pub(crate) notes: BTreeMap<String, BTreeMap<u32, String>>,
    pub(crate) events: BTreeMap<String, Vec<i64>>,
    pub(crate) words: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub(crate) scores: BTreeMap<String, BTreeMap<i64, f64Bits>>,
    pub(crate) tags: BTreeMap<String, BTreeMap<u32, BTreeMap<String, String>>>,
}

/// Bits of a float, so that they can be compared.
#[allow(non_camel_case_types, reason = "reads as the type that it is")]
pub(crate) type f64Bits = u64;

#[derive(Clone, Copy)]
pub(crate) struct Handles {
    pub(crate) counts: Value<u64>,
    pub(crate) profiles: Value<Profile>,
    pub(crate) notes: Value<String, u32>,
    pub(crate) events: List<i64>,
    pub(crate) words: List<String, String>,
    pub(crate) scores: Map<i64, f64>,
    pub(crate) tags: Map<String, String, u32>,
}

impl Handles {
    pub(crate) fn register<B: StateBackend>(backend: &mut B) -> Result<Self> {
        Ok(Self {
            counts: backend.register(ValueDescriptor::new("counts"))?,
            profiles: backend.register(ValueDescriptor::new("profiles"))?,
            notes: backend.register(ValueDescriptor::new("notes").namespaced())?,
            events: backend.register(ListDescriptor::new("events"))?,
            words: backend.register(ListDescriptor::new("words").namespaced())?,
            scores: backend.register(MapDescriptor::new("scores"))?,
            tags: backend.register(MapDescriptor::new("tags").namespaced())?,
        })
    }
}

/// Whether a worker of `groups` holds `key`.
pub(crate) fn owns(groups: KeyGroups, key: &str) -> bool {
    groups.owns(KeyHash::of(key).unwrap())
}

/// Adds all that `backend` holds.
pub(crate) fn read<B: StateBackend<Key = String>>(
    backend: &B,
    handles: Handles,
    content: &mut Content,
) -> Result<()> {
    for pair in backend.keys(handles.counts)? {
        let key = pair?.0.into_owned();
        let count = *backend.at(&key).value(handles.counts).get()?.unwrap();
        content.counts.insert(key, count);
    }
    for pair in backend.keys(handles.profiles)? {
        let key = pair?.0.into_owned();
        let profile = backend.at(&key).value(handles.profiles).get()?.unwrap();
        content.profiles.insert(key.clone(), profile.into_owned());
    }
    for pair in backend.keys(handles.notes)? {
        let (key, ns) = pair.map(|(key, ns)| (key.into_owned(), *ns))?;
        let at = backend.at(&key).in_namespace(&ns);
        let note = at.value(handles.notes).get()?.unwrap().into_owned();
        content
            .notes
            .entry(key.clone())
            .or_default()
            .insert(ns, note);
    }
    for pair in backend.keys(handles.events)? {
        let key = pair?.0.into_owned();
        let at = backend.at(&key);
        let events = at
            .list(handles.events)
            .iter()?
            .map(|event| event.map(|e| *e));
        let events = events.collect::<Result<_>>()?;
        content.events.insert(key.clone(), events);
    }
    for pair in backend.keys(handles.words)? {
        let (key, ns) = pair.map(|(key, ns)| (key.into_owned(), ns.into_owned()))?;
        let at = backend.at(&key).in_namespace(&ns);
        let words = at.list(handles.words).iter()?;
        let words = words.map(|word| word.map(Ref::into_owned));
        let words = words.collect::<Result<_>>()?;
        let spaces = content.words.entry(key.clone()).or_default();
        spaces.insert(ns.clone(), words);
    }
    for pair in backend.keys(handles.scores)? {
        let key = pair?.0.into_owned();
        let at = backend.at(&key);
        let scores = at.map(handles.scores).iter()?;
        let scores = scores.map(|entry| entry.map(|(k, score)| (*k, score.to_bits())));
        let scores = scores.collect::<Result<_>>()?;
        content.scores.insert(key.clone(), scores);
    }
    for pair in backend.keys(handles.tags)? {
        let (key, ns) = pair.map(|(key, ns)| (key.into_owned(), *ns))?;
        let at = backend.at(&key).in_namespace(&ns);
        let tags = at.map(handles.tags).iter()?;
        let tags = tags.map(|entry| entry.map(|(k, tag)| (k.into_owned(), tag.into_owned())));
        let tags = tags.collect::<Result<_>>()?;
        let spaces = content.tags.entry(key.clone()).or_default();
        spaces.insert(ns, tags);
    }
    Ok(())
}
