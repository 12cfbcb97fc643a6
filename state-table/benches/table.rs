//! A table of 500,000 `u64` rows beside a bare map of them, operation by operation:
//! `cargo bench -p state-table --bench table`.

mod row;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use row::{Pair, Random, hash};
use state_table::{Row, Table};
use xxhash_rust::xxh3::xxh3_64;

const ROWS: usize = 500_000;
/// Accesses a sample.
const BATCH: usize = 10_000;

type Bare = HashMap<u64, u64, RandomState>;
type Ours = Table<Pair<u64>>;

/// Random keys, with a bare map and a table of them.
struct Filled {
    keys: Vec<u64>,
    bare: Bare,
    ours: Ours,
}

fn keys() -> Vec<u64> {
    let mut random = Random(1);
    (0..ROWS).map(|_| random.next()).collect()
}

fn filled() -> Filled {
    let keys = keys();
    let (mut bare, mut ours) = (Bare::default(), Ours::default());
    for key in &keys {
        bare.insert(*key, 1);
        *value(&mut ours, *key) = 1;
    }
    Filled { keys, bare, ours }
}

/// The value of a key, made if there is none.
#[inline]
fn value(table: &mut Ours, key: u64) -> &mut u64 {
    let make = || Pair { key, value: 0 };
    let (row, _) = table.find_or_insert_with(hash(key), |row| row.key == key, make);
    &mut row.value
}

#[inline]
fn get(table: &Ours, key: u64) -> u64 {
    let row = table.get(hash(key), |row| row.key == key);
    row.map_or(0, |row| row.value)
}

/// Both sides of an operation on one key, over a batch of keys that `keys` draws.
fn both<'a>(
    c: &mut Criterion,
    operation: &str,
    keys: &mut dyn FnMut() -> Vec<u64>,
    bare: &'a mut dyn FnMut(&[u64]) -> u64,
    ours: &'a mut dyn FnMut(&[u64]) -> u64,
) {
    let mut group = c.benchmark_group(operation);
    group.throughput(Throughput::Elements(BATCH as u64));
    for (name, side) in [("bare", bare), ("table", ours)] {
        group.bench_function(name, |b| {
            b.iter_batched_ref(&mut *keys, |keys| side(keys), BatchSize::SmallInput);
        });
    }
    group.finish();
}

#[expect(clippy::too_many_lines, reason = "one operation after the other")]
fn accesses(c: &mut Criterion) {
    let Filled {
        keys,
        mut bare,
        mut ours,
    } = filled();
    let mut random = Random(2);
    let mut draw = || -> Vec<u64> {
        let key = |_| keys.get(random.below(ROWS)).copied().unwrap_or(0);
        (0..BATCH).map(key).collect()
    };
    both(
        c,
        "get",
        &mut draw,
        &mut |keys| {
            keys.iter()
                .map(|key| bare.get(key).copied().unwrap_or(0))
                .sum()
        },
        &mut |keys| keys.iter().map(|key| get(&ours, *key)).sum(),
    );
    // Random words: as good as none of them is a key.
    both(
        c,
        "get of an absent key",
        &mut || draw().iter().map(|key| key + 1).collect(),
        &mut |keys| {
            keys.iter()
                .map(|key| bare.get(key).copied().unwrap_or(0))
                .sum()
        },
        &mut |keys| keys.iter().map(|key| get(&ours, *key)).sum(),
    );
    let view = ours.freeze();
    both(
        c,
        "get on a view",
        &mut draw,
        &mut |keys| {
            keys.iter()
                .map(|key| bare.get(key).copied().unwrap_or(0))
                .sum()
        },
        &mut |keys| {
            let get = |key: &u64| view.get(hash(*key), |row| row.key == *key);
            keys.iter().filter_map(get).map(|row| row.value).sum()
        },
    );
    drop(view);
    both(
        c,
        "get_mut",
        &mut draw,
        &mut |keys| {
            for key in keys {
                if let Some(value) = bare.get_mut(key) {
                    *value += 1;
                }
            }
            0
        },
        &mut |keys| {
            for key in keys {
                if let Some(row) = ours.get_mut(hash(*key), |row| row.key == *key) {
                    row.value += 1;
                }
            }
            0
        },
    );
    both(
        c,
        "update",
        &mut draw,
        &mut |keys| {
            for key in keys {
                *bare.entry(*key).or_insert(0) += 1;
            }
            0
        },
        &mut |keys| {
            for key in keys {
                *value(&mut ours, *key) += 1;
            }
            0
        },
    );
    both(
        c,
        "remove, and insert",
        &mut draw,
        &mut |keys| {
            for key in keys {
                let old = bare.remove(key).unwrap_or(0);
                bare.insert(*key, old);
            }
            0
        },
        &mut |keys| {
            for key in keys {
                let old = ours.remove(hash(*key), |row| row.key == *key);
                *value(&mut ours, *key) = old.map_or(0, |row| row.value);
            }
            0
        },
    );
}

/// Both sides of something that is done to all rows at once.
fn whole<A, B>(
    c: &mut Criterion,
    operation: &str,
    mut bare: impl FnMut() -> A,
    mut ours: impl FnMut() -> B,
) {
    let mut group = c.benchmark_group(operation);
    group.sample_size(10);
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("bare", |b| b.iter_with_large_drop(|| black_box(bare())));
    group.bench_function("table", |b| b.iter_with_large_drop(|| black_box(ours())));
    group.finish();
}

/// A row with a long key, which growth hashes again.
#[derive(Clone)]
struct Word {
    key: String,
    value: u64,
}

impl Row for Word {
    fn hash(&self) -> u64 {
        xxh3_64(self.key.as_bytes())
    }
}

fn wholes(c: &mut Criterion) {
    let Filled { keys, bare, ours } = filled();
    whole(
        c,
        "iterate",
        || bare.values().sum::<u64>(),
        || ours.iter().map(|row| row.value).sum::<u64>(),
    );
    drop((bare, ours));
    whole(
        c,
        "insert",
        || {
            let mut bare = Bare::default();
            for key in &keys {
                *bare.entry(*key).or_insert(0) += 1;
            }
            bare
        },
        || {
            let mut ours = Ours::default();
            for key in &keys {
                *value(&mut ours, *key) += 1;
            }
            ours
        },
    );
    let words: Vec<String> = keys.iter().map(|key| format!("user-{key:016x}")).collect();
    whole(
        c,
        "insert with a String as key",
        || {
            let mut bare = HashMap::<String, u64, RandomState>::default();
            for key in &words {
                *bare.entry_ref(key.as_str()).or_insert(0) += 1;
            }
            bare
        },
        || {
            let mut ours = Table::<Word>::default();
            for key in &words {
                let hash = xxh3_64(key.as_bytes());
                let make = || Word {
                    key: key.clone(),
                    value: 0,
                };
                ours.find_or_insert_with(hash, |row| row.key == *key, make)
                    .0
                    .value += 1;
            }
            ours
        },
    );
}

criterion_group!(table, accesses, wholes);
criterion_main!(table);
