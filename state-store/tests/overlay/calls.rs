//! What an operation costs the base: one call without views and layers; a bounded number of rows
//! while layers are written down.

use std::ops::Bound;
use std::sync::Arc;

use state_store::{OrderedRead, OrderedStore, Overlay, Scan, TableId};

use crate::shared::{Place, SharedMemory};

const TABLE: TableId = TableId(1);

/// Most rows that a write writes down beside its own.
const STEP: u64 = 16;

fn overlay(rows: u32) -> (Arc<Place>, Overlay<SharedMemory>) {
    let place = Arc::new(Place::default());
    let mut overlay = Overlay::new(SharedMemory::open(&place).unwrap(), usize::MAX).unwrap();
    overlay.create_table(TABLE).unwrap();
    for key in 0..rows {
        overlay.put(TABLE, &key.to_be_bytes(), b"base").unwrap();
    }
    place.take_counts();
    (place, overlay)
}

fn assert_bare(place: &Place, overlay: &mut Overlay<SharedMemory>) {
    overlay.put(TABLE, b"key", b"value").unwrap();
    assert_eq!(place.take_counts(), [1, 0, 0, 0, 0], "put");
    overlay.get(TABLE, b"key").unwrap().unwrap();
    assert_eq!(place.take_counts(), [0, 0, 0, 0, 1], "get");
    let mut scan = overlay
        .scan(TABLE, Bound::Unbounded, Bound::Unbounded)
        .unwrap();
    scan.next_entry().unwrap().unwrap();
    assert_eq!(place.take_counts(), [0, 0, 0, 0, 1], "a step of a scan");
    drop(scan);
    overlay.delete_range(TABLE, b"key", Some(b"kez")).unwrap();
    assert_eq!(place.take_counts(), [0, 0, 1, 1, 0], "delete a range");
    overlay.delete(TABLE, b"key").unwrap();
    assert_eq!(place.take_counts(), [0, 1, 0, 0, 0], "delete");
    assert_eq!(overlay.bytes_held(), 0);
}

#[test]
fn without_views_and_layers_an_operation_is_one_call() {
    let (place, mut overlay) = overlay(1);
    assert_bare(&place, &mut overlay);
}

#[test]
fn a_view_that_nothing_was_written_under_leaves_no_trace() {
    let (place, mut overlay) = overlay(1);
    drop(overlay.freeze().unwrap());
    assert_bare(&place, &mut overlay);
}

#[test]
fn under_a_view_the_base_is_not_written_to() {
    let (place, mut overlay) = overlay(100);
    let view = overlay.freeze().unwrap();
    for key in 50..1000_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), b"new").unwrap();
        overlay.delete(TABLE, &(key / 50).to_be_bytes()).unwrap();
    }
    overlay.delete_range(TABLE, &[0], Some(&[1])).unwrap();
    overlay.drop_table(TABLE).unwrap();
    let [puts, deletes, range_deletes, deleted_rows, _] = place.take_counts();
    assert_eq!([puts, deletes, range_deletes, deleted_rows], [0; 4]);
    drop(view);
}

/// Writes one row after the other, and checks that none writes down more than a step, and that all
/// reads right in between, until there is nothing left.
fn write_down(place: &Place, overlay: &mut Overlay<SharedMemory>, other: TableId, first: &[u8]) {
    let mut writes = 0_u32;
    while overlay.bytes_held() > 0 {
        place.take_counts();
        overlay.put(other, &writes.to_be_bytes(), b"value").unwrap();
        let [puts, deletes, range_deletes, deleted_rows, reads] = place.take_counts();
        assert!(
            puts + deletes + deleted_rows <= STEP + 1,
            "{puts} puts, {deletes} deletes and {deleted_rows} deleted rows in one write"
        );
        assert!(range_deletes <= STEP, "{range_deletes} deletes of a range");
        assert!(reads <= 2 * STEP + 2, "{reads} reads");
        writes += 1;
        if writes.is_multiple_of(97) {
            let mut scan = overlay
                .scan(TABLE, Bound::Unbounded, Bound::Unbounded)
                .unwrap();
            assert_eq!(
                scan.next_entry().unwrap().map_or(&b""[..], |e| e.key),
                first
            );
        }
    }
    assert!(writes > 1_000, "{writes} writes were enough");
}

#[test]
fn a_layer_is_written_down_in_bounded_steps() {
    let (place, mut overlay) = overlay(50_000);
    let other = TableId(2);
    overlay.create_table(other).unwrap();
    let view = overlay.freeze().unwrap();
    overlay
        .delete_range(TABLE, &[], Some(&40_000_u32.to_be_bytes()))
        .unwrap();
    for key in 30_000..60_000_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), b"new").unwrap();
    }
    drop(view);
    write_down(&place, &mut overlay, other, &30_000_u32.to_be_bytes());
    assert_eq!(place.rows(TABLE), 30_000);
    assert_bare(&place, &mut overlay);
}

#[test]
fn a_table_is_dropped_in_bounded_steps() {
    let (place, mut overlay) = overlay(50_000);
    let other = TableId(2);
    overlay.create_table(other).unwrap();
    let view = overlay.freeze().unwrap();
    overlay.drop_table(TABLE).unwrap();
    drop(view);
    write_down(&place, &mut overlay, other, b"");
    assert!(!place.tables.read().unwrap().contains_key(&TABLE));
}

#[test]
fn a_freeze_costs_the_base_nothing() {
    let (place, mut overlay) = overlay(1000);
    let first = overlay.freeze().unwrap();
    for key in 0..1000_u32 {
        overlay.put(TABLE, &key.to_be_bytes(), b"new").unwrap();
    }
    place.take_counts();
    let second = overlay.freeze().unwrap();
    assert_eq!(place.take_counts(), [0; 5]);
    drop((first, second));
}
