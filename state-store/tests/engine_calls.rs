//! What each access costs an engine: one call, two for those that read and write; blind writes read
//! nothing. With changes tracked, which costs no call.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

mod counting;

use std::sync::Arc;

use counting::{Calls, CountingStore, Counts};
use state_api::row::CodecId;
use state_api::{
    Bincode, Codec, Error, ErrorKind, KeyGroups, List, ListDescriptor, Map, MapDescriptor, Result,
    StateBackend, StateRead, Value, ValueDescriptor,
};
use state_store::StoreBackend;

struct Fixture {
    state: StoreBackend<String, CountingStore>,
    value: Value<u64>,
    list: List<u64>,
    map: Map<u32, u64>,
    calls: Arc<Calls>,
}

fn fixture() -> Fixture {
    let (store, calls) = CountingStore::new();
    let mut state = StoreBackend::new(store, KeyGroups::all(128).unwrap()).unwrap();
    state.track_changes(usize::MAX).unwrap();
    let value = state.register(ValueDescriptor::new("value")).unwrap();
    let list = state.register(ListDescriptor::new("list")).unwrap();
    let map = state.register(MapDescriptor::new("map")).unwrap();
    state.at_mut("k").value(value).put(1).unwrap();
    state.at_mut("k").map(map).insert(1, 1).unwrap();
    state.at_mut("k").list(list).push(0).unwrap();
    calls.take();
    Fixture {
        state,
        value,
        list,
        map,
        calls,
    }
}

const GET: Counts = (1, 0, 0, 0, 0, 0);
const PUT: Counts = (0, 0, 0, 1, 0, 0);
const GET_AND_PUT: Counts = (1, 0, 0, 1, 0, 0);
const DELETE: Counts = (0, 0, 0, 0, 1, 0);
const GET_AND_DELETE: Counts = (1, 0, 0, 0, 1, 0);
const RANGE_DELETE: Counts = (0, 0, 0, 0, 0, 1);

#[test]
fn a_value_costs_one_call_and_an_update_two() {
    let Fixture {
        mut state,
        value,
        calls,
        ..
    } = fixture();
    state.at("k").value(value).get().unwrap();
    assert_eq!(calls.take(), GET, "get, shared");
    state.at_mut("k").value(value).get().unwrap();
    assert_eq!(calls.take(), GET, "get");
    state.at_mut("k").value(value).put(2).unwrap();
    assert_eq!(calls.take(), PUT, "put");
    state
        .at_mut("k")
        .value(value)
        .modify(0, |n| *n += 1)
        .unwrap();
    assert_eq!(calls.take(), GET_AND_PUT, "modify");
    state
        .at_mut("k")
        .value(value)
        .update(|n| *n = Some(7))
        .unwrap();
    assert_eq!(calls.take(), GET_AND_PUT, "update");
    state.at_mut("k").value(value).take().unwrap();
    assert_eq!(calls.take(), GET_AND_DELETE, "take");
    state.at_mut("k").value(value).take().unwrap();
    assert_eq!(calls.take(), GET, "take of nothing");
    state.at_mut("k").value(value).clear().unwrap();
    assert_eq!(calls.take(), DELETE, "clear");
}

#[test]
fn a_map_entry_costs_what_a_value_does() {
    let Fixture {
        mut state,
        map,
        calls,
        ..
    } = fixture();
    state.at("k").map(map).get(&1).unwrap();
    assert_eq!(calls.take(), GET, "get");
    state.at("k").map(map).contains(&1).unwrap();
    assert_eq!(calls.take(), GET, "contains");
    state.at_mut("k").map(map).insert(2, 2).unwrap();
    assert_eq!(calls.take(), PUT, "insert");
    state
        .at_mut("k")
        .map(map)
        .modify(&2, 0, |n| *n += 1)
        .unwrap();
    assert_eq!(calls.take(), GET_AND_PUT, "modify");
    state.at_mut("k").map(map).remove(&2).unwrap();
    assert_eq!(calls.take(), DELETE, "remove");
    state.at("k").map(map).is_empty().unwrap();
    assert_eq!(calls.take(), (0, 1, 1, 0, 0, 0), "is_empty");
    state.at("k").map(map).last().unwrap();
    assert_eq!(calls.take(), (0, 1, 1, 0, 0, 0), "last");
    state.at_mut("k").map(map).clear().unwrap();
    assert_eq!(calls.take(), RANGE_DELETE, "clear");
}

