//! Value state of 100 bytes by number, which are copied within the operation.

use std::fmt;

use state_api::{BoundStates as _, StateBackend, Value, ValueDescriptor};

use crate::bare::Payloads;
use crate::error::Result;
use crate::inputs::{Inputs, first_word, sum_of_words};
use crate::probe::{Probe, each};
use crate::side::{Course, State};
use crate::subject::{Intervals, Opened};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads a key that is there.
    Get,
    /// Reads a key that is not there.
    GetMiss,
    /// Sets a key that is there.
    Update,
    /// Sets a key that is not there.
    Add,
    /// Sets a key that is there, while a view that was taken just before lives.
    CopyOnWrite,
}

/// One in how many keys is updated before a view.
const TOUCHED: u64 = 100;

impl Operation {
    /// How it treats its state.
    pub fn course(self) -> Course {
        let adds = self == Self::Add;
        Course { fresh: adds, adds }
    }

    fn keys(self, inputs: &Inputs) -> &[u64] {
        match self {
            Self::Get | Self::Update | Self::CopyOnWrite => inputs.existing(),
            Self::GetMiss | Self::Add => inputs.new_keys(),
        }
    }
}

/// What the set-up gives a key.
fn initial(inputs: &Inputs, key: u64) -> Vec<u8> {
    let at = usize::try_from(key).unwrap_or(0);
    inputs.payloads().at(at).to_vec()
}

/// The updates before the next view.
fn touches(inputs: &Inputs, drawn: &mut u64) -> impl Iterator<Item = (u64, Vec<u8>)> {
    let first = *drawn;
    *drawn += inputs.keys() / TOUCHED;
    (first..*drawn).map(|draw| {
        let (key, at) = inputs.touch(draw);
        (key, inputs.payloads().at(at).to_vec())
    })
}

/// Ours.
pub struct Ours<B: StateBackend<Key = u64>> {
    opened: Opened<B>,
    value: Value<Vec<u8>>,
    view: Option<B::View>,
    drawn: u64,
}

impl<B: StateBackend<Key = u64>> fmt::Debug for Ours<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ours")
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

impl<B: StateBackend<Key = u64>> Ours<B> {
    /// A state in an empty backend.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn new(mut opened: Opened<B>) -> Result<Self> {
        let value = opened.state.register(ValueDescriptor::new("value"))?;
        Ok(Self {
            opened,
            value,
            view: None,
            drawn: 0,
        })
    }
}

impl<B: StateBackend<Key = u64>> State for Ours<B> {
    type Operation = Operation;

    fn set_up(&mut self, _: Operation, inputs: &Inputs) -> Result<()> {
        let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
        for key in 0..inputs.keys() {
            bound.at_mut(&key).value(value).put(initial(inputs, key))?;
        }
        Ok(())
    }

    fn before(&mut self, operation: Operation, inputs: &Inputs) -> Result<()> {
        if operation == Operation::CopyOnWrite {
            self.view = None;
            for (key, bytes) in touches(inputs, &mut self.drawn) {
                let mut at = self.opened.state.at_mut(&key);
                at.value(self.value).put(bytes)?;
            }
            self.view = Some(self.opened.state.freeze()?);
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
        let (keys, payloads) = (operation.keys(inputs), inputs.payloads());
        let sum: Result<u64, state_api::Error> = match operation {
            Operation::Get | Operation::GetMiss => each(keys, probe, |_, key| {
                let mut at = bound.at_mut(&key);
                let found = at.value(value).get()?;
                Ok(found.map_or(0, |bytes| first_word(&bytes)))
            }),
            Operation::Update | Operation::Add | Operation::CopyOnWrite => {
                each(keys, probe, |i, key| {
                    let mut at = bound.at_mut(&key);
                    at.value(value).put(payloads.at(i).to_vec())?;
                    Ok(0)
                })
            }
        };
        Ok(sum?)
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        let found = self.opened.state.at(&key).value(self.value).get()?;
        Ok(found.map_or(0, |bytes| sum_of_words(&bytes)))
    }

    fn intervals(&mut self) -> Option<&mut dyn Intervals> {
        Some(&mut self.opened)
    }

    fn destroy(self) -> Result<()> {
        drop(self.view);
        self.opened.destroy()
    }
}

/// The bare engine.
#[derive(Debug)]
pub struct Bare<E> {
    engine: E,
    drawn: u64,
}

impl<E> Bare<E> {
    /// An engine that is empty.
    pub fn new(engine: E) -> Self {
        Self { engine, drawn: 0 }
    }
}

impl<E: Payloads> State for Bare<E> {
    type Operation = Operation;

    fn set_up(&mut self, _: Operation, inputs: &Inputs) -> Result<()> {
        (0..inputs.keys()).try_for_each(|key| self.engine.put(key, initial(inputs, key)))
    }

    fn before(&mut self, operation: Operation, inputs: &Inputs) -> Result<()> {
        if operation == Operation::CopyOnWrite {
            for (key, bytes) in touches(inputs, &mut self.drawn) {
                self.engine.put(key, bytes)?;
            }
            self.engine.freeze()?;
        }
        Ok(())
    }

    fn run<P: Probe>(
        &mut self,
        operation: Operation,
        inputs: &Inputs,
        probe: &mut P,
    ) -> Result<u64> {
        let engine = &mut self.engine;
        let (keys, payloads) = (operation.keys(inputs), inputs.payloads());
        match operation {
            Operation::Get | Operation::GetMiss => each(keys, probe, |_, key| {
                Ok(engine.get(key, first_word)?.unwrap_or(0))
            }),
            Operation::Update | Operation::Add | Operation::CopyOnWrite => {
                each(keys, probe, |i, key| {
                    engine.put(key, payloads.at(i).to_vec())?;
                    Ok(0)
                })
            }
        }
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        Ok(self.engine.get(key, sum_of_words)?.unwrap_or(0))
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}
