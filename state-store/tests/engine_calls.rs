//! What each access costs an engine, call by call: one, two for those that read and write. That blind writes read
//! nothing, and all that is a law for every store, is in the suite (`cost`); here stand the writes, too, and what
//! long lists and refused elements cost. With changes tracked, which costs no call.

#![allow(clippy::unwrap_used, reason = "tests may panic, in their helpers too")]

use state_api::row::CodecId;
use state_api::{
    Bincode, Codec, Error, ErrorKind, KeyGroups, List, ListDescriptor, Map, MapDescriptor, Result,
    StateBackend, StateRead, Value, ValueDescriptor,
};
use state_conformance::{Calls, CountingStore, Counts};
use state_store::{MemoryStore, StoreBackend};

struct Fixture {
    state: StoreBackend<String, CountingStore<MemoryStore>>,
    value: Value<u64>,
    list: List<u64>,
    map: Map<u32, u64>,
    calls: Calls,
}

fn fixture() -> Fixture {
    let calls = Calls::default();
    let store = CountingStore::new(MemoryStore::new(), &calls);
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

const NONE: Counts = Counts {
    gets: 0,
    scans: 0,
    steps: 0,
    puts: 0,
    put_bytes: 0,
    deletes: 0,
    range_deletes: 0,
};
const GET: Counts = Counts { gets: 1, ..NONE };
const PUT: Counts = Counts { puts: 1, ..NONE };
const GET_AND_PUT: Counts = Counts { gets: 1, ..PUT };
const DELETE: Counts = Counts { deletes: 1, ..NONE };
const GET_AND_DELETE: Counts = Counts { gets: 1, ..DELETE };
const RANGE_DELETE: Counts = Counts {
    range_deletes: 1,
    ..NONE
};
/// A scan for one entry.
const LOOK: Counts = Counts {
    scans: 1,
    steps: 1,
    ..NONE
};

/// The calls since the last time, however long what was put.
fn take(calls: &Calls) -> Counts {
    Counts {
        put_bytes: 0,
        ..calls.take()
    }
}

#[test]
fn a_value_costs_one_call_and_an_update_two() {
    let Fixture {
        mut state,
        value,
        calls,
        ..
    } = fixture();
    state.at("k").value(value).get().unwrap();
    assert_eq!(take(&calls), GET, "get, shared");
    state.at_mut("k").value(value).get().unwrap();
    assert_eq!(take(&calls), GET, "get");
    state.at_mut("k").value(value).put(2).unwrap();
    assert_eq!(take(&calls), PUT, "put");
    state
        .at_mut("k")
        .value(value)
        .modify(0, |n| *n += 1)
        .unwrap();
    assert_eq!(take(&calls), GET_AND_PUT, "modify");
    state
        .at_mut("k")
        .value(value)
        .update(|n| *n = Some(7))
        .unwrap();
    assert_eq!(take(&calls), GET_AND_PUT, "update");
    state.at_mut("k").value(value).take().unwrap();
    assert_eq!(take(&calls), GET_AND_DELETE, "take");
    state.at_mut("k").value(value).take().unwrap();
    assert_eq!(take(&calls), GET, "take of nothing");
    state.at_mut("k").value(value).clear().unwrap();
    assert_eq!(take(&calls), DELETE, "clear");
}

#[test]
fn a_read_of_a_view_is_a_call_like_any_other() {
    let Fixture {
        mut state,
        value,
        list,
        calls,
        ..
    } = fixture();
    let view = state.freeze().unwrap();
    calls.take();
    view.at("k").value(value).get().unwrap();
    assert_eq!(take(&calls), GET, "get");
    view.at("k").list(list).is_empty().unwrap();
    assert_eq!(take(&calls), LOOK, "is_empty");
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
    assert_eq!(take(&calls), GET, "get");
    state.at("k").map(map).contains(&1).unwrap();
    assert_eq!(take(&calls), GET, "contains");
    state.at_mut("k").map(map).insert(2, 2).unwrap();
    assert_eq!(take(&calls), PUT, "insert");
    state
        .at_mut("k")
        .map(map)
        .modify(&2, 0, |n| *n += 1)
        .unwrap();
    assert_eq!(take(&calls), GET_AND_PUT, "modify");
    state.at_mut("k").map(map).remove(&2).unwrap();
    assert_eq!(take(&calls), DELETE, "remove");
    state.at("k").map(map).is_empty().unwrap();
    assert_eq!(take(&calls), LOOK, "is_empty");
    state.at("k").map(map).last().unwrap();
    assert_eq!(take(&calls), LOOK, "last");
    state.at_mut("k").map(map).clear().unwrap();
    assert_eq!(take(&calls), RANGE_DELETE, "clear");
}

#[test]
fn a_million_appends_read_nothing_and_stay_cheap() {
    let Fixture {
        mut state,
        list,
        calls,
        ..
    } = fixture();
    let mut most_in_a_thousand = 0;
    for thousand in 0..1000_u64 {
        for i in 0..1000 {
            state
                .at_mut("k")
                .list(list)
                .push(thousand * 1000 + i)
                .unwrap();
        }
        let made = calls.take();
        let Counts {
            puts, put_bytes, ..
        } = made;
        let only_puts = Counts {
            puts,
            put_bytes,
            ..NONE
        };
        assert_eq!(made, only_puts);
        // One put each, and one of the directory for every 4,096 chunks.
        assert!((1000..=1001).contains(&puts), "{puts} puts");
        most_in_a_thousand = most_in_a_thousand.max(put_bytes);
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
    state.at_mut("other").list(list).extend(0..100_000).unwrap();
    let Counts {
        puts, put_bytes, ..
    } = calls.take();
    // Nine bytes an element, about 113 elements a chunk.
    assert!((880..1000).contains(&puts), "{puts} puts");
    assert!(put_bytes < 1_000_000, "{put_bytes} bytes");
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
    let made = take(&calls);
    let puts = made.puts;
    assert_eq!(
        made,
        Counts {
            puts,
            ..RANGE_DELETE
        }
    );
    assert!((880..1000).contains(&puts), "{puts} puts");
    state.at_mut("k").list(list).replace([1]).unwrap();
    assert_eq!(
        take(&calls),
        Counts {
            puts: 1,
            ..RANGE_DELETE
        },
        "by one element"
    );
    state.at_mut("k").list(list).push(2).unwrap();
    assert_eq!(take(&calls), PUT, "its tail is known");
    state.at_mut("k").list(list).replace([]).unwrap();
    assert_eq!(take(&calls), RANGE_DELETE, "by nothing");
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
    assert_eq!(take(&calls), NONE, "within the tail");
    state.at_mut("k").list(list).replace(refused).unwrap_err();
    assert_eq!(take(&calls), NONE, "within the first chunk");
    let before = state.memory_held();
    let many = || (1..=100_000).rev().chain([0]);
    state.at_mut("k").list(list).extend(many()).unwrap_err();
    let made = take(&calls);
    let puts = made.puts;
    assert_eq!(
        made,
        Counts {
            puts,
            ..RANGE_DELETE
        }
    );
    state.at_mut("k").list(list).replace(many()).unwrap_err();
    let made = take(&calls);
    let puts = made.puts;
    assert_eq!(
        made,
        Counts {
            puts,
            ..RANGE_DELETE
        }
    );
    let grown = state.memory_held().bytes - before.bytes;
    assert!(grown < 4096, "{grown} bytes are held more");
    state.at_mut("k").list(list).push(2).unwrap();
    calls.take();
    assert_eq!(state.at("k").list(list).len().unwrap(), 2);
    assert_eq!(
        take(&calls),
        Counts { steps: 2, ..LOOK },
        "the tail was still known"
    );
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
        LOOK,
        "a hundred elements lie in the first chunk"
    );
}