#[test]
fn a_million_appends_read_nothing_and_stay_cheap() {
    let Fixture {
        mut state,
        list,
        calls,
        ..
    } = fixture();
    calls.take_put_bytes();
    let mut most_in_a_thousand = 0;
    for thousand in 0..1000_u64 {
        for i in 0..1000 {
            state
                .at_mut("k")
                .list(list)
                .push(thousand * 1000 + i)
                .unwrap();
        }
        let (gets, scans, _, puts, deletes, range_deletes) = calls.take();
        assert_eq!((gets, scans, deletes, range_deletes), (0, 0, 0, 0));
        // One put each, and one of the directory for every 4,096 chunks.
        assert!((1000..=1001).contains(&puts), "{puts} puts");
        most_in_a_thousand = most_in_a_thousand.max(calls.take_put_bytes());
    }
    assert!(
        most_in_a_thousand <= 1000 * 1100,
        "{most_in_a_thousand} bytes for 1,000 appends"
    );
    assert_eq!(state.at("k").list(list).len().unwrap(), 1_000_001);
}

#[test]
fn a_batch_of_appends_writes_each_chunk_once() {
    let Fixture {
        mut state,
        list,
        calls,
        ..
    } = fixture();
    calls.take_put_bytes();
    state.at_mut("other").list(list).extend(0..100_000).unwrap();
    let (_, _, _, puts, ..) = calls.take();
    let bytes = calls.take_put_bytes();
    // Nine bytes an element, about 113 elements a chunk.
    assert!((880..1000).contains(&puts), "{puts} puts");
    assert!(bytes < 1_000_000, "{bytes} bytes");
}

#[test]
fn a_replaced_list_costs_its_chunks_and_a_range_delete() {
    let Fixture {
        mut state,
        list,
        calls,
        ..
    } = fixture();
    state.at_mut("k").list(list).replace(0..100_000).unwrap();
    let (gets, scans, _, puts, deletes, range_deletes) = calls.take();
    assert_eq!((gets, scans, deletes, range_deletes), (0, 0, 0, 1));
    assert!((880..1000).contains(&puts), "{puts} puts");
    state.at_mut("k").list(list).replace([1]).unwrap();
    assert_eq!(calls.take(), (0, 0, 0, 1, 0, 1), "by one element");
    state.at_mut("k").list(list).push(2).unwrap();
    assert_eq!(calls.take(), PUT, "its tail is known");
    state.at_mut("k").list(list).replace([]).unwrap();
    assert_eq!(calls.take(), RANGE_DELETE, "by nothing");
}

/// A codec that refuses zero.
struct NoZero;

impl Codec<u64> for NoZero {
    fn id(&self) -> CodecId {
        CodecId {
            name: "no-zero".into(),
            version: 1,
        }
    }

    fn encode(&self, value: &u64, out: &mut Vec<u8>) -> Result<()> {
        if *value == 0 {
            return Err(Error::new(ErrorKind::Codec, "zero is refused"));
        }
        Codec::encode(&Bincode, value, out)
    }

    fn decode(&self, bytes: &[u8]) -> Result<u64> {
        Bincode.decode(bytes)
    }
}

#[test]
fn a_refused_element_costs_a_range_delete_and_no_memory() {
    let Fixture {
        mut state, calls, ..
    } = fixture();
    let list = state
        .register(ListDescriptor::with_codec("refusing", NoZero))
        .unwrap();
    state.at_mut("k").list(list).push(1).unwrap();
    calls.take();
    let refused = [1, 2, 3, 0];
    state.at_mut("k").list(list).extend(refused).unwrap_err();
    assert_eq!(calls.take(), (0, 0, 0, 0, 0, 0), "within the tail");
    state.at_mut("k").list(list).replace(refused).unwrap_err();
    assert_eq!(calls.take(), (0, 0, 0, 0, 0, 0), "within the first chunk");
    let before = state.memory_held();
    let many = || (1..=100_000).rev().chain([0]);
    state.at_mut("k").list(list).extend(many()).unwrap_err();
    let (gets, scans, _, _, deletes, range_deletes) = calls.take();
    assert_eq!((gets, scans, deletes, range_deletes), (0, 0, 0, 1));
    state.at_mut("k").list(list).replace(many()).unwrap_err();
    let (gets, scans, _, _, deletes, range_deletes) = calls.take();
    assert_eq!((gets, scans, deletes, range_deletes), (0, 0, 0, 1));
    let grown = state.memory_held().bytes - before.bytes;
    assert!(grown < 4096, "{grown} bytes are held more");
    state.at_mut("k").list(list).push(2).unwrap();
    calls.take();
    assert_eq!(state.at("k").list(list).len().unwrap(), 2);
    assert_eq!(calls.take(), (0, 1, 2, 0, 0, 0), "the tail was still known");
}

#[test]
fn a_list_is_read_chunk_by_chunk() {
    let Fixture {
        mut state,
        list,
        calls,
        ..
    } = fixture();
    state
        .at_mut("long")
        .list(list)
        .extend(0..1_000_000)
        .unwrap();
    calls.take();
    let mut elements = state.at("long").list(list).iter().unwrap();
    for expected in 0..100 {
        assert_eq!(*elements.next().unwrap().unwrap(), expected);
    }
    assert_eq!(
        calls.take(),
        (0, 1, 1, 0, 0, 0),
        "a hundred elements lie in the first chunk"
    );
}
