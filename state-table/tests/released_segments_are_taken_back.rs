//! A segment that no view has any more is written in place again, as soon as its own part of the
//! view is dropped.

mod row;

use row::{clones, filled, set, spread};

#[test]
fn a_dropped_view_costs_no_copy() {
    let mut table = filled(448, 0..5000);
    drop(table.freeze());
    let before = clones();
    for key in 0..10_000 {
        set(&mut table, spread(key), key, 1);
    }
    assert_eq!(clones(), before);
}

#[test]
fn a_consumed_segment_costs_no_copy() {
    let mut table = filled(448, 0..5000);
    let mut segments = table.freeze().into_segments();
    let done = segments.next().unwrap();
    let (key, hash) = done.iter().map(|row| (row.key, row.hash)).next().unwrap();
    let before = clones();
    drop(done);
    set(&mut table, hash, key, 1);
    assert_eq!(clones(), before, "its segment was released");

    let next = segments.next().unwrap();
    let (key, hash) = next.iter().map(|row| (row.key, row.hash)).next().unwrap();
    set(&mut table, hash, key, 1);
    assert_eq!(clones(), before + next.len(), "this one was not");
}
