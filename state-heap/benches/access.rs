//! Access to value state beside a bare `hashbrown` map, in interleaved rounds of one run.
//!
//! Inputs: 500,000 `u64` keys in random order, values `u64`. Prints the median of the ratios of
//! the rounds, with the smallest and the largest: above 1 is faster than the bare map.
//!
//! *Bound* is [`StateBackend::bind`]: the tables resolved once for a batch, here of all keys.
//!
//! `cargo bench -p state-heap --bench access`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

use std::hint::black_box;
use std::time::Instant;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use state_api::{BoundStates, KeyGroups, StateBackend, StateRead, Value, ValueDescriptor};
use state_heap::HeapBackend;

const KEYS: u64 = 500_000;
const ROUNDS: usize = 15;

/// `SplitMix64`, output `i` from `seed`.
fn mix(seed: u64, i: u64) -> u64 {
    let z = seed.wrapping_add((i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn permutation(seed: u64, n: u64) -> Vec<u64> {
    let mut p: Vec<u64> = (0..n).collect();
    for (t, i) in (1..n).rev().enumerate() {
        let j = (u128::from(mix(seed, t as u64)) * u128::from(i + 1)) >> 64;
        p.swap(i as usize, j as usize);
    }
    p
}

fn report(what: &str, mut ratios: Vec<f64>) {
    ratios.sort_by(f64::total_cmp);
    let (first, last) = (ratios[0], ratios[ratios.len() - 1]);
    println!(
        "{what:<26} {:.2} of bare  ({first:.2} to {last:.2})",
        ratios[ratios.len() / 2]
    );
}

fn timed(f: &mut dyn FnMut() -> u64) -> (f64, u64) {
    black_box(f()); // the same cache for both
    let start = Instant::now();
    let sum = black_box(f());
    (start.elapsed().as_secs_f64(), sum)
}

/// Runs `ours` and `bare` alternately; both must return the same.
fn compare(what: &str, ours: &mut dyn FnMut() -> u64, bare: &mut dyn FnMut() -> u64) {
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let (bare_time, expected) = timed(bare);
        let (our_time, found) = timed(ours);
        assert_eq!(found, expected, "{what}");
        ratios.push(bare_time / our_time);
    }
    report(what, ratios);
}

type Bare = HashMap<u64, u64, RandomState>;
type Heap = HeapBackend<u64>;

// A function of its own for each loop, so that each is compiled as it would be in an operator.

#[inline(never)]
fn bare_get(map: &Bare, order: &[u64]) -> u64 {
    order
        .iter()
        .fold(0, |sum: u64, key| sum.wrapping_add(*map.get(key).unwrap()))
}

#[inline(never)]
fn bare_put(map: &mut Bare, order: &[u64], x: u64) -> u64 {
    for key in order {
        map.insert(*key, key ^ x);
    }
    0
}

#[inline(never)]
fn bare_modify(map: &mut Bare, order: &[u64]) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        let n = map.entry(*key).or_insert(0);
        *n = n.wrapping_add(1);
        sum.wrapping_add(*n)
    })
}

#[inline(never)]
fn get<R: StateRead<Key = u64>>(state: &R, value: Value<u64>, order: &[u64]) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(*state.at(key).value(value).get().unwrap().unwrap())
    })
}

#[inline(never)]
fn get_bound(state: &mut Heap, value: Value<u64>, order: &[u64]) -> u64 {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(*bound.at_mut(key).value(value).get().unwrap().unwrap())
    })
}

#[inline(never)]
fn put(state: &mut Heap, value: Value<u64>, order: &[u64], x: u64) -> u64 {
    for key in order {
        state.at_mut(key).value(value).put(key ^ x).unwrap();
    }
    0
}

#[inline(never)]
fn put_bound(state: &mut Heap, value: Value<u64>, order: &[u64], x: u64) -> u64 {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    for key in order {
        bound.at_mut(key).value(value).put(key ^ x).unwrap();
    }
    0
}

fn add(n: &mut u64) -> u64 {
    *n = n.wrapping_add(1);
    *n
}

#[inline(never)]
fn modify(state: &mut Heap, value: Value<u64>, order: &[u64]) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(state.at_mut(key).value(value).modify(0, add).unwrap())
    })
}

#[inline(never)]
fn modify_bound(state: &mut Heap, value: Value<u64>, order: &[u64]) -> u64 {
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(bound.at_mut(key).value(value).modify(0, add).unwrap())
    })
}

fn main() {
    let order = permutation(1, KEYS);
    let mut bare = Bare::default();
    let mut state = Heap::new(KeyGroups::all(KeyGroups::DEFAULT).unwrap());
    let value = state
        .register(ValueDescriptor::<u64>::new("value"))
        .unwrap();
    for key in 0..KEYS {
        bare.insert(key, mix(3, key));
        state.at_mut(&key).value(value).put(mix(3, key)).unwrap();
    }
    compare("get", &mut || get(&state, value, &order), &mut || {
        bare_get(&bare, &order)
    });
    compare(
        "get, bound",
        &mut || get_bound(&mut state, value, &order),
        &mut || bare_get(&bare, &order),
    );
    let view = state.freeze().unwrap();
    compare("get, view", &mut || get(&view, value, &order), &mut || {
        bare_get(&bare, &order)
    });
    drop(view);
    put(&mut state, value, &order, 1);
    compare(
        "put",
        &mut || put(&mut state, value, &order, 1),
        &mut || bare_put(&mut bare, &order, 1),
    );
    compare(
        "put, bound",
        &mut || put_bound(&mut state, value, &order, 2),
        &mut || bare_put(&mut bare, &order, 2),
    );
    compare(
        "modify",
        &mut || modify(&mut state, value, &order),
        &mut || bare_modify(&mut bare, &order),
    );
    compare(
        "modify, bound",
        &mut || modify_bound(&mut state, value, &order),
        &mut || bare_modify(&mut bare, &order),
    );
}
