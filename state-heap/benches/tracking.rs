//! Writes with the tracking of changes on, beside the same writes with it off, in interleaved rounds of
//! one run.
//!
//! Inputs: 500,000 `u64` keys in random order, values `u64`; lists of `u64`, of which 50,000 grow
//! by ten elements a round; maps of ten entries, 50,000 of them, and one of 500,000 entries. Each
//! round is an interval of its own: before it the state is frozen, and that freeze confirmed. Prints
//! the median of the ratios of the rounds, with the smallest and the largest, and the ratio of the best
//! round of each: 1 is as fast as without. Then what tracking took at the end of an interval.
//!
//! `cargo bench -p state-heap --bench tracking`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints, and may panic"
)]

use std::hint::black_box;
use std::time::Instant;

use state_api::{
    KeyGroups, List, ListDescriptor, Map, MapDescriptor, StateBackend, StateRead, StateView, Value,
    ValueDescriptor,
};
use state_heap::HeapBackend;

const KEYS: u64 = 500_000;
const COLLECTIONS: u64 = 50_000;
const ROUNDS: usize = 15;

type Heap = HeapBackend<u64>;

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

struct States {
    heap: Heap,
    value: Value<u64>,
    list: List<u64>,
    map: Map<u64, u64>,
    large: Map<u64, u64>,
}

impl States {
    fn new(tracked: bool) -> Self {
        let mut heap = Heap::new(KeyGroups::all(KeyGroups::DEFAULT).unwrap());
        if tracked {
            heap.track_changes(1 << 30).unwrap();
        }
        Self {
            value: heap.register(ValueDescriptor::new("value")).unwrap(),
            list: heap.register(ListDescriptor::new("list")).unwrap(),
            map: heap.register(MapDescriptor::new("map")).unwrap(),
            large: heap.register(MapDescriptor::new("large")).unwrap(),
            heap,
        }
    }

    /// Without tracking and with it, filled alternately, so that they lie alike in memory.
    fn both() -> [Self; 2] {
        let mut both = [Self::new(false), Self::new(true)];
        for key in 0..KEYS {
            for Self {
                heap, value, large, ..
            } in &mut both
            {
                heap.at_mut(&key).value(*value).put(mix(3, key)).unwrap();
                heap.at_mut(&0).map(*large).insert(key, 0).unwrap();
            }
        }
        for key in 0..COLLECTIONS {
            for Self { heap, map, .. } in &mut both {
                for i in 0..10 {
                    heap.at_mut(&key).map(*map).insert(i, i).unwrap();
                }
            }
        }
        both
    }

    /// Begins an interval; returns what the one before took, in bytes.
    fn begin(&mut self) -> u64 {
        let held = self.heap.memory_held().tracking_bytes;
        let epoch = self.heap.freeze().unwrap().epoch();
        self.heap.confirm(epoch).unwrap();
        held
    }
}

// A function of its own for each loop, so that each is compiled as it would be in an operator.

#[inline(never)]
fn get(s: &mut States, order: &[u64], _: u64) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        sum.wrapping_add(*s.heap.at(key).value(s.value).get().unwrap().unwrap())
    })
}

#[inline(never)]
fn put(s: &mut States, order: &[u64], x: u64) -> u64 {
    for key in order {
        s.heap.at_mut(key).value(s.value).put(key ^ x).unwrap();
    }
    0
}

#[inline(never)]
fn modify(s: &mut States, order: &[u64], x: u64) -> u64 {
    order.iter().fold(0, |sum: u64, key| {
        let add = |n: &mut u64| {
            *n = n.wrapping_add(x);
            *n
        };
        sum.wrapping_add(s.heap.at_mut(key).value(s.value).modify(0, add).unwrap())
    })
}

#[inline(never)]
fn insert(s: &mut States, order: &[u64], x: u64) -> u64 {
    for key in order {
        s.heap.at_mut(&(key + KEYS)).value(s.value).put(x).unwrap();
    }
    0
}

#[inline(never)]
fn remove(s: &mut States, order: &[u64], _: u64) -> u64 {
    for key in order {
        s.heap.at_mut(&(key + KEYS)).value(s.value).clear().unwrap();
    }
    0
}

