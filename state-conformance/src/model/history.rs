//! Histories: what generated tests play.

use std::fmt::Write;

use crate::factory::BackendFactory;

use super::pool::{Key, Text};
use super::spec::{ListOp, MapOp, ValueOp};

/// An operation on one of the model's states.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named as in the model")]
pub enum Data {
    Counts(Key, ValueOp<u64>),
    Notes(Key, u32, ValueOp<Text>),
    Events(Key, ListOp<u64>),
    Words(Key, String, ListOp<Text>),
    Scores(Key, MapOp<i64, u64>),
    Tags(Key, u32, MapOp<String, Text>),
}

impl Data {
    /// The key of the operation.
    pub fn key(&self) -> Key {
        match self {
            Self::Counts(key, _)
            | Self::Notes(key, ..)
            | Self::Events(key, _)
            | Self::Words(key, ..)
            | Self::Scores(key, _)
            | Self::Tags(key, ..) => *key,
        }
    }
}

/// On which way an operation reaches the backend.
#[derive(Clone, Copy, Debug)]
pub enum Via {
    /// [`StateBackend::at_mut`](state_api::StateBackend::at_mut).
    Cursor,
    /// [`StateBackend::bind`](state_api::StateBackend::bind).
    Bound,
}

/// When states are registered in a backend that restores.
#[derive(Clone, Copy, Debug)]
pub enum Registration {
    /// All before.
    Before,
    /// Some before, the others after.
    Between,
    /// All after.
    After,
}

/// A step of a history. Every step is possible at any time, so that any part of a history is one.
#[derive(Clone, Debug)]
pub enum Step {
    /// Performs an operation and compares what it touches.
    Do(Via, Data),
    /// Takes a view and keeps it, with a copy of the model.
    Freeze,
    /// Compares a kept view with its copy of the model, on another thread.
    ReadView(usize),
    /// Drops a kept view.
    DropView(usize),
    /// Takes a checkpoint, restores it into a fresh backend and goes on there.
    Restore(Registration, Options),
    /// Takes a checkpoint, restores it as so many workers, and those into one backend again.
    Rescale(u16, Options),
    /// Closes the backend and opens its directory again.
    Reopen(Options),
    /// Takes a checkpoint and keeps it, for crashes to come.
    Checkpoint,
    /// Drops the backend as it is and goes on in a fresh one, with the last checkpoint that was kept;
    /// without one, with nothing.
    Crash(Options),
    /// Drops a state, by number, and registers it again: it is empty.
    DropState(usize),
}

/// With which options a backend is opened: those that a seed [chooses](BackendFactory::vary), and those
/// of the factory itself for 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options(pub u64);

impl Step {
    /// The options of the backends that it opens.
    pub(super) fn options(&self) -> Options {
        match self {
            Self::Restore(_, options)
            | Self::Rescale(_, options)
            | Self::Reopen(options)
            | Self::Crash(options) => *options,
            Self::Do(..)
            | Self::Freeze
            | Self::ReadView(_)
            | Self::DropView(_)
            | Self::Checkpoint
            | Self::DropState(_) => Options::default(),
        }
    }
}

impl Data {
    /// The operation, on its way to the backend.
    pub(super) fn shown(&self, via: Via) -> String {
        match via {
            Via::Cursor => format!("{self:?}"),
            Via::Bound => format!("{self:?}, bound"),
        }
    }
}

/// A line of a history: a step, with the options that it derives.
pub(super) fn line<F: BackendFactory>(
    factory: &F,
    number: usize,
    step: &str,
    Options(seed): Options,
) -> String {
    let mut line = format!("{number:>4}  {step}");
    if let Some(varied) = (seed > 0).then(|| factory.vary(seed)).flatten() {
        let _ = write!(line, ": {}", varied.expression());
    }
    line.push('\n');
    line
}

/// A history, a step a line, with the options that it derives.
pub(crate) fn show<F: BackendFactory>(factory: &F, history: &[Step]) -> String {
    let lines = history.iter().enumerate().map(|(number, step)| {
        let text = match step {
            Step::Do(via, data) => data.shown(*via),
            step => format!("{step:?}"),
        };
        line(factory, number, &text, step.options())
    });
    lines.collect()
}
