//! Value state of words by number.

use std::fmt;
use std::ops::Range;

use state_api::{BoundStates as _, StateBackend, StateRead, Value, ValueDescriptor};

use crate::bare::Longs;
use crate::error::{Error, Result};
use crate::inputs::Inputs;
use crate::probe::{Probe, each};
use crate::side::{Course, State};
use crate::subject::{Intervals, Opened};

/// What is done, and how: bound for a batch, through the handle alone, or on a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads a key that is there.
    Get(Way),
    /// Reads a key that is not there.
    GetMiss,
    /// Sets a key that is there.
    Update(Way),
    /// Sets a key that is not there.
    Add,
    /// Removes a key that is there, one of as many that stay.
    Remove,
    /// Sets a key that is not there, and removes it soon after.
    ComeAndGo,
    /// Reads a count and sets one more: all keys are there, or some keys often and none at first.
    Wordcount(Words),
    /// The same as one operation, where there is one.
    Modify(Words, Way),
    /// Adds to a sum in place.
    Reduce,
}

/// Through what a state is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Tables resolved once for an iteration.
    Bound,
    /// The handle, at each operation.
    Unbound,
    /// A frozen view.
    View,
}

/// Which words are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Every key once.
    Uniform,
    /// Few keys often.
    Zipf,
}

impl Operation {
    /// How it treats its state.
    pub fn course(self) -> Course {
        Course {
            fresh: matches!(
                self,
                Self::Add
                    | Self::Remove
                    | Self::Wordcount(Words::Zipf)
                    | Self::Modify(Words::Zipf, _)
            ),
            adds: matches!(self, Self::Add | Self::Remove | Self::ComeAndGo),
        }
    }

    /// Operations for each key.
    pub(super) fn times(self) -> u64 {
        if self == Self::ComeAndGo { 2 } else { 1 }
    }

    /// The keys that the set-up inserts.
    fn set_up(self, inputs: &Inputs) -> Range<u64> {
        let times = if self == Self::Remove { 2 } else { 1 };
        0..inputs.keys() * times
    }

    /// The keys that it goes over.
    fn keys(self, inputs: &Inputs) -> &[u64] {
        match self {
            Self::Get(_) | Self::Update(_) | Self::Reduce => inputs.existing(),
            Self::GetMiss | Self::Add | Self::Remove | Self::ComeAndGo => inputs.new_keys(),
            Self::Wordcount(words) | Self::Modify(words, _) => match words {
                Words::Uniform => inputs.existing(),
                Words::Zipf => inputs.zipf(),
            },
        }
    }

    /// What the set-up gives a key; `None` if it inserts none.
    fn initial(self) -> Option<fn(u64) -> i64> {
        match self {
            Self::Wordcount(Words::Zipf) | Self::Modify(Words::Zipf, _) => None,
            Self::Wordcount(Words::Uniform) | Self::Modify(Words::Uniform, _) => Some(|_| 0),
            _ => Some(Inputs::initial),
        }
    }
}

/// Keys that are there at once of those that come and go.
const SHORT_LIVED: usize = 1000;

fn or_zero(found: Option<i64>) -> u64 {
    found.map_or(0, i64::cast_unsigned)
}

/// Ours.
pub struct Ours<B: StateBackend<Key = u64>> {
    opened: Opened<B>,
    value: Value<i64>,
    view: Option<B::View>,
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
        })
    }
}

fn get<R: StateRead<Key = u64>, P: Probe>(
    state: &R,
    value: Value<i64>,
    keys: &[u64],
    probe: &mut P,
) -> Result<u64> {
    let sum = each(keys, probe, |_, key| {
        let found = state.at(&key).value(value).get()?;
        Ok::<_, state_api::Error>(or_zero(found.as_deref().copied()))
    });
    Ok(sum?)
}

impl<B: StateBackend<Key = u64>> State for Ours<B> {
    type Operation = Operation;

    fn set_up(&mut self, operation: Operation, inputs: &Inputs) -> Result<()> {
        if let Some(initial) = operation.initial() {
            let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
            for key in operation.set_up(inputs) {
                bound.at_mut(&key).value(value).put(initial(key))?;
            }
        }
        Ok(())
    }

