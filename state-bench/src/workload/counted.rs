//! A workload over an engine whose calls are counted.

use std::marker::PhantomData;

use state_api::StateKey;
use state_conformance::{Calls, Counts};

use super::Workload;
use super::ours::{OnOurs, Open};
use crate::error::Result;
use crate::inputs::Inputs;
use crate::side::{Course, Side as _, Stage, State};
use crate::subject::{Counted, Opened, OverEngine, Settings, open_counted};

/// A backend over the engine, counted.
struct Counting<'a, E> {
    settings: &'a Settings,
    calls: &'a Calls,
    engine: PhantomData<fn() -> E>,
}

impl<E: OverEngine> Open for Counting<'_, E> {
    type State<K: StateKey> = Counted<E, K>;

    fn open<K: StateKey>(&self) -> Result<Opened<Counted<E, K>>> {
        open_counted::<E, K>(self.settings, self.calls)
    }
}

/// One iteration.
struct Once<'a, E> {
    counting: Counting<'a, E>,
    course: Course,
}

impl<'a, E: OverEngine> OnOurs<Counting<'a, E>> for Once<'a, E> {
    type Output = (Counts, u64);

    fn run<A: State>(
        self,
        operation: A::Operation,
        inputs: &Inputs,
        make: impl Fn(&Counting<'a, E>) -> Result<A>,
    ) -> Result<(Counts, u64)> {
        let calls = self.counting.calls;
        let mut side = Stage::new(|| make(&self.counting), operation, self.course, inputs);
        side.before()?;
        calls.take();
        let check = side.run()?;
        let counts = calls.take();
        side.end()?;
        Ok((counts, check))
    }
}

impl Workload {
    /// The calls of the engine that an iteration makes on a state that was just set up, and the sum of what its
    /// operations returned.
    ///
    /// # Errors
    /// What the backend meets.
    pub fn counted<E: OverEngine>(&self, settings: &Settings, keys: u64) -> Result<(Counts, u64)> {
        let once = Once {
            counting: Counting {
                settings,
                calls: &Calls::default(),
                engine: PhantomData,
            },
            course: self.course(),
        };
        self.on_ours::<Counting<'_, E>, _>(keys, once)
    }
}
