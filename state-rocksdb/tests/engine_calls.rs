//! What an operation asks of the engine, by the engine's own counters: one call each, and none that reads
//! where nothing has to be read.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::{
    KeyGroups, List, ListDescriptor, Map, MapDescriptor, StateBackend, StateRead, Value,
    ValueDescriptor,
};
use state_rocksdb::rocksdb::statistics::Ticker;
use state_rocksdb::{RocksdbBackend, RocksdbConfig};

struct State {
    backend: RocksdbBackend<u64>,
    value: Value<u64>,
    list: List<u64>,
    map: Map<u64, u64>,
    _dir: tempfile::TempDir,
}

fn state() -> State {
    let dir = tempfile::tempdir().unwrap();
    let config = RocksdbConfig::default()
        .with_cache_bytes(64 << 20)
        .with_statistics(true);
    let groups = KeyGroups::all(128).unwrap();
    let mut backend = state_rocksdb::open(dir.path().join("work"), groups, &config).unwrap();
    State {
        value: backend.register(ValueDescriptor::new("value")).unwrap(),
        list: backend.register(ListDescriptor::new("list")).unwrap(),
        map: backend.register(MapDescriptor::new("map")).unwrap(),
        backend,
        _dir: dir,
    }
}

/// Rows got, rows sought, rows written since the engine was opened.
fn counters(backend: &RocksdbBackend<u64>) -> [u64; 3] {
    let tickers = [
        Ticker::NumberKeysRead,
        Ticker::NumberDbSeek,
        Ticker::NumberKeysWritten,
    ];
    tickers.map(|ticker| backend.store().ticker(ticker))
}

/// What `operation` adds to the counters.
fn cost(state: &mut State, operation: impl FnOnce(&mut State)) -> [u64; 3] {
    let before = counters(&state.backend);
    operation(state);
    let after = counters(&state.backend);
    let [gets, seeks, writes] = before;
    let [more_gets, more_seeks, more_writes] = after;
    [more_gets - gets, more_seeks - seeks, more_writes - writes]
}

#[test]
fn a_thousand_appends_to_one_key_read_nothing() {
    let mut state = state();
    // The first chunk number is reserved by a write of its own.
    state.backend.at_mut(&1).list(state.list).push(0).unwrap();
    let cost = cost(&mut state, |state| {
        for element in 1..=1000 {
            state
                .backend
                .at_mut(&1)
                .list(state.list)
                .push(element)
                .unwrap();
        }
    });
    assert_eq!(cost, [0, 0, 1000]);
    assert_eq!(state.backend.at(&1).list(state.list).len().unwrap(), 1001);
}

#[test]
fn each_operation_is_one_call_of_the_engine() {
    type Operation = fn(&mut State);
    let operations: [(&str, [u64; 3], Operation); 8] = [
        ("put", [0, 0, 1], |s| {
            s.backend.at_mut(&1).value(s.value).put(1).unwrap();
        }),
        ("get", [1, 0, 0], |s| {
            assert!(s.backend.at(&1).value(s.value).get().unwrap().is_some());
        }),
        ("modify", [1, 0, 1], |s| {
            s.backend
                .at_mut(&1)
                .value(s.value)
                .modify(0, |n| *n += 1)
                .unwrap();
        }),
        ("clear of a value", [0, 0, 1], |s| {
            s.backend.at_mut(&1).value(s.value).clear().unwrap();
        }),
        ("insert", [0, 0, 1], |s| {
            s.backend.at_mut(&1).map(s.map).insert(1, 1).unwrap();
        }),
        ("get of a map", [1, 0, 0], |s| {
            assert!(s.backend.at(&1).map(s.map).get(&1).unwrap().is_some());
        }),
        ("iteration", [0, 1, 0], |s| {
            assert_eq!(s.backend.at(&1).map(s.map).iter().unwrap().count(), 1);
        }),
        ("clear of a map", [0, 0, 1], |s| {
            s.backend.at_mut(&1).map(s.map).clear().unwrap();
        }),
    ];
    let mut state = state();
    for (name, expected, operation) in operations {
        assert_eq!(
            cost(&mut state, operation),
            expected,
            "{name}: gets, seeks, writes"
        );
    }
}

#[test]
fn many_values_are_one_request() {
    let mut state = state();
    for key in 0..100 {
        state
            .backend
            .at_mut(&key)
            .value(state.value)
            .put(key)
            .unwrap();
    }
    let requests = |state: &State| state.backend.store().ticker(Ticker::NumberMultigetCalls);
    let before = requests(&state);
    let keys: Vec<_> = (0..200).collect();
    let found = cost(&mut state, |state| {
        let found = state.backend.get_many(state.value, &keys).unwrap();
        assert_eq!(found.iter().flatten().count(), 100);
    });
    let [_, seeks, writes] = found;
    assert_eq!([seeks, writes], [0, 0], "seeks, writes");
    assert_eq!(requests(&state) - before, 1);
}
