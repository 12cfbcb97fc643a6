//! A table of 500,000 `u64` rows beside a bare map of them, operation by operation.

mod row;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use row::{Pair, Random, hash};
use state_table::Table;

const ROWS: usize = 500_000;
/// Accesses a sample.
const BATCH: usize = 10_000;

type Bare = HashMap<u64, u64, RandomState>;
type Ours = Table<Pair<u64>>;

fn insert(table: &mut Ours, key: u64, value: u64) {
    let make = || Pair { key, value };
    table
        .find_or_insert_with(hash(key), |row| row.key == key, make)
        .0
        .value = value;
}

fn benches(c: &mut Criterion) {
    let mut random = Random(1);
    let keys: Vec<u64> = (0..ROWS).map(|_| random.next()).collect();
    let mut bare = Bare::default();
    let mut ours = Ours::default();
    for key in &keys {
        bare.insert(*key, 1);
        insert(&mut ours, *key, 1);
    }
    let batch = || -> Vec<u64> {
        (0..BATCH)
            .map(|_| keys.get(random.below(ROWS)).copied().unwrap_or(0))
            .collect()
    };
    let mut batch = batch;

    let mut group = c.benchmark_group("get");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("bare", |b| {
        let get = |key: &u64| bare.get(key).copied().unwrap_or(0);
        b.iter_batched_ref(
            &mut batch,
            |keys| keys.iter().map(get).sum::<u64>(),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("table", |b| {
        let get = |key: &u64| {
            ours.get(hash(*key), |row| row.key == *key)
                .map_or(0, |row| row.value)
        };
        b.iter_batched_ref(
            &mut batch,
            |keys| keys.iter().map(get).sum::<u64>(),
            BatchSize::SmallInput,
        );
    });
    group.finish();

    let mut group = c.benchmark_group("update");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("bare", |b| {
        let mut add = |key: &u64| *bare.entry(*key).or_insert(0) += 1;
        b.iter_batched_ref(
            &mut batch,
            |keys| keys.iter().for_each(&mut add),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("table", |b| {
        let mut add = |key: &u64| {
            let make = || Pair {
                key: *key,
                value: 0,
            };
            ours.find_or_insert_with(hash(*key), |row| row.key == *key, make)
                .0
                .value += 1;
        };
        b.iter_batched_ref(
            &mut batch,
            |keys| keys.iter().for_each(&mut add),
            BatchSize::SmallInput,
        );
    });
    group.finish();

    let mut group = c.benchmark_group("insert");
    group.sample_size(10);
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("bare", |b| {
        b.iter_with_large_drop(|| {
            let mut bare = Bare::default();
            for &key in &keys {
                *bare.entry(key).or_insert(0) += 1;
            }
            black_box(bare)
        });
    });
    group.bench_function("table", |b| {
        b.iter_with_large_drop(|| {
            let mut ours = Ours::default();
            for &key in &keys {
                insert(&mut ours, key, 1);
            }
            black_box(ours)
        });
    });
    group.finish();
}

criterion_group!(table, benches);
criterion_main!(table);
