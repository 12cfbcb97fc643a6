//! What a typed access costs over the bare engine below it, with the same options, in interleaved
//! rounds of one run: 500,000 `u64` keys in random order, values `u64`.
//!
//! `cargo bench -p state-bench --bench overhead --all-features [-- redb|rocksdb|sled]`

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

#[cfg(feature = "redb")]
mod redb;
#[cfg(feature = "rocksdb")]
mod rocksdb;
#[cfg(feature = "sled")]
mod sled;

use state_api::{StateBackend, StateRead, Value, ValueDescriptor};
use state_bench::inputs::permutation;
use state_bench::rounds::compare;

const KEYS: u64 = 500_000;
const ROUNDS: usize = 11;

/// The engine itself: keys and values of eight bytes.
trait Bare {
    fn get(&self, key: u64) -> u64;
    fn put(&mut self, key: u64, value: u64);
}

// A function of its own for each loop, so that each is compiled as it would be in an operator.

#[inline(never)]
fn get_bare(engine: &impl Bare, order: &[u64]) -> u64 {
    order
        .iter()
        .fold(0, |sum: u64, &key| sum.wrapping_add(engine.get(key)))
}

#[inline(never)]
fn put_bare(engine: &mut impl Bare, order: &[u64], x: u64) -> u64 {
    for &key in order {
        engine.put(key, key ^ x);
    }
    0
}

#[inline(never)]
fn get_ours<R: StateRead<Key = u64>>(state: &R, value: Value<u64>, order: &[u64]) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        let found = state.at(key).value(value).get().unwrap();
        sum.wrapping_add(*found.unwrap())
    })
}

#[inline(never)]
fn put_ours<B: StateBackend<Key = u64>>(
    state: &mut B,
    value: Value<u64>,
    order: &[u64],
    x: u64,
) -> u64 {
    for key in order {
        state.at_mut(key).value(value).put(key ^ x).unwrap();
    }
    0
}

fn run<B: StateBackend<Key = u64>>(name: &str, mut state: B, mut bare: impl Bare) {
    let order = permutation(1, KEYS);
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    put_ours(&mut state, value, &order, 0);
    put_bare(&mut bare, &order, 0);
    let order = permutation(2, KEYS);
    let what = format!("{name}, get");
    compare(
        &what,
        ROUNDS,
        &mut || get_ours(&state, value, &order),
        ("bare", &mut || get_bare(&bare, &order)),
    );
    let (mut ours, mut theirs) = (0, 0);
    let what = format!("{name}, put");
    compare(
        &what,
        ROUNDS,
        &mut || {
            ours += 1;
            put_ours(&mut state, value, &order, ours)
        },
        ("bare", &mut || {
            theirs += 1;
            put_bare(&mut bare, &order, theirs)
        }),
    );
    state.destroy().unwrap();
}

fn main() {
    let wanted: Vec<_> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    #[cfg(feature = "redb")]
    if is_wanted("redb") {
        redb::run();
    }
    #[cfg(feature = "rocksdb")]
    if is_wanted("rocksdb") {
        rocksdb::run();
    }
    #[cfg(feature = "sled")]
    if is_wanted("sled") {
        sled::run();
    }
}
