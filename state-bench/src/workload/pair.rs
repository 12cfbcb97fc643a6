//! Value state of a sum and a count, as an average is aggregated.

use state_api::{BoundStates as _, StateBackend, Value, ValueDescriptor};

use crate::bare::Pairs;
use crate::error::Result;
use crate::inputs::Inputs;
use crate::probe::{Probe, each};
use crate::side::{Course, State};
use crate::subject::{Intervals, Opened};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Adds to the sum and counts.
    Add,
}

impl Operation {
    /// How it treats its state.
    pub fn course(self) -> Course {
        Course {
            fresh: false,
            adds: false,
        }
    }
}

/// What the set-up gives a key.
fn initial(key: u64) -> (i64, i64) {
    (Inputs::initial(key), 1)
}

fn digest(found: Option<(i64, i64)>) -> u64 {
    found.map_or(0, |(sum, count)| sum.wrapping_add(count).cast_unsigned())
}

/// Ours.
#[derive(Debug)]
pub struct Ours<B> {
    opened: Opened<B>,
    value: Value<(i64, i64)>,
}

impl<B: StateBackend<Key = u64>> Ours<B> {
    /// A state in an empty backend.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn new(mut opened: Opened<B>) -> Result<Self> {
        let value = opened.state.register(ValueDescriptor::new("value"))?;
        Ok(Self { opened, value })
    }
}

impl<B: StateBackend<Key = u64>> State for Ours<B> {
    type Operation = Operation;

    fn set_up(&mut self, _: Operation, inputs: &Inputs) -> Result<()> {
        let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
        for key in 0..inputs.keys() {
            bound.at_mut(&key).value(value).put(initial(key))?;
        }
        Ok(())
    }

    fn run<P: Probe>(&mut self, _: Operation, inputs: &Inputs, probe: &mut P) -> Result<u64> {
        let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
        let words = inputs.words();
        let sum: Result<u64, state_api::Error> = each(inputs.existing(), probe, |i, key| {
            let add = |(sum, count): &mut (i64, i64)| {
                *sum = sum.wrapping_add(words.at(i));
                *count += 1;
            };
            bound.at_mut(&key).value(value).modify((0, 0), add)?;
            Ok(0)
        });
        Ok(sum?)
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        let found = self.opened.state.at(&key).value(self.value).get()?;
        Ok(digest(found.as_deref().copied()))
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
pub struct Bare<P>(pub P);

impl<E: Pairs> State for Bare<E> {
    type Operation = Operation;

    fn set_up(&mut self, _: Operation, inputs: &Inputs) -> Result<()> {
        (0..inputs.keys()).try_for_each(|key| self.0.put(key, initial(key)))
    }

    fn run<P: Probe>(&mut self, _: Operation, inputs: &Inputs, probe: &mut P) -> Result<u64> {
        let (engine, words) = (&mut self.0, inputs.words());
        each(inputs.existing(), probe, |i, key| {
            let add = |(sum, count): (i64, i64)| (sum.wrapping_add(words.at(i)), count + 1);
            engine.modify(key, add)?;
            Ok(0)
        })
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        Ok(digest(self.0.get(key)?))
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}