/// Sessions: a key comes, and goes soon after.
#[inline(never)]
fn come_and_go(s: &mut States, order: &[u64], x: u64) -> u64 {
    for keys in order.chunks(1000) {
        for key in keys {
            s.heap.at_mut(&(key + KEYS)).value(s.value).put(x).unwrap();
        }
        for key in keys {
            s.heap.at_mut(&(key + KEYS)).value(s.value).clear().unwrap();
        }
    }
    0
}

#[inline(never)]
fn append(s: &mut States, order: &[u64], x: u64) -> u64 {
    for key in order {
        s.heap
            .at_mut(&(key % COLLECTIONS))
            .list(s.list)
            .push(x)
            .unwrap();
    }
    0
}

#[inline(never)]
fn add_to_map(s: &mut States, order: &[u64], x: u64) -> u64 {
    for key in order {
        s.heap
            .at_mut(&(key % COLLECTIONS))
            .map(s.map)
            .modify(&(key / COLLECTIONS), 0, |n| *n ^= x)
            .unwrap();
    }
    0
}

#[inline(never)]
fn add_to_large(s: &mut States, order: &[u64], x: u64) -> u64 {
    // A hundredth of the entries, ten times.
    for key in &order[..order.len() / 10] {
        s.heap
            .at_mut(&0)
            .map(s.large)
            .modify(&(key % (KEYS / 100) * 100), 0, |n| *n ^= x)
            .unwrap();
    }
    0
}

type Run = fn(&mut States, &[u64], u64) -> u64;

fn timed(states: &mut States, run: Run, order: &[u64], x: u64) -> (f64, u64) {
    let start = Instant::now();
    let sum = black_box(run(states, order, x));
    (start.elapsed().as_secs_f64(), sum)
}

/// Runs `run` on both alternately; between the rounds both run `undo`.
fn compare(what: &str, both: &mut [States; 2], order: &[u64], run: Run, undo: Option<Run>) {
    let mut wanted = std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
    if wanted.next().is_some_and(|wanted| !what.contains(&wanted)) {
        return;
    }
    let (mut ratios, mut held) = (Vec::new(), 0);
    let mut best = (f64::INFINITY, f64::INFINITY);
    for round in 0..ROUNDS {
        let x = round as u64 + 1;
        let [off, on] = both;
        off.begin();
        on.begin();
        let (off, on) = if round % 2 == 0 {
            (timed(off, run, order, x), timed(on, run, order, x))
        } else {
            let on = timed(on, run, order, x);
            (timed(off, run, order, x), on)
        };
        assert_eq!(off.1, on.1, "{what}");
        ratios.push(off.0 / on.0);
        best = (best.0.min(off.0), best.1.min(on.0));
        held = both[1].begin().max(held);
        both[0].begin();
        if let Some(undo) = undo {
            for states in both.iter_mut() {
                undo(states, order, x);
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let (first, last) = (ratios[0], ratios[ratios.len() - 1]);
    println!(
        "{what:<28} {:.2} of untracked  ({first:.2} to {last:.2}); best rounds {:.2}; {:.1} MB",
        ratios[ratios.len() / 2],
        best.0 / best.1,
        held as f64 / 1e6
    );
}

fn main() {
    let order = permutation(1, KEYS);
    let mut both = States::both();
    for (states, what) in both.iter_mut().zip(["off", "on"]) {
        states.begin();
        put(states, &order, 1);
        let held = states.heap.memory_held();
        println!(
            "{what:<3} {:.2} bytes an entry, and {:.2} of tracking with all values written",
            held.bytes as f64 / held.entries as f64,
            held.tracking_bytes as f64 / KEYS as f64
        );
    }
    let both = &mut both;
    compare("get", both, &order, get, None);
    compare("put", both, &order, put, None);
    compare("modify", both, &order, modify, None);
    compare("insert", both, &order, insert, Some(remove));
    compare("insert, then remove", both, &order, come_and_go, None);
    insert(&mut both[0], &order, 1);
    insert(&mut both[1], &order, 1);
    compare("remove", both, &order, remove, Some(insert));
    compare("list append", both, &order, append, None);
    compare("map modify, 10 entries", both, &order, add_to_map, None);
    compare(
        "map modify, 500,000 entries",
        both,
        &order,
        add_to_large,
        None,
    );
}
