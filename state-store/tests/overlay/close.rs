//! A close while views live: they read on, and what they exclude waits for the next open.

use std::sync::Arc;

use state_api::ErrorKind;
use state_store::{OrderedRead, OrderedStore, Overlay, TableId};

use crate::shared::{Place, SharedMemory};

const TABLE: TableId = TableId(1);
const JOURNAL: TableId = TableId(TableId::LAST.0 + 1);

fn open(place: &Arc<Place>) -> state_api::Result<Overlay<SharedMemory>> {
    Overlay::new(SharedMemory::open(place)?, usize::MAX)
}

fn value<R: OrderedRead>(read: &R, key: &[u8]) -> Option<Vec<u8>> {
    let found = read.get(TABLE, key).unwrap();
    found.map(|value| value.as_ref().to_vec())
}

#[test]
fn what_a_view_excludes_is_found_at_the_next_open() {
    let place = Arc::new(Place::default());
    let mut overlay = open(&place).unwrap();
    overlay.create_table(TABLE).unwrap();
    overlay.put(TABLE, b"a", b"1").unwrap();
    overlay.put(TABLE, b"b", b"1").unwrap();
    let view = overlay.freeze().unwrap();
    overlay.put(TABLE, b"a", b"2").unwrap();
    overlay.delete(TABLE, b"b").unwrap();
    overlay.close().unwrap();
    assert_eq!(value(&view, b"a"), Some(b"1".into()));
    assert_eq!(value(&view, b"b"), Some(b"1".into()));
    drop(view);
    // Again, without a write in between.
    open(&place).unwrap().close().unwrap();
    let overlay = open(&place).unwrap();
    assert_eq!(value(&overlay, b"a"), Some(b"2".into()));
    assert_eq!(value(&overlay, b"b"), None);
    overlay.close().unwrap();
    let tables: Vec<_> = place.tables.read().unwrap().keys().copied().collect();
    assert_eq!(tables, [TABLE]);
}

#[test]
fn without_living_views_a_close_writes_everything_down() {
    let place = Arc::new(Place::default());
    let mut overlay = open(&place).unwrap();
    overlay.create_table(TABLE).unwrap();
    let views = [overlay.freeze().unwrap(), overlay.freeze().unwrap()];
    for key in 0..1000_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), b"v").unwrap();
    }
    drop(views);
    overlay.close().unwrap();
    assert_eq!(place.rows(TABLE), 1000);
    assert_eq!(place.tables.read().unwrap().len(), 1);
}

#[test]
fn what_was_left_and_does_not_parse_is_corrupt() {
    let records: [&[u8]; 6] = [
        b"",
        b"\x04",
        b"\x04\0\0\0\x01\0\0",
        b"\x04\0\0\0\x01\0\0\0\x02k",
        b"\x04\0\0\0\x01\xff\xff\xff\xffk",
        b"\x06\0\0\0\x01\0\0\0\x01k",
    ];
    for record in records {
        let place = Arc::new(Place::default());
        let rows = [(vec![0; 8], record.to_vec())].into();
        place.tables.write().unwrap().insert(JOURNAL, rows);
        let error = open(&place).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{record:?}");
        // Nothing of it is lost, and the place is free.
        assert_eq!(place.rows(JOURNAL), 1);
        SharedMemory::open(&place).unwrap();
    }
}

#[test]
fn the_table_of_what_is_left_is_the_overlay_s_own() {
    let mut overlay = open(&Arc::default()).unwrap();
    let error = overlay.create_table(JOURNAL).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
