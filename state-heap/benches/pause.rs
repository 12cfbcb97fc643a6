//! Pauses of the owner: freezes, and the longest single write while a view lives.
//!
//! Entries of 100 bytes under `u64` keys, at 1 and 10 million; then one map of a million entries. Of each
//! view all is encoded on other threads meanwhile, as a checkpoint does, in every second round.
//! Milliseconds, the worst of each run, and how many of the writes took longer than 2 ms.
//!
//! What the allocator and the kernel do is in the figures. glibc in particular gathers small blocks
//! that were freed (those of a dropped view) and merges them all within one later call for a large
//! block: with boxed values that call, a freeze or a segment's copy, may take a tenth of a second.
//! `GLIBC_TUNABLES=glibc.malloc.mxfast=0` turns the gathering off.
//!
//! `cargo bench -p state-heap --bench pause [-- ENTRIES .. [tracked]]`; `tracked` has changes tracked.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;
use state_api::{
    ChangeSource, KeyGroups, MapDescriptor, StateBackend, StateRead, StateValue, StateView,
    ValueDescriptor,
};
use state_heap::{HeapBackend, HeapView};

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

/// Does `work` while, if so wished, another thread encodes what `view` has, until the work is done.
fn beside<T>(view: HeapView<u64>, encode: bool, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        if encode {
            let (view, done) = (view.clone(), &done);
            scope.spawn(move || {
                let range = view.key_groups().range();
                let mut changes = view.into_changes(None, range, 64 << 20).unwrap();
                while !done.load(Ordering::Relaxed) && changes.next_run().unwrap() {
                    while changes.next_change().unwrap().is_some() {}
                }
            });
        }
        let result = work();
        done.store(true, Ordering::Relaxed);
        drop(view);
        result
    })
}

/// What the program is asked for: whether changes are tracked, and numbers of entries.
fn asked() -> (bool, Vec<u64>) {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let numbers = args.iter().filter_map(|arg| arg.parse().ok());
    (args.iter().any(|arg| arg == "tracked"), numbers.collect())
}

fn begin() -> HeapBackend<u64> {
    let mut state = HeapBackend::new(KeyGroups::all(KeyGroups::DEFAULT).unwrap());
    if asked().0 {
        state.track_changes(256 << 20).unwrap();
    }
    state
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
    let mut state = begin();
    let value = state.register(ValueDescriptor::<V>::new("value")).unwrap();
    for key in 0..entries {
        state.at_mut(&key).value(value).put(make(7)).unwrap();
    }
    let write = |state: &mut HeapBackend<u64>, i| {
        let key = scattered(i, entries);
        state.at_mut(&key).value(value).put(make(8)).unwrap();
    };
    let alone = measure(|i| write(&mut state, i));
    for round in 1..=4 {
        let before = Instant::now();
        let view = state.freeze().unwrap();
        let freeze = ms(before);
        let (encoded, epoch) = (round % 2 == 0, view.epoch());
        let with = beside(view, encoded, || measure(|i| write(&mut state, i)));
        let encoded = if encoded { ", encoded" } else { "" };
        if asked().0 {
            let before = Instant::now();
            state.confirm(epoch).unwrap();
            print!("confirm {:.3} ms ", ms(before));
        }
        println!(
            "{entries:>9} {what} values, view {round}{encoded}: freeze {freeze:.3} ms, longest write {:.3} ms \
             ({} over 2 ms; without a view {:.3}), rate {:.2} of that without",
            with.longest,
            with.over_two,
            alone.longest,
            alone.mean / with.mean
        );
    }
}

fn map<V>(what: &str, entries: u64, make: fn(u8) -> V)
where
    V: StateValue + Serialize + DeserializeOwned,
{
    let mut state = begin();
    let map = state.register(MapDescriptor::<u64, V>::new("map")).unwrap();
    for entry in 0..entries {
        state.at_mut(&1).map(map).insert(entry, make(7)).unwrap();
    }
    for round in 1..=4 {
        let before = Instant::now();
        let view = state.freeze().unwrap();
        let freeze = ms(before);
        let encoded = round % 2 == 0;
        let write = |i| {
            let mut at = state.at_mut(&1);
            at.map(map).insert(scattered(i, entries), make(8)).unwrap();
        };
        let with = beside(view, encoded, || measure(write));
        let encoded = if encoded { ", encoded" } else { "" };
        println!(
            "one map of {entries} {what} values, view {round}{encoded}: freeze {freeze:.3} ms, \
             longest write {:.3} ms ({} over 2 ms)",
            with.longest, with.over_two
        );
    }
}

fn main() {
    let given = asked().1;
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
