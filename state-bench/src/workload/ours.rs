//! Our side of a workload, whatever the kind of its state.

use state_api::{StateBackend, StateKey};

use super::{Operation, Workload, list, map, name, pair, payload, value};
use crate::error::Result;
use crate::inputs::Inputs;
use crate::side::State;
use crate::subject::Opened;

/// A way to open backends.
pub(super) trait Open {
    /// What it opens.
    type State<K: StateKey>: StateBackend<Key = K>;

    /// Opens an empty one.
    fn open<K: StateKey>(&self) -> Result<Opened<Self::State<K>>>;
}

/// What is done with our side.
pub(super) trait OnOurs<O> {
    /// What comes of it.
    type Output;

    /// Does it; `make` makes a state, an empty one.
    fn run<A: State>(
        self,
        operation: A::Operation,
        inputs: &Inputs,
        make: impl Fn(&O) -> Result<A>,
    ) -> Result<Self::Output>;
}

impl Workload {
    /// Does something with our side, over as many keys as said.
    pub(super) fn on_ours<O: Open, W: OnOurs<O>>(&self, keys: u64, work: W) -> Result<W::Output> {
        let inputs = &Inputs::new(self.keys(keys));
        match self.operation {
            Operation::Value(operation) => {
                work.run(operation, inputs, |it| value::Ours::new(it.open()?))
            }
            Operation::Name(operation) => {
                work.run(operation, inputs, |it| name::Ours::new(it.open()?))
            }
            Operation::Payload(operation) => {
                work.run(operation, inputs, |it| payload::Ours::new(it.open()?))
            }
            Operation::Pair(operation) => {
                work.run(operation, inputs, |it| pair::Ours::new(it.open()?))
            }
            Operation::List(operation) => {
                work.run(operation, inputs, |it| list::Ours::new(it.open()?))
            }
            Operation::Map(operation) => {
                work.run(operation, inputs, |it| map::Ours::new(it.open()?))
            }
        }
    }
}
