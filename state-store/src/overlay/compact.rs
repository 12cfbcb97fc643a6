//! Two layers become one: copied into a third, step by step, which then takes their place. Views that
//! hold the two keep them.

use state_api::Result;

use crate::overlay::apply::{Progress, Step};
use crate::overlay::layer::Layer;

/// Two sealed layers on their way into one.
#[derive(Debug)]
pub(super) struct Compaction {
    /// Numbers of the lower layer and of the upper one.
    pub(super) pair: (u64, u64),
    merged: Layer,
    progress: Progress,
    /// Whether all of the lower one is copied.
    lower_done: bool,
}

impl Compaction {
    pub(super) fn new(pair: (u64, u64)) -> Self {
        Self {
            pair,
            merged: Layer::new(),
            progress: Progress::default(),
            lower_done: false,
        }
    }

    /// Goes on until the step is done; returns whether everything is copied.
    pub(super) fn go_on(&mut self, lower: &Layer, upper: &Layer, step: &mut Step) -> Result<bool> {
        if !self.lower_done {
            if !self.progress.go_on(&mut self.merged, lower, step)? {
                return Ok(false);
            }
            self.lower_done = true;
            self.progress = Progress::default();
        }
        self.progress.go_on(&mut self.merged, upper, step)
    }

    pub(super) fn bytes(&self) -> usize {
        self.merged.bytes()
    }

    pub(super) fn into_layer(self) -> Layer {
        self.merged
    }
}
