//! What a key costs: encoding into a stack buffer, its canonical hash, that of its row in memory,
//! decoding: `cargo bench -p state-api --bench key`.

#![expect(clippy::unwrap_used, reason = "a bench may panic and print")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use smallvec::SmallVec;
use state_api::key::RowHash;
use state_api::{KeyGroups, KeyHash, StateKey, key};

fn all<T: StateKey>(c: &mut Criterion, name: &str, value: &T) {
    let mut bytes = Vec::new();
    key::encode(value, &mut bytes).unwrap();
    c.bench_function(&format!("{name}/encode"), |b| {
        let mut out = SmallVec::<[u8; 64]>::new();
        b.iter(|| {
            out.clear();
            let done = key::encode(black_box(value), &mut out);
            black_box(&out);
            done
        });
    });
    c.bench_function(&format!("{name}/hash"), |b| {
        b.iter(|| KeyHash::of(black_box(value)));
    });
    c.bench_function(&format!("{name}/row_hash"), |b| {
        b.iter(|| RowHash::of(black_box(value)));
    });
    c.bench_function(&format!("{name}/decode"), |b| {
        b.iter(|| key::decode::<T>(black_box(&bytes)));
    });
}

fn benches(c: &mut Criterion) {
    all(c, "u64", &0x0123_4567_89ab_cdef_u64);
    all(c, "string_16", &"abcdefghijklmnop".to_owned());
    all(c, "string_of_zeros_16", &"\0".repeat(16));
    all(c, "bytes_16", &b"abcdefghijklmnop".to_vec());
    all(c, "bytes_1000", &vec![7_u8; 1000]);
    all(c, "tuple", &(17_u32, "abcdefgh".to_owned(), Some(3_i64)));
    c.bench_function("row_hash in a namespace", |b| {
        let hash = RowHash::of(&17_u64).unwrap();
        b.iter(|| black_box(hash).chain(black_box(&1_700_000_000_000_i64)));
    });
    c.bench_function("key group of a hash", |b| {
        let groups = KeyGroups::all(KeyGroups::DEFAULT).unwrap();
        let hash = KeyHash::of(&17_u64).unwrap();
        b.iter(|| groups.group_of(black_box(hash)));
    });
}

criterion_group! {
    name = keys;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = benches
}
criterion_main!(keys);
