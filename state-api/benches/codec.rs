//! What a codec costs per value, and the choice of fixed-width over varint integers in the default
//! one: `cargo bench -p state-api --features postcard --bench codec`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench may panic and print"
)]

use std::hint::black_box;

use bincode::config::{Config, legacy, standard};
use criterion::{Criterion, criterion_group, criterion_main};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use state_api::{Bincode, Codec};

#[derive(Clone, Serialize, Deserialize)]
struct Record {
    id: u64,
    count: u32,
    name: String,
    mean: f64,
    window: [u64; 4],
}

fn record() -> Record {
    Record {
        id: 0x0123_4567_89ab_cdef,
        count: 70_000,
        name: "sensor-000017".to_owned(),
        mean: 21.5,
        window: [1, 300, 1_700_000_000_000, u64::MAX],
    }
}

fn codec<T: Clone>(c: &mut Criterion, name: &str, value: &T, codec: &impl Codec<T>) {
    let mut out = Vec::with_capacity(256);
    codec.encode(value, &mut out).unwrap();
    println!("{name}: {} bytes", out.len());
    let bytes = out.clone();
    c.bench_function(&format!("{name}/encode"), |b| {
        b.iter(|| {
            out.clear();
            codec.encode(black_box(value), &mut out)
        });
    });
    c.bench_function(&format!("{name}/decode"), |b| {
        b.iter(|| codec.decode(black_box(&bytes)));
    });
}

/// Bincode with its own writer and no limit: what only the integer encoding makes.
fn raw<T, C>(c: &mut Criterion, name: &str, value: &T, config: C)
where
    T: Serialize + DeserializeOwned,
    C: Config,
{
    let mut out = [0; 256];
    let len = bincode::serde::encode_into_slice(value, &mut out, config).unwrap();
    println!("{name}: {len} bytes");
    let bytes = out[..len].to_vec();
    c.bench_function(&format!("{name}/encode"), |b| {
        b.iter(|| bincode::serde::encode_into_slice(black_box(value), &mut out, config));
    });
    c.bench_function(&format!("{name}/decode"), |b| {
        b.iter(|| bincode::serde::decode_from_slice::<T, C>(black_box(&bytes), config));
    });
}

fn all<T: Serialize + DeserializeOwned + Clone + 'static>(
    c: &mut Criterion,
    shape: &str,
    value: &T,
) {
    codec(c, &format!("{shape}/bincode"), value, &Bincode);
    #[cfg(feature = "postcard")]
    codec(
        c,
        &format!("{shape}/postcard"),
        value,
        &state_api::codec::Postcard,
    );
    raw(c, &format!("{shape}/fixed"), value, legacy());
    raw(c, &format!("{shape}/varint"), value, standard());
}

fn benches(c: &mut Criterion) {
    all(c, "u64_small", &17_u64);
    all(c, "u64_large", &0x0123_4567_89ab_cdef_u64);
    all(c, "string_16", &"abcdefghijklmnop".to_owned());
    all(c, "record", &record());
}

criterion_group! {
    name = codecs;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = benches
}
criterion_main!(codecs);
