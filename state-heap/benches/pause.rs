//! Pauses of the owner: freezes, and the longest single write while a view lives.
//!
//! Entries of 100 bytes under `u64` keys, at 1 and 10 million; then one map of a million entries.
//! Milliseconds, the worst of each run, and how many of the writes took longer than 2 ms.
//!
//! What the allocator and the kernel do is in the figures. glibc in particular gathers small blocks
//! that were freed (those of a dropped view) and merges them all within one later call for a large
//! block: with boxed values that call, a freeze or a segment's copy, may take a tenth of a second.
//! `GLIBC_TUNABLES=glibc.malloc.mxfast=0` turns the gathering off.
//!
//! `cargo bench -p state-heap --bench pause [-- ENTRIES ..]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;
use state_api::{KeyGroups, MapDescriptor, StateBackend, StateValue, ValueDescriptor};
use state_heap::HeapBackend;

const WRITES: u64 = 300_000;

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// A key in random order: an odd factor permutes the numbers below a power of two.
fn scattered(i: u64, below: u64) -> u64 {
    i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % below
}

/// Times of many writes, in milliseconds.
struct Writes {
    longest: f64,
    mean: f64,
    over_two: u32,
}

fn measure(mut write: impl FnMut(u64)) -> Writes {
    let start = Instant::now();
    let (mut longest, mut over_two) = (0.0_f64, 0);
    for i in 0..WRITES {
        let before = Instant::now();
        write(i);
        let took = ms(before);
        longest = longest.max(took);
        over_two += u32::from(took > 2.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of writes")]
    let mean = ms(start) / WRITES as f64;
    Writes {
        longest,
        mean,
        over_two,
    }
}

/// 100 bytes behind a pointer: the allocator works with every write.
fn boxed(x: u8) -> Vec<u8> {
    vec![x; 100]
}

/// 100 bytes in place, as a record of a few numbers is.
fn inline(x: u8) -> [[u8; 20]; 5] {
    [[x; 20]; 5]
}

fn values<V>(what: &str, entries: u64, make: fn(u8) -> V)
where
    V: StateValue + Serialize + DeserializeOwned,
{
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(KeyGroups::DEFAULT).unwrap());
    let value = state.register(ValueDescriptor::<V>::new("value")).unwrap();
    for key in 0..entries {
        state.at_mut(&key).value(value).put(make(7)).unwrap();
    }
    let write = |state: &mut HeapBackend<u64>, i| {
        let key = scattered(i, entries);
        state.at_mut(&key).value(value).put(make(8)).unwrap();
    };
    let alone = measure(|i| write(&mut state, i));
    for round in 1..=3 {
        let before = Instant::now();
        let view = state.freeze().unwrap();
        let freeze = ms(before);
        let with = measure(|i| write(&mut state, i));
        println!(
            "{entries:>9} {what} values, view {round}: freeze {freeze:.3} ms, longest write {:.3} ms \
             ({} over 2 ms; without a view {:.3}), rate {:.2} of that without",
            with.longest,
            with.over_two,
            alone.longest,
            alone.mean / with.mean
        );
        drop(view);
    }
}

fn map<V>(what: &str, entries: u64, make: fn(u8) -> V)
where
    V: StateValue + Serialize + DeserializeOwned,
{
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(KeyGroups::DEFAULT).unwrap());
    let map = state.register(MapDescriptor::<u64, V>::new("map")).unwrap();
    for entry in 0..entries {
        state.at_mut(&1).map(map).insert(entry, make(7)).unwrap();
    }
    for round in 1..=3 {
        let before = Instant::now();
        let view = state.freeze().unwrap();
        let freeze = ms(before);
        let with = measure(|i| {
            state
                .at_mut(&1)
                .map(map)
                .insert(scattered(i, entries), make(8))
                .unwrap();
        });
        println!(
            "one map of {entries} {what} values, view {round}: freeze {freeze:.3} ms, \
             longest write {:.3} ms ({} over 2 ms)",
            with.longest, with.over_two
        );
        drop(view);
    }
}

fn main() {
    let given: Vec<u64> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let sizes = if given.is_empty() {
        vec![1_000_000, 10_000_000]
    } else {
        given
    };
    for entries in sizes {
        values("inline", entries, inline);
        values("boxed", entries, boxed);
    }
    map("inline", 1_000_000, inline);
    map("boxed", 1_000_000, boxed);
}
