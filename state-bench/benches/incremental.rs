//! What an incremental checkpoint costs by the number of rows that changed, of 1 million with 100 bytes
//! each: the pause of the owner, and the time in which the changes are read, with their bytes.
//!
//! `cargo bench -p state-bench --bench incremental --all-features [-- redb|rocksdb|sled]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

use std::time::Instant;

use state_api::{ChangeSource, RowChange, StateBackend, StateRead, StateView, ValueDescriptor};
use state_bench::engines::{OnEngine, on_engines};
use state_bench::inputs::{mix, permutation};

const ROWS: u64 = 1_000_000;
const BUFFER: usize = 64 << 20;
const ROUNDS: u64 = 3;

/// Reads all changes: how many, and the bytes of their keys and envelopes.
fn drain(mut changes: impl ChangeSource) -> (u64, u64) {
    let (mut count, mut bytes) = (0, 0);
    while changes.next_run().unwrap() {
        while let Some(change) = changes.next_change().unwrap() {
            count += 1;
            bytes += match change {
                RowChange::Put(row) => row.key.len() + row.envelope.len(),
                RowChange::Delete { key, .. } => key.len(),
                RowChange::DeleteRange(range) => {
                    range.start.len() + range.end.map_or(0, <[u8]>::len)
                }
            } as u64;
        }
    }
    (count, bytes)
}

fn value(key: u64, round: u64) -> Vec<u8> {
    let word = mix(round, key).to_le_bytes();
    word.iter().copied().cycle().take(100).collect()
}

struct Incremental;

impl OnEngine for Incremental {
    fn run<B: StateBackend<Key = u64>>(&self, name: &str, open: &mut dyn FnMut() -> B) {
        let mut state = open();
        state.track_changes(1 << 30).unwrap();
        let values = state.register(ValueDescriptor::new("value")).unwrap();
        let order = permutation(1, ROWS);
        let write = |state: &mut B, count: u64, round: u64| {
            for key in order.iter().filter(|key| **key < count) {
                // Spread over the key groups, and over each, by the hash of the key.
                let key = key * (ROWS / count);
                let mut at = state.at_mut(&key);
                at.value(values).put(value(key, round)).unwrap();
            }
        };
        write(&mut state, ROWS, 0);
        let mut since = None;
        for (what, count) in [
            ("all", ROWS),
            ("0.1 %", ROWS / 1000),
            ("1 %", ROWS / 100),
            ("10 %", ROWS / 10),
            ("100 %", ROWS),
        ] {
            let (mut pause, mut time, mut found, mut tracked) = (0.0_f64, f64::MAX, (0, 0), 0);
            for round in 1..=ROUNDS {
                if since.is_some() {
                    write(&mut state, count, round);
                }
                let start = Instant::now();
                let view = state.freeze().unwrap();
                pause = pause.max(start.elapsed().as_secs_f64());
                tracked = state.memory_held().tracking_bytes;
                let epoch = view.epoch();
                let range = view.key_groups().range();
                let start = Instant::now();
                found = drain(view.into_changes(since, range, BUFFER).unwrap());
                time = time.min(start.elapsed().as_secs_f64());
                assert_eq!(found.0, count);
                if since.is_some() || round == ROUNDS {
                    state.confirm(epoch).unwrap();
                    since = Some(epoch);
                }
            }
            println!(
                "{name:<8} {what:<6} freeze {:8.2} ms, read in {:8.1} ms, {:11} bytes, tracked in {tracked:9}",
                pause * 1e3,
                time * 1e3,
                found.1,
            );
        }
        state.destroy().unwrap();
    }
}

fn main() {
    on_engines(&Incremental);
}