    fn before(&mut self, operation: Operation, _: &Inputs) -> Result<()> {
        if operation == Operation::Get(Way::View) && self.view.is_none() {
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
        let (state, handle) = (&mut self.opened.state, self.value);
        let (keys, words) = (operation.keys(inputs), inputs.words());
        match (operation, &self.view) {
            (Operation::Get(Way::View), Some(view)) => {
                return get(view, handle, keys, probe);
            }
            (Operation::Get(Way::Unbound | Way::View), _) => {
                return get(state, handle, keys, probe);
            }
            (Operation::Update(Way::Unbound | Way::View), _) => {
                return Ok(each(keys, probe, |i, key| {
                    state.at_mut(&key).value(handle).put(words.at(i))?;
                    Ok::<_, state_api::Error>(0)
                })?);
            }
            (Operation::Modify(_, Way::Unbound | Way::View), _) => {
                return Ok(each(keys, probe, |_, key| {
                    let mut at = state.at_mut(&key);
                    at.value(handle).modify(0, count)
                })?);
            }
            _ => {}
        }
        let (mut bound, (value,)) = state.bind((handle,))?;
        let sum: Result<u64, state_api::Error> = match operation {
            Operation::Get(_) | Operation::GetMiss => each(keys, probe, |_, key| {
                let mut at = bound.at_mut(&key);
                let found = at.value(value).get()?;
                Ok(or_zero(found.as_deref().copied()))
            }),
            Operation::Update(_) | Operation::Add => each(keys, probe, |i, key| {
                bound.at_mut(&key).value(value).put(words.at(i))?;
                Ok(0)
            }),
            Operation::Remove => each(keys, probe, |_, key| {
                bound.at_mut(&key).value(value).clear()?;
                Ok(0)
            }),
            Operation::ComeAndGo => keys.chunks(SHORT_LIVED).try_fold(0, |sum, keys| {
                each(keys, probe, |i, key| {
                    bound.at_mut(&key).value(value).put(words.at(i))?;
                    Ok::<_, state_api::Error>(0)
                })?;
                each(keys, probe, |_, key| {
                    bound.at_mut(&key).value(value).clear()?;
                    Ok::<_, state_api::Error>(0)
                })?;
                Ok(sum)
            }),
            Operation::Wordcount(_) => each(keys, probe, |_, key| {
                let mut at = bound.at_mut(&key);
                let count = at.value(value).get()?.map_or(0, |count| *count);
                at.value(value).put(count.wrapping_add(1))?;
                Ok(count.cast_unsigned())
            }),
            Operation::Modify(..) => each(keys, probe, |_, key| {
                bound.at_mut(&key).value(value).modify(0, count)
            }),
            Operation::Reduce => each(keys, probe, |i, key| {
                let add = |sum: &mut i64| *sum = sum.wrapping_add(words.at(i));
                bound.at_mut(&key).value(value).modify(0, add)?;
                Ok(0)
            }),
        };
        Ok(sum?)
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        let found = self.opened.state.at(&key).value(self.value).get()?;
        Ok(or_zero(found.as_deref().copied()))
    }

    fn intervals(&mut self) -> Option<&mut dyn Intervals> {
        Some(&mut self.opened)
    }

    fn destroy(self) -> Result<()> {
        drop(self.view);
        self.opened.destroy()
    }
}

/// One more; the old count.
fn count(n: &mut i64) -> u64 {
    let old = *n;
    *n = old.wrapping_add(1);
    old.cast_unsigned()
}

/// The bare engine.
#[derive(Debug)]
pub struct Bare<L>(pub L);

impl<L: Longs> State for Bare<L> {
    type Operation = Operation;

    fn set_up(&mut self, operation: Operation, inputs: &Inputs) -> Result<()> {
        if let Some(initial) = operation.initial() {
            for key in operation.set_up(inputs) {
                self.0.put(key, initial(key))?;
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
        let engine = &mut self.0;
        let (keys, words) = (operation.keys(inputs), inputs.words());
        match operation {
            Operation::Get(_) | Operation::GetMiss => {
                each(keys, probe, |_, key| Ok(or_zero(engine.get(key)?)))
            }
            Operation::Update(_) | Operation::Add => each(keys, probe, |i, key| {
                engine.put(key, words.at(i))?;
                Ok(0)
            }),
            Operation::Remove => each(keys, probe, |_, key| {
                engine.remove(key)?;
                Ok(0)
            }),
            Operation::ComeAndGo => keys.chunks(SHORT_LIVED).try_fold(0, |sum, keys| {
                each(keys, probe, |i, key| {
                    engine.put(key, words.at(i))?;
                    Ok::<_, Error>(0)
                })?;
                each(keys, probe, |_, key| {
                    engine.remove(key)?;
                    Ok::<_, Error>(0)
                })?;
                Ok(sum)
            }),
            Operation::Wordcount(_) => each(keys, probe, |_, key| {
                let count = engine.get(key)?.unwrap_or(0);
                engine.put(key, count.wrapping_add(1))?;
                Ok(count.cast_unsigned())
            }),
            Operation::Modify(..) => each(keys, probe, |_, key| {
                let old = engine.modify(key, 0, |count| count.wrapping_add(1))?;
                Ok(old.cast_unsigned())
            }),
            Operation::Reduce => each(keys, probe, |i, key| {
                engine.modify(key, 0, |sum| sum.wrapping_add(words.at(i)))?;
                Ok(0)
            }),
        }
    }

    fn digest(&mut self, key: u64) -> Result<u64> {
        Ok(or_zero(self.0.get(key)?))
    }

    fn destroy(self) -> Result<()> {
        Ok(())
    }
}
