//! A view, read by another thread while writing goes on: it stays as it was when it was frozen,
//! needs no lock, and outlives the backend.
//!
//! The owner counts from 1 to 100,000 for each of ten sensors and hands out a view every 10,000
//! rounds. In every view all sensors stand at the same round.

#![expect(clippy::print_stdout, reason = "a program that shows something")]

use std::sync::mpsc;
use std::thread;

use state_backends::heap::HeapBackend;
use state_backends::{KeyGroups, Result, StateBackend, StateView, Value, ValueDescriptor};

const SENSORS: u32 = 10;
const ROUNDS: u64 = 100_000;
const PER_VIEW: u64 = 10_000;

/// What every sensor in a view stands at.
fn round_of<V: StateView<Key = u32>>(view: &V, rounds: Value<u64>) -> Result<u64> {
    assert_eq!(view.key_count(rounds)?, u64::from(SENSORS));
    let first = view.at(&0).value(rounds).get()?.map_or(0, |round| *round);
    for sensor in 1..SENSORS {
        let round = view.at(&sensor).value(rounds).get()?;
        assert_eq!(round.as_deref(), Some(&first), "no view is torn");
    }
    Ok(first)
}

fn main() -> Result<()> {
    let mut state = HeapBackend::<u32>::new(KeyGroups::all(KeyGroups::DEFAULT)?);
    let rounds = state.register(ValueDescriptor::<u64>::new("rounds"))?;
    let (views, received) = mpsc::channel();

    // Reads while the owner writes; a handle works on a backend and on all its views.
    let reader = thread::spawn(move || -> Result<Vec<u64>> {
        received
            .iter()
            .map(|view| round_of(&view, rounds))
            .collect()
    });

    for round in 1..=ROUNDS {
        for sensor in 0..SENSORS {
            state.at_mut(&sensor).value(rounds).put(round)?;
        }
        if round.is_multiple_of(PER_VIEW) {
            // The reader only hangs up when it has failed, which `join` tells.
            let _ = views.send(state.freeze()?);
        }
    }

    let last = state.freeze()?;
    state.at_mut(&0).value(rounds).clear()?;
    state.destroy()?;
    assert_eq!(
        round_of(&last, rounds)?,
        ROUNDS,
        "a view outlives writes and its backend"
    );

    drop(views);
    let seen = reader
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    assert!(seen.iter().copied().eq((1..=10).map(|n| n * PER_VIEW)));
    println!("the reader saw the rounds {seen:?} while {ROUNDS} were written");
    Ok(())
}
