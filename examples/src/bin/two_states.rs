//! Two states of one key, read at once, by an operator that runs on every backend.
//!
//! The operator keeps sum and count of a sensor's readings and tells how far each is from the
//! average before it. On the heap the two reads are borrows; on redb they are decoded values;
//! `Ref` is either, and the operator cannot tell.

#![expect(clippy::print_stdout, reason = "a program that shows something")]

use std::error::Error;

use state_backends::heap::HeapBackend;
use state_backends::redb::{self, RedbConfig};
use state_backends::{KeyGroups, Result, StateBackend, StateRead, Value, ValueDescriptor};

/// The states of a sensor.
#[derive(Clone, Copy)]
struct Average {
    sum: Value<f64>,
    count: Value<u32>,
}

impl Average {
    fn register<B: StateBackend<Key = String>>(state: &mut B) -> Result<Self> {
        Ok(Self {
            sum: state.register(ValueDescriptor::new("sum"))?,
            count: state.register(ValueDescriptor::new("count"))?,
        })
    }

    /// The average of a sensor; reads a live backend or a view alike.
    fn get<R: StateRead<Key = String>>(self, state: &R, sensor: &str) -> Result<Option<f64>> {
        let at = state.at(sensor); // hashed or encoded once, for both reads
        let (sum, count) = (at.value(self.sum).get()?, at.value(self.count).get()?);
        Ok(sum.zip(count).map(|(sum, count)| *sum / f64::from(*count)))
    }

    /// Takes a reading in; returns how far it is from the average before.
    fn observe<B: StateBackend<Key = String>>(
        self,
        state: &mut B,
        sensor: &str,
        reading: f64,
    ) -> Result<Option<f64>> {
        let average = self.get(state, sensor)?;
        let mut at = state.at_mut(sensor);
        at.value(self.sum).modify(0.0, |sum| *sum += reading)?;
        at.value(self.count).modify(0, |count| *count += 1)?;
        Ok(average.map(|average| reading - average))
    }
}

/// Runs the operator on a backend and returns what it tells.
fn run<B: StateBackend<Key = String>>(mut state: B) -> Result<Vec<Option<f64>>> {
    let average = Average::register(&mut state)?;
    let told = [20.0, 24.0, 19.0].map(|reading| average.observe(&mut state, "attic", reading));
    let told = told.into_iter().collect::<Result<Vec<_>>>()?;

    let view = state.freeze()?;
    assert_eq!(average.get(&view, "attic")?, Some(21.0));
    assert_eq!(average.get(&view, "roof")?, None, "absence is no error");
    drop(view);
    println!("{:>4}: {told:?}", state.name());
    state.destroy()?;
    Ok(told)
}

fn main() -> Result<(), Box<dyn Error>> {
    let groups = KeyGroups::all(KeyGroups::DEFAULT)?;
    let dir = tempfile::tempdir()?;
    let on_heap = run(HeapBackend::new(groups))?;
    let on_redb = run(redb::open(dir.path(), groups, &RedbConfig::default())?)?;
    assert_eq!(on_heap, [None, Some(4.0), Some(-3.0)]);
    assert_eq!(on_heap, on_redb);
    Ok(())
}
