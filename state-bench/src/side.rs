//! One side of a workload: a state, and what is done with it.

use crate::error::Result;
use crate::inputs::Inputs;
use crate::probe::{Latencies, Probe, Unwatched};
use crate::subject::Intervals;

/// A state of one kind, ours or a bare engine's, and the operations on it.
pub trait State: Sized {
    /// The operations of its kind.
    type Operation: Copy;

    /// Inserts what there is before the first operation.
    ///
    /// # Errors
    /// What the backend meets.
    fn set_up(&mut self, operation: Self::Operation, inputs: &Inputs) -> Result<()>;

    /// What an iteration takes for granted, such as a view that lives: not timed.
    ///
    /// # Errors
    /// What the backend meets.
    fn before(&mut self, operation: Self::Operation, inputs: &Inputs) -> Result<()> {
        let _ = (operation, inputs);
        Ok(())
    }

    /// All operations of an iteration; the sum of what they returned.
    ///
    /// # Errors
    /// What the backend meets.
    fn run<P: Probe>(
        &mut self,
        operation: Self::Operation,
        inputs: &Inputs,
        probe: &mut P,
    ) -> Result<u64>;

    /// What is there of a key, as a sum.
    ///
    /// # Errors
    /// What the backend meets.
    fn digest(&mut self, key: u64) -> Result<u64>;

    /// Its intervals, if it is one whose changes may be tracked.
    fn intervals(&mut self) -> Option<&mut dyn Intervals> {
        None
    }

    /// Ends it, and its data.
    ///
    /// # Errors
    /// What the backend meets.
    fn destroy(self) -> Result<()>;
}

/// How a workload treats its state.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// Whether each iteration begins with a state that was just set up, because an iteration makes it grow.
    pub fresh: bool,
    /// Whether keys are written that the set-up does not have.
    pub adds: bool,
}

/// Every how many keys the final state is looked at.
const STRIDE: usize = 97;

/// One side of a workload, whatever its state.
pub trait Side {
    /// Sets up, if that is due, and what an iteration takes for granted: not timed.
    ///
    /// # Errors
    /// What the backend meets.
    fn before(&mut self) -> Result<()>;

    /// An iteration; the sum of what its operations returned.
    ///
    /// # Errors
    /// What the backend meets.
    fn run(&mut self) -> Result<u64>;

    /// An iteration whose operations are timed one by one.
    ///
    /// # Errors
    /// What the backend meets.
    fn run_watched(&mut self, latencies: &mut Latencies) -> Result<u64>;

    /// The sum of what is there of every 97th key.
    ///
    /// # Errors
    /// What the backend meets.
    fn final_check(&mut self) -> Result<u64>;

    /// Begins an interval between checkpoints.
    ///
    /// # Errors
    /// What the backend meets.
    fn begin_interval(&mut self) -> Result<()> {
        Ok(())
    }

    /// Bytes that the tracking of changes takes.
    ///
    /// # Errors
    /// What the backend meets.
    fn tracking_bytes(&mut self) -> Result<u64> {
        Ok(0)
    }

    /// Ends the state; the next use sets it up anew.
    ///
    /// # Errors
    /// What the backend meets.
    fn end(&mut self) -> Result<()>;
}

/// A state with all that its iterations need.
pub struct Stage<'a, S: State, F> {
    open: F,
    operation: S::Operation,
    course: Course,
    inputs: &'a Inputs,
    state: Option<S>,
    used: bool,
}

impl<'a, S: State, F: FnMut() -> Result<S>> Stage<'a, S, F> {
    /// A side whose states `open` makes, empty ones.
    pub fn new(open: F, operation: S::Operation, course: Course, inputs: &'a Inputs) -> Self {
        Self {
            open,
            operation,
            course,
            inputs,
            state: None,
            used: false,
        }
    }

    fn state(&mut self) -> Result<&mut S> {
        match &mut self.state {
            Some(state) => Ok(state),
            empty => {
                let mut state = (self.open)()?;
                state.set_up(self.operation, self.inputs)?;
                Ok(empty.insert(state))
            }
        }
    }
}

impl<S: State, F> std::fmt::Debug for Stage<'_, S, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage")
            .field("course", &self.course)
            .finish_non_exhaustive()
    }
}

impl<S: State, F: FnMut() -> Result<S>> Side for Stage<'_, S, F> {
    fn before(&mut self) -> Result<()> {
        if self.course.fresh && self.used {
            self.end()?;
        }
        let (operation, inputs) = (self.operation, self.inputs);
        self.state()?.before(operation, inputs)?;
        self.used = true;
        Ok(())
    }

    fn run(&mut self) -> Result<u64> {
        let (operation, inputs) = (self.operation, self.inputs);
        self.state()?.run(operation, inputs, &mut Unwatched)
    }

    fn run_watched(&mut self, latencies: &mut Latencies) -> Result<u64> {
        let (operation, inputs) = (self.operation, self.inputs);
        self.state()?.run(operation, inputs, latencies)
    }

    fn final_check(&mut self) -> Result<u64> {
        let keys = self.inputs.keys() * if self.course.adds { 2 } else { 1 };
        let state = self.state()?;
        (0..keys)
            .step_by(STRIDE)
            .try_fold(0, |sum: u64, key| Ok(sum.wrapping_add(state.digest(key)?)))
    }

    fn begin_interval(&mut self) -> Result<()> {
        let state = self.state()?;
        state.intervals().map_or(Ok(()), Intervals::begin)
    }

    fn tracking_bytes(&mut self) -> Result<u64> {
        let state = self.state()?;
        Ok(state.intervals().map_or(0, |it| it.tracking_bytes()))
    }

    fn end(&mut self) -> Result<()> {
        self.used = false;
        self.state.take().map_or(Ok(()), S::destroy)
    }
}
