//! List state of words by number.

use state_api::{BoundStates as _, List, ListDescriptor, Ref, StateBackend};

use crate::bare::Lists;
use crate::error::Result;
use crate::inputs::{Inputs, index};
use crate::probe::{Probe, each, each_times};
use crate::side::{Course, State};
use crate::subject::{Intervals, Opened};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads the list and its first element.
    Get(Length),
    /// Reads all elements.
    Iterate(Length),
    /// Appends one element.
    Append,
    /// Makes one element the list of a key that has none.
    Add,
    /// Makes one element the list of a key that has one.
    Update,
    /// Appends 100 elements.
    AddAll,
}

/// Elements of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// One.
    One,
    /// A hundred; there are a tenth of the lists.
    Hundred,
}

/// Elements of a long list, and how many more it is given at once.
const MANY: usize = 100;

impl Operation {
    /// How it treats its state.
    pub fn course(self) -> Course {
        Course {
            fresh: matches!(self, Self::Append | Self::Add | Self::AddAll),
            adds: self == Self::Add,
        }
    }

    /// Whether a tenth of the keys have a list.
    pub fn has_few_keys(self) -> bool {
        matches!(
            self,
            Self::Get(Length::Hundred) | Self::Iterate(Length::Hundred) | Self::AddAll
        )
    }

    /// How often an iteration goes over the keys.
    pub fn times(self) -> usize {
        match self {
            Self::Append => 4,
            Self::AddAll => 2,
            _ => 1,
        }
    }

    fn keys(self, inputs: &Inputs) -> &[u64] {
        match self {
            Self::Add => inputs.new_keys(),
            _ => inputs.existing(),
        }
    }

    /// The elements that the set-up gives a key.
    fn initial(self, key: u64) -> impl Iterator<Item = i64> {
        let len = match self {
            Self::Get(Length::Hundred) | Self::Iterate(Length::Hundred) => index(MANY),
            _ => 1,
        };
        (key * len..(key + 1) * len).map(Inputs::initial)
    }
}

/// The elements that many are added of.
fn many(inputs: &Inputs) -> [i64; MANY] {
    let words = inputs.words();
    std::array::from_fn(|j| words.at(j))
}

#[inline]
fn sum_of<'a>(
    mut elements: impl Iterator<Item = state_api::Result<Ref<'a, i64>>>,
) -> state_api::Result<u64> {
    elements.try_fold(0, |sum: u64, element| {
        Ok(sum.wrapping_add(element?.cast_unsigned()))
    })
}

/// Ours.
#[derive(Debug)]
pub struct Ours<B> {
    opened: Opened<B>,
    list: List<i64>,
}

impl<B: StateBackend<Key = u64>> Ours<B> {
    /// A state in an empty backend.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn new(mut opened: Opened<B>) -> Result<Self> {
        let list = opened.state.register(ListDescriptor::new("list"))?;
        Ok(Self { opened, list })
    }
}

impl<B: StateBackend<Key = u64>> State for Ours<B> {
    type Operation = Operation;

    fn set_up(&mut self, operation: Operation, inputs: &Inputs) -> Result<()> {
        let (mut bound, (list,)) = self.opened.state.bind((self.list,))?;
        for key in 0..inputs.keys() {
            let mut at = bound.at_mut(&key);
            at.list(list).extend(operation.initial(key))?;
        }
        Ok(())
    }

    fn run<P: Probe>(
        &mut self,
        operation: Operation,
        inputs: &Inputs,
        probe: &mut P,
    ) -> Result<u64> {
        let (mut bound, (list,)) = self.opened.state.bind((self.list,))?;
        let (keys, words) = (operation.keys(inputs), inputs.words());
        let sum: Result<u64, state_api::Error> = match operation {
            Operation::Get(_) => each(keys, probe, |_, key| {
                let mut at = bound.at_mut(&key);
                let first = at.list(list).iter()?.next().transpose()?;
                Ok(first.map_or(0, |element| element.cast_unsigned()))
            }),
            Operation::Iterate(_) => each(keys, probe, |_, key| {
                let mut at = bound.at_mut(&key);
                sum_of(at.list(list).iter()?)
            }),
            Operation::Append => each_times(operation.times(), keys, probe, |i, key| {
                bound.at_mut(&key).list(list).push(words.at(i))?;
                Ok(0)
            }),
            Operation::Add | Operation::Update => each(keys, probe, |i, key| {
                bound.at_mut(&key).list(list).replace([words.at(i)])?;
                Ok(0)
            }),
            Operation::AddAll => {
                let many = many(inputs);
                each_times(operation.times(), keys, probe, |_, key| {
                    let mut at = bound.at_mut(&key);
                    at.list(list).extend(many.iter().copied())?;
                    Ok(0)
                })
            }
        };
        Ok(sum?)
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        Ok(sum_of(self.opened.state.at(&key).list(self.list).iter()?)?)
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
pub struct Bare<L>(pub L);

impl<L: Lists> State for Bare<L> {
    type Operation = Operation;

    fn set_up(&mut self, operation: Operation, inputs: &Inputs) -> Result<()> {
        for key in 0..inputs.keys() {
            let elements: Vec<i64> = operation.initial(key).collect();
            self.0.extend(key, &elements)?;
        }
        Ok(())
    }

    fn run<P: Probe>(
        &mut self,
        operation: Operation,
        inputs: &Inputs,
        probe: &mut P,
    ) -> Result<u64> {
        let engine = &mut self.0;
        let (keys, words) = (operation.keys(inputs), inputs.words());
        match operation {
            Operation::Get(_) => each(keys, probe, |_, key| {
                Ok(engine.first(key)?.map_or(0, i64::cast_unsigned))
            }),
            Operation::Iterate(_) => each(keys, probe, |_, key| engine.sum(key)),
            Operation::Append => each_times(operation.times(), keys, probe, |i, key| {
                engine.extend(key, &[words.at(i)])?;
                Ok(0)
            }),
            Operation::Add | Operation::Update => each(keys, probe, |i, key| {
                engine.replace(key, words.at(i))?;
                Ok(0)
            }),
            Operation::AddAll => {
                let many = many(inputs);
                each_times(operation.times(), keys, probe, |_, key| {
                    engine.extend(key, &many)?;
                    Ok(0)
                })
            }
        }
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        self.0.sum(key)
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}
