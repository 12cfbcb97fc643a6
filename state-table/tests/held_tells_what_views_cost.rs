//! `held` counts rows and bytes, and the bytes that only views still have, until they are dropped.

mod row;

use row::{Entry, filled, set, spread};

#[test]
fn shared_bytes_grow_with_copies_and_end_with_the_view() {
    let mut table = filled(448, 0..10_000);
    let alone = table.held();
    assert_eq!((alone.rows, alone.shared_bytes), (10_000, 0));
    assert!(alone.bytes >= 10_000 * size_of::<Entry>());

    let view = table.freeze();
    let frozen = table.held();
    assert_eq!((frozen.rows, frozen.shared_bytes), (10_000, 0));
    let directory = alone.bytes - frozen.bytes;
    assert!(
        directory <= 1024,
        "a view alone costs nothing here, and takes the memory kept for its directory: {directory}"
    );
    set(&mut table, spread(1), 1, 7);
    let one = table.held().shared_bytes;
    assert!(one > 0 && one < alone.bytes / 10);
    for key in 0..10_000 {
        set(&mut table, spread(key), key, 7);
    }
    let all = table.held();
    assert_eq!(all.bytes, alone.bytes, "updates add no buckets");
    assert!(all.shared_bytes > alone.bytes * 9 / 10 && all.shared_bytes <= alone.bytes);
    drop(view);
    assert_eq!(table.held(), alone);
}

#[test]
fn clear_leaves_the_buckets_to_the_view() {
    let mut table = filled(448, 0..10_000);
    let before = table.held().bytes;
    let view = table.freeze();
    table.clear();
    let held = table.held();
    assert!(held.rows == 0 && held.bytes < 1000, "{held:?}");
    assert!(held.shared_bytes > before * 9 / 10);
    assert_eq!(view.iter().count(), 10_000);
}

#[test]
fn shared_bytes_fall_with_each_segment_of_the_last_view() {
    let mut table = filled(448, 0..10_000);
    let (first, second) = (table.freeze(), table.freeze());
    for key in 0..10_000 {
        set(&mut table, spread(key), key, 7);
    }
    let buckets = table.held().shared_bytes;
    for (view, is_last) in [(first, false), (second, true)] {
        let mut before = buckets;
        for segment in view.into_segments() {
            drop(segment);
            let now = table.held().shared_bytes;
            assert_eq!(now < before, is_last);
            before = now;
        }
    }
    assert_eq!(table.held().shared_bytes, 0);

    // What rows hold outside of their buckets is as the last freeze was told.
    let view = table.freeze_weighed(100);
    table.clear();
    assert_eq!(table.held().shared_bytes, buckets + 100 * 10_000);
    drop(view);
    assert_eq!(table.held().shared_bytes, 0);
}
