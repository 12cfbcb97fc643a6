//! What the keys of an engine's rows cost: making them, and taking them apart again:
//! `cargo bench -p state-store --bench layout`.

#![expect(clippy::unwrap_used, reason = "a bench may panic")]

use std::hint::black_box;
use std::ops::Bound;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use state_api::{
    Error, KeyGroups, KeyRef, Prepared, Ref, StateBackend, StateKey, StateRead, ValueDescriptor,
};
use state_store::{MemoryStore, OrderedRead, Scan, StoreBackend, TableId};

/// Rows that are taken apart.
const ROWS: u64 = 1000;

fn backend<K: StateKey>() -> StoreBackend<K, MemoryStore> {
    let groups = KeyGroups::all(KeyGroups::DEFAULT).unwrap();
    StoreBackend::new(MemoryStore::new(), groups).unwrap()
}

/// Key group and key: the row of a value. Behind it a namespace, which is made as the key of a map entry is, and the
/// number of a list's chunk.
fn make<K: StateKey, Q: KeyRef<K> + ?Sized>(c: &mut Criterion, name: &str, key: &Q) {
    let state = backend::<K>();
    c.bench_function(&format!("{name}/make"), |b| {
        b.iter(|| state.prepare(black_box(key)));
    });
    c.bench_function(&format!("{name}/make, and one part behind it"), |b| {
        b.iter(|| {
            state
                .prepare(black_box(key))?
                .in_namespace(black_box(&7_u64))
        });
    });
    let prepared = state.prepare(key).unwrap();
    c.bench_function(&format!("{name}/one part behind it"), |b| {
        b.iter(|| black_box(&prepared).in_namespace(black_box(&7_u64)));
    });
}

/// Group, key and namespace of each row. The rows come out of a `BTreeMap`, which is shown by itself.
fn split<K: StateKey>(c: &mut Criterion, name: &str, key: impl Fn(u64) -> K) {
    let mut state = backend::<K>();
    let value = ValueDescriptor::<u64>::new("value").namespaced::<u64>();
    let value = state.register(value).unwrap();
    for row in 0..ROWS {
        let key = key(row);
        let mut at = state.at_mut(&key);
        at.in_namespace(&row).value(value).put(row).unwrap();
    }
    let mut group = c.benchmark_group(format!("{name}/{ROWS} rows"));
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("read", |b| {
        b.iter(|| {
            let all = (Bound::Unbounded, Bound::Unbounded);
            let mut scan = state.store().scan(TableId(1), all.0, all.1)?;
            while let Some(entry) = scan.next_entry()? {
                black_box(entry);
            }
            Ok::<_, Error>(())
        });
    });
    group.bench_function("read and taken apart", |b| {
        b.iter(|| {
            for found in state.keys(value)? {
                let (key, namespace): (Ref<'_, K>, Ref<'_, u64>) = found?;
                black_box((key, namespace));
            }
            Ok::<_, Error>(())
        });
    });
    group.finish();
}

fn benches(c: &mut Criterion) {
    make::<u64, u64>(c, "u64", &0x0123_4567_89ab_cdef);
    make::<String, str>(c, "string_16", "abcdefghijklmnop");
    make::<String, str>(c, "string_100", &"abcdefghij".repeat(10));
    split(c, "u64", |row| row);
    split(c, "string_16", |row| format!("user-{row:011}"));
}

criterion_group! {
    name = layout;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = benches
}
criterion_main!(layout);
