//! A workload on two backends, of which one tracks changes.

use std::marker::PhantomData;

use state_api::StateKey;

use super::ours::{OnOurs, Open};
use super::{OnSides, Workload, run_and_end};
use crate::error::Result;
use crate::inputs::Inputs;
use crate::side::{Course, Stage, State};
use crate::subject::{Opened, Settings, Subject, open};

/// A backend, opened so.
struct Plain<S> {
    settings: Settings,
    subject: PhantomData<fn() -> S>,
}

impl<S: Subject> Open for Plain<S> {
    type State<K: StateKey> = S::State<K>;

    fn open<K: StateKey>(&self) -> Result<Opened<S::State<K>>> {
        open::<S, K>(&self.settings)
    }
}

/// Both sides, but for their states.
struct Sides<'a, W> {
    settings: &'a Settings,
    course: Course,
    work: W,
}

impl<S: Subject, W: OnSides> OnOurs<Plain<S>> for Sides<'_, W> {
    type Output = W::Output;

    fn run<A: State>(
        self,
        operation: A::Operation,
        inputs: &Inputs,
        make: impl Fn(&Plain<S>) -> Result<A>,
    ) -> Result<W::Output> {
        let with = |tracked| Plain {
            settings: Settings {
                tracked,
                ..self.settings.clone()
            },
            subject: PhantomData,
        };
        let (on, off) = (with(true), with(false));
        let mut tracked = Stage::new(|| make(&on), operation, self.course, inputs);
        let mut untracked = Stage::new(|| make(&off), operation, self.course, inputs);
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
        let course = self.course();
        let sides = Sides {
            settings,
            course,
            work,
        };
        self.on_ours::<Plain<S>, _>(keys, sides)
    }
}
