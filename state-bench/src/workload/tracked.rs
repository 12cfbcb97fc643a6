//! A workload on two backends, of which one tracks changes.

use super::{OnSides, Operation, Workload, list, map, name, pair, payload, run_and_end, value};
use crate::error::Result;
use crate::inputs::Inputs;
use crate::side::{Course, Stage, State};
use crate::subject::{Settings, Subject, open};

/// Both sides, but for their states.
struct Sides<'a, W> {
    settings: &'a Settings,
    inputs: Inputs,
    course: Course,
    work: W,
}

impl<W: OnSides> Sides<'_, W> {
    fn run<A: State>(
        self,
        operation: A::Operation,
        make: impl Fn(&Settings) -> Result<A>,
    ) -> Result<W::Output> {
        let settings = |tracked| Settings {
            tracked,
            ..self.settings.clone()
        };
        let (on, off) = (settings(true), settings(false));
        let (course, inputs) = (self.course, &self.inputs);
        let mut tracked = Stage::new(|| make(&on), operation, course, inputs);
        let mut untracked = Stage::new(|| make(&off), operation, course, inputs);
        run_and_end(self.work, &mut tracked, &mut untracked)
    }
}

impl Workload {
    /// Does something with two of our sides: the first tracks changes, the other does not.
    ///
    /// # Errors
    /// What the sides meet.
    pub fn on_tracked<S: Subject, W: OnSides>(
        &self,
        settings: &Settings,
        keys: u64,
        work: W,
    ) -> Result<W::Output> {
        let sides = Sides {
            settings,
            inputs: Inputs::new(self.keys(keys)),
            course: self.course(),
            work,
        };
        match self.operation {
            Operation::Value(operation) => {
                sides.run(operation, |it| value::Ours::new(open::<S, u64>(it)?))
            }
            Operation::Name(operation) => {
                sides.run(operation, |it| name::Ours::new(open::<S, String>(it)?))
            }
            Operation::Payload(operation) => {
                sides.run(operation, |it| payload::Ours::new(open::<S, u64>(it)?))
            }
            Operation::Pair(operation) => {
                sides.run(operation, |it| pair::Ours::new(open::<S, u64>(it)?))
            }
            Operation::List(operation) => {
                sides.run(operation, |it| list::Ours::new(open::<S, u64>(it)?))
            }
            Operation::Map(operation) => {
                sides.run(operation, |it| map::Ours::new(open::<S, u64>(it)?))
            }
        }
    }
}
