//! A read of a value, and a write of one, allocate nothing in Rust: what the engine's own C++ does is not
//! counted. One test, alone in its program, since the counter is of all threads.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use std::alloc::System;

use state_api::{KeyGroups, MapDescriptor, StateBackend, StateRead, ValueDescriptor};
use state_rocksdb::RocksdbConfig;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations and reallocations of `work`.
fn allocations(work: impl FnOnce()) -> usize {
    let region = Region::new(GLOBAL);
    work();
    let change = region.change();
    change.allocations + change.reallocations
}

#[test]
fn reads_and_writes_of_single_rows_allocate_nothing() {
    const KEYS: u64 = 10_000;
    let dir = tempfile::tempdir().unwrap();
    let config = RocksdbConfig::default().with_cache_bytes(64 << 20);
    let groups = KeyGroups::all(128).unwrap();
    let mut state = state_rocksdb::open::<u64>(dir.path().join("work"), groups, &config).unwrap();
    let value = state
        .register(ValueDescriptor::<u64>::new("value"))
        .unwrap();
    let map = state
        .register(MapDescriptor::<u64, u64>::new("map"))
        .unwrap();
    for key in 0..KEYS {
        state.at_mut(&key).value(value).put(key).unwrap();
        state.at_mut(&key).map(map).insert(key, key).unwrap();
    }
    // The counter counts.
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);

    let get = allocations(|| {
        for key in 0..KEYS {
            assert_eq!(*state.at(&key).value(value).get().unwrap().unwrap(), key);
        }
    });
    let miss = allocations(|| {
        for key in KEYS..2 * KEYS {
            assert!(state.at(&key).value(value).get().unwrap().is_none());
        }
    });
    let map_get = allocations(|| {
        for key in 0..KEYS {
            let found = state.at(&key).map(map).get(&key).unwrap();
            assert_eq!(*found.unwrap(), key);
        }
    });
    let put = allocations(|| {
        for key in 0..KEYS {
            state.at_mut(&key).value(value).put(key + 1).unwrap();
        }
    });
    let modify = allocations(|| {
        for key in 0..KEYS {
            state
                .at_mut(&key)
                .value(value)
                .modify(0, |n| *n += 1)
                .unwrap();
        }
    });
    assert_eq!([get, miss, map_get, put, modify], [0; 5]);
}
