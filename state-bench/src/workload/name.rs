//! Value state of words by name: each name is made anew within the operation.

use state_api::{BoundStates as _, StateBackend, Value, ValueDescriptor};

use crate::bare::Names;
use crate::error::Result;
use crate::inputs::{Inputs, name};
use crate::probe::{Probe, each};
use crate::side::{Course, State};
use crate::subject::{Intervals, Opened};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads a name that is there.
    Get,
    /// Sets a name that is there.
    Update,
    /// Sets a name that is not there.
    Add,
}

impl Operation {
    /// How it treats its state.
    pub fn course(self) -> Course {
        let adds = self == Self::Add;
        Course { fresh: adds, adds }
    }

    fn keys(self, inputs: &Inputs) -> &[u64] {
        match self {
            Self::Get | Self::Update => inputs.existing(),
            Self::Add => inputs.new_keys(),
        }
    }
}

/// Ours.
#[derive(Debug)]
pub struct Ours<B> {
    opened: Opened<B>,
    value: Value<i64>,
}

impl<B: StateBackend<Key = String>> Ours<B> {
    /// A state in an empty backend.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn new(mut opened: Opened<B>) -> Result<Self> {
        let value = opened.state.register(ValueDescriptor::new("value"))?;
        Ok(Self { opened, value })
    }
}

impl<B: StateBackend<Key = String>> State for Ours<B> {
    type Operation = Operation;

    fn set_up(&mut self, _: Operation, inputs: &Inputs) -> Result<()> {
        let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
        for key in 0..inputs.keys() {
            let name = name(key);
            let mut at = bound.at_mut(&name);
            at.value(value).put(Inputs::initial(key))?;
        }
        Ok(())
    }

    fn run<P: Probe>(
        &mut self,
        operation: Operation,
        inputs: &Inputs,
        probe: &mut P,
    ) -> Result<u64> {
        let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
        let (keys, words) = (operation.keys(inputs), inputs.words());
        let sum: Result<u64, state_api::Error> = match operation {
            Operation::Get => each(keys, probe, |_, key| {
                let name = name(key);
                let mut at = bound.at_mut(name.as_str());
                let found = at.value(value).get()?;
                Ok(found.map_or(0, |value| value.cast_unsigned()))
            }),
            Operation::Update | Operation::Add => each(keys, probe, |i, key| {
                let name = name(key);
                let mut at = bound.at_mut(name.as_str());
                at.value(value).put(words.at(i))?;
                Ok(0)
            }),
        };
        Ok(sum?)
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        let found = self.opened.state.at(&name(key)).value(self.value).get()?;
        Ok(found.map_or(0, |value| value.cast_unsigned()))
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
pub struct Bare<N>(pub N);

impl<N: Names> State for Bare<N> {
    type Operation = Operation;

    fn set_up(&mut self, _: Operation, inputs: &Inputs) -> Result<()> {
        (0..inputs.keys()).try_for_each(|key| self.0.put(name(key), Inputs::initial(key)))
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
            Operation::Get => each(keys, probe, |_, key| {
                Ok(engine.get(&name(key))?.map_or(0, i64::cast_unsigned))
            }),
            Operation::Update | Operation::Add => each(keys, probe, |i, key| {
                engine.put(name(key), words.at(i))?;
                Ok(0)
            }),
        }
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        Ok(self.0.get(&name(key))?.map_or(0, i64::cast_unsigned))
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}
