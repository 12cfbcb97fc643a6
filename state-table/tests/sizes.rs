//! What must be small is small, and what must cross threads does.

use state_table::{ChunkedList, ChunkedMap, Frozen, FrozenSegment, IntoSegments, Row, Table};

#[derive(Clone)]
struct Pair {
    key: u64,
    _value: u64,
}

impl Row for Pair {
    fn hash(&self) -> u64 {
        self.key
    }
}

const _: () = assert!(size_of::<Pair>() == 16);
const _: () = assert!(size_of::<ChunkedList<u64>>() == 32);
const _: () = assert!(size_of::<ChunkedMap<u64, u64>>() == 24);
const _: () = assert!(size_of::<Option<ChunkedMap<u64, u64>>>() == 24);

const fn crosses_threads<T: Send + Sync + 'static>() {}
const _: () = crosses_threads::<Table<Pair>>();
const _: () = crosses_threads::<Frozen<Pair>>();
const _: () = crosses_threads::<FrozenSegment<Pair>>();
const _: () = crosses_threads::<IntoSegments<Pair>>();
const _: () = crosses_threads::<ChunkedList<String>>();
const _: () = crosses_threads::<ChunkedMap<String, String>>();

#[test]
fn a_table_of_small_rows_is_as_small_as_a_bare_one() {
    let mut table = Table::<Pair>::default();
    for i in 0..100_000_u64 {
        let key = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        table.find_or_insert_with(key, |row| row.key == key, || Pair { key, _value: i });
    }
    let bare = hashbrown::HashTable::<Pair>::with_capacity(100_000).allocation_size();
    let ours = table.held().bytes;
    assert!(ours < bare + bare / 50, "{ours} bytes, bare {bare}");
}

#[test]
fn tracking_costs_a_byte_a_bucket() {
    let fill = |table: &mut Table<Pair>| {
        for i in 0..100_000_u64 {
            let key = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            table.find_or_insert_with(key, |row| row.key == key, || Pair { key, _value: i });
        }
        table.held().bytes
    };
    let (mut plain, mut tracked) = (Table::default(), Table::default());
    tracked.track(1, 0);
    assert_eq!(fill(&mut plain), fill(&mut tracked));
    let bytes = tracked.tracking_bytes();
    assert!(
        bytes * 16 < tracked.held().bytes,
        "{bytes} bytes of tracking"
    );
}
