//! Access to value state beside a bare `hashbrown` map, in interleaved rounds of one run.
//!
//! Inputs: 500,000 `u64` keys in random order, values `u64`. Prints the median of the ratios of
//! the rounds, with the smallest and the largest: above 1 is faster than the bare map.
//!
//! `cargo bench -p state-heap --bench access`

use std::hint::black_box;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use state_api::{BoundStates, KeyGroups, StateBackend, StateRead, ValueDescriptor};
use state_heap::HeapBackend;

const KEYS: u64 = 500_000;
const ROUNDS: usize = 15;

/// SplitMix64, output `i` from `seed`.
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

fn timed(f: impl FnOnce() -> u64) -> (Duration, u64) {
    let start = Instant::now();
    let sum = black_box(f());
    (start.elapsed(), sum)
}

fn report(what: &str, mut ratios: Vec<f64>) {
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    println!("{what:<28} {median:.2} of bare  ({:.2} to {:.2})", ratios[0], ratios[ratios.len() - 1]);
}

/// Runs `ours` and `bare` alternately; both must return the same.
fn compare(what: &str, mut ours: impl FnMut() -> u64, mut bare: impl FnMut() -> u64) {
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let (bare_time, expected) = timed(&mut bare);
        let (our_time, found) = timed(&mut ours);
        assert_eq!(found, expected, "{what}");
        if round > 0 {
            ratios.push(bare_time.as_secs_f64() / our_time.as_secs_f64());
        }
    }
    report(what, ratios);
}

fn main() {
    let order = permutation(1, KEYS);
    let mut bare: HashMap<u64, u64, RandomState> = HashMap::default();
    let mut state = HeapBackend::<u64>::new(KeyGroups::all(KeyGroups::DEFAULT).unwrap());
    let value = state.register(ValueDescriptor::<u64>::new("value")).unwrap();
    for key in 0..KEYS {
        bare.insert(key, mix(3, key));
        state.at_mut(&key).value(value).put(mix(3, key)).unwrap();
    }
    let sum_bare = |bare: &HashMap<u64, u64, RandomState>| {
        order.iter().fold(0_u64, |sum, key| sum.wrapping_add(*bare.get(key).unwrap()))
    };

    compare(
        "get",
        || {
            order.iter().fold(0_u64, |sum, key| {
                sum.wrapping_add(*state.at(key).value(value).get().unwrap().unwrap())
            })
        },
        || sum_bare(&bare),
    );
    {
        let (mut bound, (value,)) = state.bind((value,)).unwrap();
        compare(
            "get, bound",
            || {
                order.iter().fold(0_u64, |sum, key| {
                    sum.wrapping_add(*bound.at_mut(key).value(value).get().unwrap().unwrap())
                })
            },
            || sum_bare(&bare),
        );
    }
    {
        let view = state.freeze().unwrap();
        compare(
            "get, view",
            || {
                order.iter().fold(0_u64, |sum, key| {
                    sum.wrapping_add(*view.at(key).value(value).get().unwrap().unwrap())
                })
            },
            || sum_bare(&bare),
        );
    }
    let (mut i, mut j) = (0, 0);
    compare(
        "update",
        || {
            i += 1;
            order.iter().for_each(|key| state.at_mut(key).value(value).put(key ^ i).unwrap());
            0
        },
        || {
            j += 1;
            order.iter().for_each(|key| {
                bare.insert(*key, key ^ j);
            });
            0
        },
    );
    compare(
        "read-modify-write",
        || {
            order.iter().fold(0_u64, |sum, key| {
                let add = |n: &mut u64| {
                    *n = n.wrapping_add(1);
                    *n
                };
                sum.wrapping_add(state.at_mut(key).value(value).modify(0, add).unwrap())
            })
        },
        || {
            order.iter().fold(0_u64, |sum, key| {
                let n = bare.entry(*key).or_insert(0);
                *n = n.wrapping_add(1);
                sum.wrapping_add(*n)
            })
        },
    );
    let (mut bound, (value,)) = state.bind((value,)).unwrap();
    compare(
        "update, bound",
        || {
            i += 1;
            order.iter().for_each(|key| bound.at_mut(key).value(value).put(key ^ i).unwrap());
            0
        },
        || {
            j += 1;
            order.iter().for_each(|key| {
                bare.insert(*key, key ^ j);
            });
            0
        },
    );
    compare(
        "read-modify-write, bound",
        || {
            order.iter().fold(0_u64, |sum, key| {
                let add = |n: &mut u64| {
                    *n = n.wrapping_add(1);
                    *n
                };
                sum.wrapping_add(bound.at_mut(key).value(value).modify(0, add).unwrap())
            })
        },
        || {
            order.iter().fold(0_u64, |sum, key| {
                let n = bare.entry(*key).or_insert(0);
                *n = n.wrapping_add(1);
                sum.wrapping_add(*n)
            })
        },
    );
}
