//! Map state from whole numbers to others, by number.

use state_api::{BoundStates as _, Map, MapDescriptor, StateBackend};

use crate::bare::Maps;
use crate::error::Result;
use crate::inputs::{ENTRIES, Inputs, double, index, mix};
use crate::probe::{Probe, each};
use crate::side::{Course, State};
use crate::subject::{Intervals, Opened};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads an entry.
    Get,
    /// Sets an entry that is there.
    Update,
    /// Sets an entry that is there, of one map of as many entries as there are keys.
    UpdateLarge,
    /// Asks for an entry that is there in half of the cases.
    Contains,
    /// Asks whether there is none.
    IsEmpty,
    /// Reads all entries.
    Iterate,
    /// Sets all entries.
    PutAll,
    /// Sets an entry of a key that has none.
    Add,
}

impl Operation {
    /// How it treats its state.
    pub fn course(self) -> Course {
        let adds = self == Self::Add;
        Course { fresh: adds, adds }
    }

    /// The key whose entries the set-up makes of a key.
    fn owner(self, key: u64) -> u64 {
        if self == Self::UpdateLarge { 0 } else { key }
    }

    /// The entries that it makes.
    fn initial(self, inputs: &Inputs, key: u64) -> impl Iterator<Item = (i64, f64)> {
        let len = match self {
            Self::Add | Self::UpdateLarge => 1,
            _ => ENTRIES,
        };
        let entries = inputs.entries().iter().take(len);
        entries.enumerate().map(move |(j, entry)| {
            let i = key * index(ENTRIES) + index(j);
            let entry = match self {
                Self::UpdateLarge => key.cast_signed(),
                _ => *entry,
            };
            (entry, double(mix(3, i)))
        })
    }
}

/// The entries that are set at once.
fn all(inputs: &Inputs) -> [(i64, f64); ENTRIES] {
    let (entries, words) = (inputs.entries(), inputs.words());
    std::array::from_fn(|j| (entries.get(j).map_or(0, |entry| *entry), words.double(j)))
}

#[inline]
fn entry_sum(entry: i64, value: f64) -> u64 {
    entry.cast_unsigned().wrapping_add(value.to_bits())
}

/// Ours.
#[derive(Debug)]
pub struct Ours<B> {
    opened: Opened<B>,
    map: Map<i64, f64>,
}

impl<B: StateBackend<Key = u64>> Ours<B> {
    /// A state in an empty backend.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn new(mut opened: Opened<B>) -> Result<Self> {
        let map = opened.state.register(MapDescriptor::new("map"))?;
        Ok(Self { opened, map })
    }
}

impl<B: StateBackend<Key = u64>> State for Ours<B> {
    type Operation = Operation;

    fn set_up(&mut self, operation: Operation, inputs: &Inputs) -> Result<()> {
        let (mut bound, (map,)) = self.opened.state.bind((self.map,))?;
        for key in 0..inputs.keys() {
            let owner = operation.owner(key);
            let mut at = bound.at_mut(&owner);
            let mut map = at.map(map);
            for (entry, value) in operation.initial(inputs, key) {
                map.insert(entry, value)?;
            }
        }
        Ok(())
    }

