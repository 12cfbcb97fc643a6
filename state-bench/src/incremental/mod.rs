//! What an incremental checkpoint costs by the share of the rows that changed: the freeze, and reading the
//! changes beside reading all rows of the same view.

mod record;

use std::cell::RefCell;

use state_api::{
    BoundStates as _, StateBackend, StateRead as _, StateView as _, Value, ValueDescriptor,
};
use state_checkpoint::WriteOptions;

pub use record::Incremental;

use crate::drain::{Drained, drain};
use crate::error::{Error, Result};
use crate::inputs::{Inputs, permutation};
use crate::rounds::{Timed, in_turn, timed};
use crate::subject::{Backend, OnSubject, Opened, Settings, Subject, open};

/// How incremental checkpoints are measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Rows, of 100 bytes each.
    pub keys: u64,
    /// Timed rounds.
    pub iterations: usize,
    /// What every backend is opened with; changes are tracked.
    pub settings: Settings,
}

/// How many rows change before a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Of a hundred.
    pub percent: f64,
}

impl Share {
    /// Rows of so many that change: one at least.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rows are fewer than 2^53, and a share of them is no more and not negative"
    )]
    pub fn of(self, rows: u64) -> u64 {
        let changed = (rows as f64 * self.percent / 100.0).round() as u64;
        changed.clamp(1, rows.max(1))
    }
}

/// Measures one share on a backend.
///
/// # Errors
/// What the backend meets, and [`Error::Rows`] when a view does not give what was there.
pub fn run(backend: Backend, share: Share, plan: &Plan) -> Result<Incremental> {
    backend.run(Run {
        backend: backend.name(),
        share,
        plan,
    })
}

struct Run<'a> {
    backend: &'static str,
    share: Share,
    plan: &'a Plan,
}

/// What one reading of a view was.
#[derive(Clone, Copy, Debug)]
struct Reading {
    timed: Timed,
    read: Drained,
}

/// What a checkpoint was, but for its readings.
#[derive(Clone, Copy, Debug)]
struct Taken {
    freeze: f64,
    tracking_bytes: u64,
}

/// A state, and its last view.
struct Owner<'a, B: StateBackend> {
    opened: Opened<B>,
    value: Value<Vec<u8>>,
    inputs: &'a Inputs,
    /// All keys, in random order: those that change are taken from it in turn.
    order: Vec<u64>,
    at: usize,
    /// The last checkpoint that is published.
    since: u64,
    view: Option<B::View>,
    /// Both readings of a round are of one view: whether the next one begins a round.
    begins: bool,
    taken: Vec<Taken>,
}

impl<'a, B: StateBackend<Key = u64>> Owner<'a, B> {
    /// A state of so many keys, and its first checkpoint.
    fn filled(mut opened: Opened<B>, inputs: &'a Inputs) -> Result<Self> {
        let value = opened.state.register(ValueDescriptor::new("value"))?;
        let mut owner = Self {
            opened,
            value,
            inputs,
            order: permutation(1, inputs.keys()),
            at: 0,
            since: 0,
            view: None,
            begins: true,
            taken: Vec::new(),
        };
        owner.change(inputs.keys())?;
        owner.freeze()?;
        owner.taken.clear();
        Ok(owner)
    }

    /// Puts other bytes at so many keys, spread over all.
    fn change(&mut self, rows: u64) -> Result<()> {
        let (mut bound, (value,)) = self.opened.state.bind((self.value,))?;
        for _ in 0..rows {
            let key = self.order.get(self.at).copied().unwrap_or(0);
            let bytes = self.inputs.payloads().at(self.at + self.taken.len());
            bound.at_mut(&key).value(value).put(bytes.to_vec())?;
            self.at += 1;
            if self.at >= self.order.len() {
                self.at = 0;
            }
        }
        Ok(())
    }

    fn freeze(&mut self) -> Result<()> {
        let state = &mut self.opened.state;
        let (freeze, view) = timed(|| state.freeze());
        self.view = Some(view?);
        self.taken.push(Taken {
            freeze: freeze.wall,
            tracking_bytes: state.memory_held().tracking_bytes,
        });
        Ok(())
    }

    /// The view of a round; at its beginning, after the one before is published and so many rows have changed.
    fn view(&mut self, changes: u64) -> Result<B::View> {
        if self.begins {
            if let Some(view) = self.view.take() {
                self.since = view.epoch();
                drop(view);
                self.opened.state.confirm(self.since)?;
            }
            self.change(changes)?;
            self.freeze()?;
        }
        self.begins = !self.begins;
        let view = self.view.clone();
        view.ok_or_else(|| Error::engine("there is no view"))
    }

    /// Reads all rows of the view of a round, or what changed since the one before.
    fn read(&mut self, changes: u64, all: bool) -> Result<Reading> {
        let view = self.view(changes)?;
        let since = (!all).then_some(self.since);
        let range = view.key_groups().range();
        let buffer = WriteOptions::BUFFER_BYTES;
        let (timed, read) = timed(|| drain(view.into_changes(since, range, buffer)?));
        let read = read?;
        // Changes may be more than there were.
        let wanted = if all { self.inputs.keys() } else { changes };
        if read.changes < wanted || all && read.changes > wanted {
            let rows = read.changes;
            return Err(Error::Rows { rows, wanted });
        }
        Ok(Reading { timed, read })
    }
}

impl OnSubject for Run<'_> {
    type Output = Result<Incremental>;

    fn run<S: Subject>(self) -> Result<Incremental> {
        let settings = Settings {
            tracked: true,
            ..self.plan.settings.clone()
        };
        let inputs = Inputs::new(self.plan.keys);
        let changes = self.share.of(self.plan.keys);
        let owner = Owner::filled(open::<S, u64>(&settings)?, &inputs)?;
        let owner = RefCell::new(owner);
        let rounds = in_turn(
            self.plan.iterations,
            &mut || owner.borrow_mut().read(changes, false),
            &mut || owner.borrow_mut().read(changes, true),
            &mut |_, _| Ok::<_, Error>(()),
        )?;
        let mut owner = owner.into_inner();
        owner.view = None;
        // The first one is that of the round to warm up.
        let taken = owner.taken.get(1..).unwrap_or(&[]);
        let record = self.record(changes, &rounds, taken);
        owner.opened.destroy()?;
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_one_row_at_least_and_all_at_most() {
        let of = |percent, rows| Share { percent }.of(rows);
        assert_eq!(of(0.1, 1_000_000), 1_000);
        assert_eq!(of(1.0, 150), 2);
        assert_eq!(of(0.001, 10), 1);
        assert_eq!(of(100.0, 7), 7);
    }
}
