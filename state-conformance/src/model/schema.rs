//! The states of the model: two of each kind, one of them with namespaces.

use std::collections::{BTreeMap, BTreeSet};

use state_api::{
    List, ListDescriptor, Map, MapDescriptor, Result, StateBackend, Value, ValueDescriptor,
};

use super::cell::Cells;
use super::pool::Text;
use crate::difference::Difference;

/// Names of the model's states.
pub(crate) const STATES: [&str; 6] = ["counts", "notes", "events", "words", "scores", "tags"];

/// Handles of the model's states.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "named as in the model")]
pub struct Handles {
    pub counts: Value<u64>,
    pub notes: Value<Text, u32>,
    pub events: List<u64>,
    pub words: List<Text, String>,
    pub scores: Map<i64, u64>,
    pub tags: Map<String, Text, u32>,
}

/// Handles as a tuple, to bind.
pub(super) type Tuple = (
    Value<u64>,
    Value<Text, u32>,
    List<u64>,
    List<Text, String>,
    Map<i64, u64>,
    Map<String, Text, u32>,
);

impl Handles {
    /// Registers all states.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn register<B: StateBackend>(backend: &mut B) -> Result<Self> {
        Ok(Self {
            counts: backend.register(ValueDescriptor::new("counts"))?,
            notes: backend.register(ValueDescriptor::new("notes").namespaced())?,
            events: backend.register(ListDescriptor::new("events"))?,
            words: backend.register(ListDescriptor::new("words").namespaced())?,
            scores: backend.register(MapDescriptor::new("scores"))?,
            tags: backend.register(MapDescriptor::new("tags").namespaced())?,
        })
    }

    /// Registers half of the states.
    pub(super) fn register_some<B: StateBackend>(backend: &mut B) -> Result<()> {
        backend.register(MapDescriptor::<String, Text>::new("tags").namespaced::<u32>())?;
        backend.register(ListDescriptor::<u64>::new("events"))?;
        backend.register(ValueDescriptor::<Text>::new("notes").namespaced::<u32>())?;
        Ok(())
    }

    pub(super) fn tuple(self) -> Tuple {
        let Self {
            counts,
            notes,
            events,
            words,
            scores,
            tags,
        } = self;
        (counts, notes, events, words, scores, tags)
    }
}

/// The reference model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// A value state.
    pub counts: Cells<(), Option<u64>>,
    /// A value state with namespaces.
    pub notes: Cells<u32, Option<Text>>,
    /// A list state.
    pub events: Cells<(), Vec<u64>>,
    /// A list state with namespaces.
    pub words: Cells<String, Vec<Text>>,
    /// A map state.
    pub scores: Cells<(), BTreeMap<i64, u64>>,
    /// A map state with namespaces.
    pub tags: Cells<u32, BTreeMap<String, Text>>,
}

impl Model {
    /// The keys under which any state has anything.
    pub fn keys(&self) -> BTreeSet<String> {
        let Self {
            counts,
            notes,
            events,
            words,
            scores,
            tags,
        } = self;
        let mut keys = BTreeSet::new();
        keys.extend(counts.keys().chain(notes.keys()).cloned());
        keys.extend(events.keys().chain(words.keys()).cloned());
        keys.extend(scores.keys().chain(tags.keys()).cloned());
        keys
    }

    /// Empties a state.
    pub(crate) fn drop_state(&mut self, name: &str) {
        match name {
            "counts" => self.counts = Cells::default(),
            "notes" => self.notes = Cells::default(),
            "events" => self.events = Cells::default(),
            "words" => self.words = Cells::default(),
            "scores" => self.scores = Cells::default(),
            _ => self.tags = Cells::default(),
        }
    }

    /// Writes the whole state of the model to an empty backend, on the shortest way and last key
    /// first: another history of the same state.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn write_to<B: StateBackend<Key = String>>(
        &self,
        backend: &mut B,
        handles: Handles,
    ) -> Result<(), Difference> {
        for ((key, namespace), tags) in self.tags.iter().rev() {
            for (name, tag) in tags.iter().rev() {
                let mut at = backend.at_mut(key.as_str());
                at.in_namespace(namespace)
                    .map(handles.tags)
                    .insert(name.clone(), tag.clone())?;
            }
        }
        for ((key, ()), scores) in self.scores.iter().rev() {
            for (name, score) in scores.iter().rev() {
                backend
                    .at_mut(key.as_str())
                    .map(handles.scores)
                    .insert(*name, *score)?;
            }
        }
        for ((key, namespace), words) in self.words.iter().rev() {
            let mut at = backend.at_mut(key.as_str());
            at.in_namespace(namespace)
                .list(handles.words)
                .extend(words.iter().cloned())?;
        }
        for ((key, ()), events) in self.events.iter().rev() {
            let mut at = backend.at_mut(key.as_str());
            for event in events {
                at.list(handles.events).push(*event)?;
            }
        }
        for ((key, namespace), note) in self.notes.iter().rev() {
            let mut at = backend.at_mut(key.as_str());
            at.in_namespace(namespace)
                .value(handles.notes)
                .update(|cell| cell.clone_from(note))?;
        }
        for ((key, ()), count) in self.counts.iter().rev() {
            if let Some(count) = count {
                backend
                    .at_mut(key.as_str())
                    .value(handles.counts)
                    .put(*count)?;
            }
        }
        Ok(())
    }
}