    fn run<P: Probe>(
        &mut self,
        operation: Operation,
        inputs: &Inputs,
        probe: &mut P,
    ) -> Result<u64> {
        let (mut bound, (map,)) = self.opened.state.bind((self.map,))?;
        let (keys, words, entries) = (inputs.existing(), inputs.words(), inputs.entries());
        let entry = |i: usize| entries.get(i % ENTRIES).map_or(0, |entry| *entry);
        let sum: Result<u64, state_api::Error> = match operation {
            Operation::Get => each(keys, probe, |i, key| {
                let mut at = bound.at_mut(&key);
                let found = at.map(map).get(&entry(i))?;
                Ok(found.map_or(0, |value| value.to_bits()))
            }),
            Operation::Update => each(keys, probe, |i, key| {
                let mut at = bound.at_mut(&key);
                at.map(map).insert(entry(i), words.double(i))?;
                Ok(0)
            }),
            Operation::UpdateLarge => each(keys, probe, |i, key| {
                let mut at = bound.at_mut(&0);
                at.map(map).insert(key.cast_signed(), words.double(i))?;
                Ok(0)
            }),
            Operation::Contains => each(keys, probe, |i, key| {
                let found = bound.at_mut(&key).map(map).contains(&(2 * entry(i)))?;
                Ok(u64::from(found))
            }),
            Operation::IsEmpty => each(keys, probe, |_, key| {
                Ok(u64::from(bound.at_mut(&key).map(map).is_empty()?))
            }),
            Operation::Iterate => each(keys, probe, |_, key| {
                let mut at = bound.at_mut(&key);
                let mut entries = at.map(map).iter()?;
                entries.try_fold(0, |sum: u64, found| {
                    let (entry, value) = found?;
                    Ok(sum.wrapping_add(entry_sum(*entry, *value)))
                })
            }),
            Operation::PutAll => {
                let all = all(inputs);
                each(keys, probe, |_, key| {
                    let mut at = bound.at_mut(&key);
                    let mut map = at.map(map);
                    for (entry, value) in all {
                        map.insert(entry, value)?;
                    }
                    Ok(0)
                })
            }
            Operation::Add => each(inputs.new_keys(), probe, |i, key| {
                let mut at = bound.at_mut(&key);
                at.map(map).insert(entry(i), words.double(i))?;
                Ok(0)
            }),
        };
        Ok(sum?)
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        let mut entries = self.opened.state.at(&key).map(self.map).iter()?;
        entries.try_fold(0, |sum: u64, found| {
            let (entry, value) = found?;
            Ok(sum.wrapping_add(entry_sum(*entry, *value)))
        })
    }

    fn intervals(&mut self) -> Option<&mut dyn Intervals> {
        Some(&mut self.opened)
    }

    fn destroy(self) -> Result<()> {
        self.opened.destroy()
    }
}

/// The bare engine.
#[derive(Debug)]
pub struct Bare<M>(pub M);

impl<M: Maps> State for Bare<M> {
    type Operation = Operation;

    fn set_up(&mut self, operation: Operation, inputs: &Inputs) -> Result<()> {
        let initial = |key| operation.initial(inputs, key);
        (0..inputs.keys()).try_for_each(|key| self.0.put(operation.owner(key), initial(key)))
    }

    fn run<P: Probe>(
        &mut self,
        operation: Operation,
        inputs: &Inputs,
        probe: &mut P,
    ) -> Result<u64> {
        let engine = &mut self.0;
        let (keys, words, entries) = (inputs.existing(), inputs.words(), inputs.entries());
        let entry = |i: usize| entries.get(i % ENTRIES).map_or(0, |entry| *entry);
        match operation {
            Operation::Get => each(keys, probe, |i, key| {
                Ok(engine.get(key, entry(i))?.map_or(0, f64::to_bits))
            }),
            Operation::Update => each(keys, probe, |i, key| {
                engine.put(key, [(entry(i), words.double(i))])?;
                Ok(0)
            }),
            Operation::UpdateLarge => each(keys, probe, |i, key| {
                engine.put(0, [(key.cast_signed(), words.double(i))])?;
                Ok(0)
            }),
            Operation::Contains => each(keys, probe, |i, key| {
                Ok(u64::from(engine.contains(key, 2 * entry(i))?))
            }),
            Operation::IsEmpty => each(keys, probe, |_, key| Ok(u64::from(engine.is_empty(key)?))),
            Operation::Iterate => each(keys, probe, |_, key| engine.sum(key, entry_sum)),
            Operation::PutAll => {
                let all = all(inputs);
                each(keys, probe, |_, key| {
                    engine.put(key, all)?;
                    Ok(0)
                })
            }
            Operation::Add => each(inputs.new_keys(), probe, |i, key| {
                engine.put(key, [(entry(i), words.double(i))])?;
                Ok(0)
            }),
        }
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        self.0.sum(key, entry_sum)
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}
